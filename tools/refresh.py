"""Execute notebooks and store their text outputs only: `python tools/refresh.py [optimizers ...]`.

Pictures and widgets are made anew by every build, so they are not stored: differences between two
versions of a notebook stay readable, and nbval has numbers to compare. Cells that a page folds are
folded in JupyterLab, too.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "_ext")]

from bookbuild.paths import notebook, notebooks  # noqa: E402

from nnbook.machine import cores  # noqa: E402

FOLDED = {"hide-input", "hide-cell"}
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


def fold(cell):
    """Have JupyterLab hide a cell's source where a page does, and nowhere else."""
    jupyter = cell.metadata.pop("jupyter", {})
    jupyter.pop("source_hidden", None)
    if FOLDED & set(cell.metadata.get("tags", ())):
        jupyter["source_hidden"] = True
    if jupyter:
        cell.metadata["jupyter"] = jupyter


def refresh(path):
    """Execute one notebook and store it; what went wrong, or None."""
    book = nbformat.read(path, as_version=4)
    try:
        NotebookClient(book, timeout=600, resources={"metadata": {"path": path.parent}}).execute()
    except (CellExecutionError, CellTimeoutError) as error:
        return f"{path.name} failed and stays as it was:\n{error}"
    for cell in book.cells:
        if cell.cell_type == "code":
            texts = [kept for output in cell.outputs if (kept := text_only(output))]
            cell.outputs = merged(texts)
            cell.metadata.pop("execution", None)
            fold(cell)
    book.metadata = {"kernelspec": KERNEL}
    nbformat.write(book, path)
    print(f"executed {path.name}", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # a kernel on each core, as in tests and builds
    named = [notebook(name) for name in sys.argv[1:]] or list(notebooks().values())
    with ThreadPoolExecutor(cores()) as pool:
        failures = [text for text in pool.map(refresh, named) if text]
    sys.exit("\n\n".join(failures) or None)
