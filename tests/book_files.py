"""Where the book's files are, for tests and benchmarks; needs nothing but Python."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def notebooks():
    """The notebooks of the book, as paths from its root."""
    return sorted(
        path.relative_to(ROOT).as_posix()
        for folder in ("chapters", "appendix")
        for path in (ROOT / folder).glob("*.ipynb")
    )
