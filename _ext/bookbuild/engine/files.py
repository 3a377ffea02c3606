"""The book's own files for a page: its modules, stand-ins for what a page has not, and the recorded
results that cells read."""

from pathlib import Path

from ..paths import ROOT

STAND_INS = Path(__file__).with_name("stand_ins")
FOLDERS = ("nnlib", "nnbook", "experiments", "benchmarks")
KINDS = {".py", ".mplstyle", ".css", ".npz", ".json"}


def book_files() -> dict[str, bytes]:
    """Paths below the page's copy of the book, and what is in them."""
    folders = [(ROOT / name, ROOT) for name in FOLDERS] + [(STAND_INS, STAND_INS)]
    files = {
        path.relative_to(base).as_posix(): path.read_bytes()
        for folder, base in folders
        for path in sorted(folder.rglob("*"))
        if path.suffix in KINDS
    }
    return files | {"chapters/README": b"Cells run here, so that they find files where they do."}
