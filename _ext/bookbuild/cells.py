"""What a page must know of its code cells to run one of them: a file beside it, and numbers in it.

The file ``_static/live/cells/<page>.json`` has the cells in their order: their source, the earlier
cells to run before (`slices`), the seconds that it will take in a page, whether it is the solution
of an exercise, and, for a cell that cannot run in a page, a sentence that says why. In the page the
cell's element has its place in that list, and the seconds with all that it needs:
``<div class="cell" data-cell="12" data-seconds="3">``.
"""

import ast
import json
from pathlib import Path

from docutils import nodes
from sphinx.errors import SphinxError

from .dependencies import files_named
from .engine.files import FOLDERS
from .execution import pictures
from .paths import ROOT, notebooks
from .slices import slices

SLOWER = 4  # times the seconds of the build: about what a page takes
CELLS = "cells"  # in the build's folder; its contents are copied into the site's _static
READS = "This cell reads from the book's folder {}, which a page does not have."
NEEDS = "This cell needs an earlier one that reads from the book's folder {}, as no page can."


class CodeCell(nodes.container):
    """A code cell that says which one it is."""


def setup(app):
    app.connect("config-inited", serve, priority=2)
    app.connect("doctree-read", note_cells)
    app.connect("env-purge-doc", forget_cells)
    app.add_node(CodeCell, html=(visit, depart))


def serve(app, config):
    folder(app).mkdir(parents=True, exist_ok=True)
    config.html_static_path.append(str(folder(app)))


def folder(app) -> Path:
    return Path(app.outdir).parent / CELLS


def file_of(app, docname: str) -> Path:
    return folder(app) / f"live/cells/{docname}.json"


def forget_cells(app, env, docname):
    file_of(app, docname).unlink(missing_ok=True)


def visit(translator, node):
    known = {"data-cell": str(node["number"]), "data-seconds": f"{node['seconds']:.0f}"}
    translator.body.append(translator.starttag(node, "div", CLASS="docutils container", **known))


def depart(translator, node):
    translator.body.append("</div>\n")


def note_cells(app, doctree):
    """Number the code cells of a page that was a notebook, and write down what is known of them."""
    docname = app.env.docname
    path = ROOT / f"{docname}.ipynb"
    if path not in notebooks().values():
        return
    shown = [n for n in doctree.findall(nodes.container) if n.get("nb_element") == "cell_code"]
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    cells = [cell for cell in cells if cell["cell_type"] == "code"]
    if len(shown) != len(cells):
        raise SphinxError(f"{docname} has {len(cells)} code cells, and its page {len(shown)}")
    facts = facts_of(cells, path)
    for fact, cell, seconds in zip(facts, cells, app.outputs.seconds(path), strict=False):
        frames = max(1, pictures(json.dumps(cell["outputs"])))  # a reader's Python draws one
        fact["seconds"] = round(SLOWER * seconds / frames, 2)
    for number, node in enumerate(shown):
        seconds = sum(facts[k].get("seconds", 0) for k in (number, *facts[number]["needs"]))
        numbered = CodeCell(number=number, seconds=seconds, **node.attributes)
        numbered += node.children
        node.parent.replace(node, numbered)
    file_of(app, docname).parent.mkdir(parents=True, exist_ok=True)
    file_of(app, docname).write_text(json.dumps({"cells": facts}), encoding="utf-8")


def facts_of(cells: list[dict], path: Path) -> list[dict]:
    """What can be told of cells without running them."""
    sources = ["".join(cell["source"]) for cell in cells]
    solutions = {
        k for k, cell in enumerate(cells) if "solution" in cell["metadata"].get("tags", ())
    }
    needs = slices(sources, solutions)
    facts = [
        {"source": source, "needs": needed} for source, needed in zip(sources, needs, strict=True)
    ]
    for k, fact in enumerate(facts):
        if k in solutions:
            fact["solution"] = True
        if refusal := refused(k, sources, needs, path):
            fact["refuses"] = refusal
    return facts


def refused(cell: int, sources: list[str], needs: list[list[int]], path: Path) -> str | None:
    """Why a cell cannot run in a page, if so: it has no files but those packed for it."""
    for k in (cell, *needs[cell]):
        for file in sorted(files_named(ast.parse(sources[k]), path.parent, ROOT)):
            if (folder := file.relative_to(ROOT).parts[0]) not in FOLDERS:
                return (READS if k == cell else NEEDS).format(folder)
    return None
