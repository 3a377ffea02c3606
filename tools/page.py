"""Execute, build and name one page of the book: `python tools/page.py optimizers`.

A change of prose executes nothing, a change of code this one notebook. Other pages stay as they
are; those that were never built show the outputs that their notebooks store.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "_ext")]

from bookbuild.paths import notebook  # noqa: E402
from jupyter_book.cli.main import main as jupyter_book  # noqa: E402


def build(name):
    page = notebook(name).relative_to(ROOT).with_suffix("")
    os.environ["BOOK_PAGE"] = page.as_posix()
    try:
        jupyter_book(["build", "-W", "-n", "--keep-going", str(ROOT)], standalone_mode=False)
    except RuntimeError as error:  # Sphinx has said why
        sys.exit(f"{error}")
    print(ROOT / "_build/html" / page.with_suffix(".html"))


if __name__ == "__main__":
    build(*(sys.argv[1:] or [""]))
