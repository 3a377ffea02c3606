"""What this build does beside Jupyter Book's own work, for plain ``jupyter-book build .`` too.

- Kernels draw every frame of every explorer (`nnlib.book.explore` looks at NNLIB_EXPLORERS).
- The widget manager and MathJax are copied into the site, so that no page loads from another host.
- Notebooks are executed again when ``nnlib`` has changed, not only when their own text has.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from sphinx.util import logging

logger = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parents[1]
MODULES = ROOT / "node_modules"
INSTALLED = MODULES / ".package-lock.json"
WIDGETS = MODULES / "@jupyter-widgets/html-manager/dist"
MATHJAX = MODULES / "mathjax/es5"
MATHJAX_PARTS = ["tex-chtml.js", "output/chtml", "input/tex/extensions", "a11y", "sre", "ui"]


def setup(app):
    app.connect("config-inited", configure, priority=1)
    app.connect("env-get-outdated", changed_notebooks)
    app.add_css_file("book.css")
    # The theme's Font Awesome turns every new <i> into an <svg>; the play button looks for its <i>.
    app.add_js_file(None, body="window.FontAwesomeConfig = {observeMutations: false};", priority=1)
    app.add_js_file("widgets.js", loading_method="defer", priority=900)  # after MathJax
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": library_digest()}


def configure(app, config):
    os.environ["NNLIB_EXPLORERS"] = "page"
    config.html_static_path.append(str(ROOT / "_ext/static"))
    build = Path(app.outdir).parent
    config.nb_execution_cache_path = str(build / ".jupyter_cache" / library_digest())
    if install_scripts():
        config.html_static_path.append(str(collect_scripts(build / "scripts")))
        config.nb_ipywidgets_js = {"embed.js": {}}
        config.mathjax_path = "mathjax/tex-chtml.js"


def install_scripts():
    """Whether the scripts are there, fetching them with npm where it is installed."""
    lock = ROOT / "package-lock.json"
    if INSTALLED.exists() and INSTALLED.stat().st_mtime >= lock.stat().st_mtime:
        return True
    npm = shutil.which("npm")
    if npm is None:
        logger.info("npm is not installed: the pages will load MathJax and the widget manager "
                    "from a CDN, so sliders need a network connection.")  # fmt: skip
        return False
    result = subprocess.run([npm, "ci"], cwd=ROOT, capture_output=True, text=True)
    if result.returncode:
        logger.warning("'npm ci' failed, the pages will load scripts from a CDN:\n%s",
                       result.stderr)  # fmt: skip
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
    digest = hashlib.sha256()
    for path in sorted([*ROOT.glob("nnlib/**/*"), ROOT / "requirements.txt"]):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def changed_notebooks(app, env, added, changed, removed):
    before, now = getattr(env, "library_digest", None), library_digest()
    env.library_digest = now
    if before == now:
        return []
    return [doc for doc in env.found_docs if env.doc2path(doc).endswith(".ipynb")]
