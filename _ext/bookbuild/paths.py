"""Where the book is, and what its notebooks are."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("chapters", "appendix")


def notebooks() -> dict[str, Path]:
    """All notebooks of the book, by the name that an author calls them: ``optimizers``."""
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.ipynb"))]
    return {path.stem: path for path in paths}


def notebook(name: str) -> Path:
    """The notebook that is called so, or lies there.

    Raises
    ------
    SystemExit
        If there is none, with the names that there are.
    """
    book = notebooks()
    for path in book.values():
        if name == path.stem or Path(name).resolve() == path:
            return path
    raise SystemExit(f"there is no notebook {name!r}: NB takes one of {', '.join(book)}")
