"""Which pages a build reads: those whose text, or anything that they show, has changed.

With BOOK_PAGE=chapters/optimizers in the environment (`tools/page.py` sets it) a build executes
and reads that page alone, and the bibliography. Pages that have never been read are read as well,
so that links to them are known, with the outputs that their notebooks store; the next whole build
makes up for it.
"""

import hashlib
import os
from pathlib import Path

import nbformat

from .execution import Outputs
from .paths import ROOT

# beside the notebooks, pages that show what other files say
SHOWN = {
    "intro": "chapters/*.ipynb",
    "appendix/api": "nnlib/*.py",
    "appendix/mistakes": "chapters/*.ipynb",
    "appendix/claims": "chapters/*.ipynb",
}
LISTS_ENTRIES = "appendix/bibliography"  # citations find what it held when it was last read


def setup(app):
    app.connect("builder-inited", take_stock)
    app.connect("env-get-outdated", changed_pages)
    app.connect("env-before-read-docs", choose_and_execute)
    app.connect("source-read", mark)


def take_stock(app):
    app.outputs = Outputs(Path(app.config.nb_execution_cache_path), app.config.nb_execution_timeout)


def shown(app, docname: str) -> str:
    """A digest of what a page shows that stands in other files, or is computed by them."""
    path = source(docname)
    if path in app.outputs.digests:
        return app.outputs.digests[path]
    digest = hashlib.sha256()
    for file in sorted(ROOT.glob(SHOWN[docname])) if docname in SHOWN else ():
        digest.update(file.read_bytes() + app.outputs.digests.get(file, "").encode())
    return digest.hexdigest()


def changed_pages(app, env, added, changed, removed):
    """The pages to read anew although their own text is as it was when they were read."""
    read_with = getattr(env, "read_with", {})
    return [doc for doc in env.found_docs if read_with.get(doc) != shown(app, doc)]


def choose_and_execute(app, env, docnames: list[str]):
    """Have the notebooks among these pages executed, and note with what each page is read."""
    page = os.environ.get("BOOK_PAGE")
    whole = {page, LISTS_ENTRIES} if page else set(docnames)
    read_with = {doc: shown(app, doc) for doc in docnames if doc in whole}
    late = set(docnames) - whole
    kept = {doc: digest for doc, digest in getattr(env, "read_with", {}).items() if doc not in late}
    env.read_with = kept | read_with
    docnames[:] = [doc for doc in docnames if doc in whole or doc not in env.all_docs]
    notebooks = map(source, sorted(whole & set(docnames)))
    app.outputs.execute([path for path in notebooks if path in app.outputs.digests])


def mark(app, docname: str, text: list[str]):
    """Give MyST-NB the notebook with the digest by which it finds the outputs."""
    path = source(docname)
    if path in app.outputs.digests:
        notebook = app.outputs.marked(path, text[0])
        if path not in app.outputs:  # a page build: not its page
            notebook.metadata["mystnb"] = {"execution_mode": "off"}
        text[0] = nbformat.writes(notebook)


def source(docname: str) -> Path:
    return ROOT / f"{docname}.ipynb"
