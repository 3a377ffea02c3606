"""The book to take home: one archive in the site, with all that the notebooks need.

It is made of the book's own files, in one order and without times, so that the same book gives the
same bytes. Pages link to it from their menu of downloads.

What leaves the site has its text in plain Markdown (`plain`), as not every program knows MyST. And
a notebook that is downloaded by itself, from that menu too, is not in the folder that it imports
from. So the copy which the site offers says what to do, before its first code cell.
"""

import io
import json
import re
import zipfile
from pathlib import Path

from .paths import ROOT
from .plain import plain, plain_notebook

NAME = "neural-networks-piece-by-piece"
ADDRESS = f"_static/{NAME}.zip"
FILES = (
    "chapters/*.ipynb",
    "appendix/explorers.ipynb",
    "appendix/glossary.md",
    "appendix/notation.md",
    "nnlib/**/*",
    "nnbook/**/*",
    "experiments/*.py",
    "experiments/results/*.json",
    "LICENSE",
    "LICENSE-TEXT",
    "CITATION.cff",
)
NEEDED = """
    jupyterlab jupyterlab-myst ipykernel ipywidgets matplotlib numpy pooch tabulate tqdm
""".split()
README = """\
Neural Networks, Piece by Piece
===============================

The notebooks of the book, and the Python packages that they import. You need Python 3.11 or newer.
Open a terminal in this folder. Three commands install what is needed and open the chapters:

Linux

    python3 -m venv .venv
    .venv/bin/python -m pip install -r requirements.txt
    .venv/bin/python -m jupyterlab chapters

macOS

    python3 -m venv .venv
    .venv/bin/python -m pip install -r requirements.txt
    .venv/bin/python -m jupyterlab chapters

Windows, in PowerShell

    py -m venv .venv
    .venv\\Scripts\\python -m pip install -r requirements.txt
    .venv\\Scripts\\python -m jupyterlab chapters

Later the last command alone is enough. The notebooks are in plain Markdown, so that other programs
show them as well. In VS Code open this folder, and choose the Python of .venv as the kernel.

What is here

    chapters      one notebook for each chapter
    appendix      how to make an explorer, the glossary, the notation
    nnlib         the library: NumPy, and little else
    nnbook        what the notebooks need beside it: explorers, tables, the checks of exercises
    experiments   what was measured once because it takes too long for a notebook

Code: BSD 3-Clause (LICENSE). Text and figures: CC BY 4.0 (LICENSE-TEXT). How to cite the book:
CITATION.cff. The digits of nnlib: nnlib/_data/ATTRIBUTION.md. The images in nnbook/digit.npz:
Y. LeCun, C. Cortes, C. J. C. Burges, CC BY-SA 3.0.
"""
ALONE = (
    "> **To run this notebook** you need the book's own packages `nnlib` and `nnbook`: download "
    "the whole book from the menu at the top of any of its pages, and open the notebook there as "
    "README.txt says."
)
OPENS_A_TAB = re.compile(r'(<a href="[^"]+") target="_blank"(?=\s+class="btn btn-sm btn-download-)')


def setup(app):
    app.connect("config-inited", serve, priority=2)
    app.connect("html-page-context", link, priority=900)  # the theme has made its menus by then
    app.connect("build-finished", tell_notebooks)


def serve(app, config):
    """Make the archive, and have it copied into the site."""
    static = Path(app.outdir).parent / "archive"
    static.mkdir(parents=True, exist_ok=True)
    made, path = archive(), static / Path(ADDRESS).name
    if not path.exists() or path.read_bytes() != made:
        path.write_bytes(made)
    app.archive_bytes = len(made)
    config.html_static_path.append(str(static))


def archive() -> bytes:
    """The archive's bytes: one folder, sorted, every file as old as a zip file can tell."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, data in sorted(contents().items()):
            info = zipfile.ZipInfo(f"{NAME}/{name}")
            info.create_system, info.external_attr = 3, 0o644 << 16  # the same from every system
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, data, compresslevel=9)
    return packed.getvalue()


def contents() -> dict[str, bytes]:
    """Paths in the archive's folder, and what is in them."""
    names = shipped()
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return {name: taken(name, names) for name in names} | {
        "README.txt": README.encode(),
        "requirements.txt": requirements().encode(),
        "pyproject.toml": project.replace('"README.md"', '"README.txt"').encode(),
    }


def taken(name: str, names: set[str]) -> bytes:
    """A file of the book as the archive has it: what is to be read is in plain Markdown."""
    data = (ROOT / name).read_bytes()
    if not name.startswith(("chapters/", "appendix/")):
        return data
    make = plain_notebook if name.endswith(".ipynb") else plain
    return make(data.decode(), name, names).encode()


def shipped() -> set[str]:
    """The book's own files that are in the archive, by their paths in the book."""
    paths = {path for pattern in FILES for path in ROOT.glob(pattern) if path.is_file()}
    return {path.relative_to(ROOT).as_posix() for path in paths if path.suffix != ".pyc"}


def requirements() -> str:
    """The book's pinned requirements without those that only its build has."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    needed = [line for line in lines if line.partition("==")[0] in NEEDED]
    return "\n".join(
        ["# nnlib and nnbook from this folder, and what they need", "-e .", *needed, ""]
    )


def link(app, pagename, templatename, context, doctree):
    """Put the archive into a page's menu of downloads."""
    for menu in context.get("header_buttons", ()):
        if menu.get("label") == "download-buttons":
            menu["buttons"].append(
                {
                    "type": "link",
                    "url": context["pathto"](ADDRESS, 1),
                    "text": "the whole book (.zip)",
                    "tooltip": "Download all notebooks with what they need",
                    "icon": "fas fa-box-archive",
                    "label": "download-book-button",
                }
            )


def saved(html: str) -> str:
    """A page whose links to downloads save a file on every host, instead of showing its text."""
    return OPENS_A_TAB.sub(r"\1 download", html)


def tell_notebooks(app, error):
    """Have each notebook that the site offers say what it needs, in plain Markdown."""
    sources, names = Path(app.outdir) / "_sources", shipped()
    for path in sources.rglob("*.ipynb"):
        name = path.relative_to(sources).as_posix()
        told = with_notice(path.read_text(encoding="utf-8"))
        path.write_text(plain_notebook(told, name, names), encoding="utf-8")


def with_notice(text: str) -> str:
    """A notebook with `ALONE` before its first code cell, once."""
    notebook = json.loads(text)
    cells = notebook["cells"]
    first = next(k for k, cell in enumerate(cells) if cell["cell_type"] == "code")
    if not any(cell["source"] == ALONE for cell in cells):
        notice = {"cell_type": "markdown", "id": "notice", "metadata": {}, "source": ALONE}
        cells.insert(first, notice)
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
