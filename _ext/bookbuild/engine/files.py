"""The book's own modules for a page: `nnlib`, `nnbook`, and stand-ins for what a page has not."""

from pathlib import Path

from ..paths import ROOT

STAND_INS = Path(__file__).with_name("stand_ins")
KINDS = {".py", ".mplstyle", ".css", ".npz", ".gz", ".csv", ".json"}


def book_files() -> dict[str, bytes]:
    """Paths below the page's folder of modules, and what is in them."""
    roots = {ROOT / "nnlib": ROOT, ROOT / "nnbook": ROOT, STAND_INS: STAND_INS}
    return {
        str(path.relative_to(base).as_posix()): path.read_bytes()
        for folder, base in roots.items()
        for path in sorted(folder.rglob("*"))
        if path.suffix in KINDS
    }
