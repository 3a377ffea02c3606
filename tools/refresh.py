"""Execute notebooks and store their text outputs only: `python tools/refresh.py [NOTEBOOK ...]`.

Pictures and widgets are made anew by every build, so they are not stored: differences between two
versions of a notebook stay readable, and nbval has numbers to compare.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def text_only(output):
    """One output without its pictures and widgets; None where nothing is left."""
    if output.output_type == "stream":
        return output
    output.data = {kind: data for kind, data in output.data.items() if kind.startswith("text/")}
    output.metadata = {}
    return output if output.data else None


def merged(outputs):
    """Outputs with neighbouring pieces of one stream put together: the kernel cuts them anyhow."""
    kept = []
    for output in outputs:
        if kept and output.get("name") and output.get("name") == kept[-1].get("name"):
            kept[-1].text += output.text
        else:
            kept.append(output)
    return kept


def refresh(path):
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": path.parent}}).execute()
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:03d}"
        if cell.cell_type == "code":
            texts = [kept for output in cell.outputs if (kept := text_only(output))]
            cell.outputs = merged(texts)
            cell.metadata.pop("execution", None)
    notebook.metadata = {"kernelspec": KERNEL}
    nbformat.write(notebook, path)


if __name__ == "__main__":
    named = [Path(name).resolve() for name in sys.argv[1:]]
    book = [*ROOT.glob("chapters/*.ipynb"), *ROOT.glob("appendix/*.ipynb")]
    for notebook in named or sorted(book):
        print(f"executing {notebook.relative_to(ROOT)}", flush=True)
        refresh(notebook)
