"""What this build does beside Jupyter Book's own work, for plain ``jupyter-book build .`` too.

- Kernels draw every frame of every explorer (`nnbook.explore` looks at NNLIB_EXPLORERS).
- The widget manager and MathJax are copied into the site, so that no page loads from another host.
- The appendix collects the chapters' common mistakes from their headings.
- Notebooks are executed again when ``nnlib`` has changed, not only when their own text has; one
  on each core, before the pages are read one after the other.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml
from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor
from myst_parser.mdit_to_docutils.base import default_slugify
from sphinx.util import logging

logger = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parents[1]
MODULES = ROOT / "node_modules"
INSTALLED = MODULES / ".package-lock.json"
WIDGETS = MODULES / "@jupyter-widgets/html-manager/dist"
MATHJAX = MODULES / "mathjax/es5"
MATHJAX_PARTS = ["tex-chtml.js", "output/chtml", "input/tex/extensions", "a11y", "sre", "ui"]

# Font Awesome shall turn the theme's own <i> into pictures, once, before there are widgets: a play
# button looks for its <i> when it is pressed.
ICONS = """
window.FontAwesomeConfig = {
  autoReplaceSvg: false, observeMutations: false, mutateApproach: "sync",
};
document.addEventListener("DOMContentLoaded", () => window.FontAwesome?.dom.i2svg());
"""
CDN = "https://cdn.jsdelivr.net/npm/@jupyter-widgets/html-manager@1.0.15/dist/embed.js"


def setup(app):
    app.connect("config-inited", configure, priority=1)
    app.connect("env-get-outdated", changed_pages)
    app.connect("env-before-read-docs", execute_side_by_side)
    app.connect("source-read", collect_mistakes)
    app.connect("autodoc-process-docstring", one_formula_a_line)
    app.add_css_file("book.css")
    app.add_js_file(None, body=ICONS, priority=1)
    app.add_js_file("widgets.js", loading_method="defer", priority=900)  # after MathJax
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def configure(app, config):
    os.environ["NNLIB_EXPLORERS"] = "page"
    config.html_static_path.append(str(ROOT / "_ext/static"))
    build = Path(app.outdir).parent
    config.nb_execution_cache_path = str(execution_cache(build / ".jupyter_cache"))
    config.nb_ipywidgets_js = {CDN: {}}
    if install_scripts():
        config.html_static_path.append(str(collect_scripts(build / "scripts")))
        config.nb_ipywidgets_js = {"embed.js": {}}
        config.mathjax_path = "mathjax/tex-chtml.js"


def execution_cache(folder, keep=3):
    """The folder for what notebooks computed with this library; of older ones, a few are kept."""
    cache = folder / library_digest()
    cache.mkdir(parents=True, exist_ok=True)
    cache.touch()
    for old in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)[:-keep]:
        shutil.rmtree(old)
    return cache


def install_scripts():
    """Whether the scripts are there, fetching them with npm where it is installed."""
    lock = ROOT / "package-lock.json"
    if INSTALLED.exists() and INSTALLED.stat().st_mtime >= lock.stat().st_mtime:
        return True
    npm = shutil.which("npm")
    if npm is None:
        logger.info(
            "npm is not installed: the pages will load MathJax and the widget manager "
            "from a CDN, so sliders need a network connection."
        )
        return False
    result = subprocess.run([npm, "ci"], cwd=ROOT, capture_output=True, text=True)
    if result.returncode:
        logger.info("npm failed, so the pages will load scripts from a CDN:\n%s", result.stderr)
        return False
    INSTALLED.touch()
    return True


def collect_scripts(folder):
    """Copy what the pages need out of node_modules, unless the copy is current."""
    done = folder / ".done"
    if done.exists() and done.stat().st_mtime >= INSTALLED.stat().st_mtime:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    target = folder / "mathjax"
    for part in MATHJAX_PARTS:
        source = MATHJAX / part
        (target / part).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target / part)
    for source in [*WIDGETS.glob("*.woff*"), *WIDGETS.glob("*.ttf"), WIDGETS / "embed.js"]:
        shutil.copy(source, folder)
    done.touch()
    return folder


def library_digest():
    """A short hash of everything a notebook's output depends on beside its own text."""
    digest = hashlib.sha256(os.environ.get("MNIST_DIR", "").encode())
    read = [*ROOT.glob("nnlib/**/*"), *ROOT.glob("experiments/**/*")]
    for path in sorted([*read, ROOT / "benchmarks/results.json", ROOT / "requirements.txt"]):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def changed_pages(app, env, added, changed, removed):
    """The pages that are not up to date although their own text did not change."""
    before, now = getattr(env, "library_digest", None), library_digest()
    env.library_digest = now
    stale = {"appendix/mistakes"}
    if before != now:
        stale |= notebook_pages(env) | {"appendix/api"}
    return stale & env.found_docs


def execute_side_by_side(app, env, docnames):
    """Execute the notebooks among these pages that are not in the cache yet, one on each core.

    MyST-NB then finds their outputs there. A notebook that failed it executes again, and reports.
    Matrix products get one thread: two notebooks with two threads each keep each other waiting.
    """
    if app.config.nb_execution_mode != "cache":
        return
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    notebooks = [str(env.doc2path(doc)) for doc in sorted(notebook_pages(env) & set(docnames))]
    cache = get_cache(app.config.nb_execution_cache_path)
    for path in notebooks:
        cache.add_nb_to_project(path)
    executor = load_executor("local-serial", cache, logger=logger)

    def execute(path):
        executor.run_and_cache(filter_uris=[path], timeout=app.config.nb_execution_timeout)

    unknown = [record.uri for record in cache.list_unexecuted(filter_uris=notebooks)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(execute, unknown))


def notebook_pages(env):
    return {doc for doc in env.found_docs if str(env.doc2path(doc)).endswith(".ipynb")}


def one_formula_a_line(app, what, name, obj, options, lines):
    """Keep formulas, lines of code by themselves in a docstring, from running into a paragraph."""
    lines[:] = [re.sub(r"^(\s*)(``[^`]+``)$", r"\1| \2", line) for line in lines]


def collect_mistakes(app, docname, source):
    """Fill the appendix's list with a link to each heading of the chapters' common mistakes."""
    if docname != "appendix/mistakes":
        return
    lines = []
    for chapter in chapters(app):
        path = ROOT / f"{chapter}.ipynb"
        title, found = headings(path)
        lines += [f"\n## [{title}](../{chapter}.ipynb)\n"]
        lines += [f"- [{text}](../{chapter}.ipynb#{slug(text)})" for text in found]
    source[0] += "\n".join(lines) + "\n"


def chapters(app):
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    return [entry["file"] for entry in parts[0]["chapters"]]


def headings(path):
    """A notebook's title, and the headings below its section on common mistakes."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    mistakes = re.search(r"^## Common mistakes$(.*?)(?=^## |\Z)", text, re.M | re.S)
    title = re.search(r"^# (.*)$", text, re.M)[1]
    return title, re.findall(r"^### (.*)$", mistakes[1], re.M) if mistakes else []


def slug(heading):
    """The anchor that MyST gives a heading: formulas leave no trace in it."""
    return default_slugify(re.sub(r"\$[^$]*\$|`", "", heading))
