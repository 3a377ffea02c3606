"""Style sheets as small as the pages need: none of them paints before all of them are there.

The theme's first sheet asks for another one when it has come, which costs a reader far away a third
of a second; its second one lists two thousand icons' names, while icons are drawings in the pages
(see `light`). To join all sheets into one was tried: over a slow line the first paint came later,
as one request gets a smaller part of the line than eleven.
"""

import re
from os.path import relpath
from pathlib import Path

IMPORT = re.compile(r'@import\s+"([^"]*)";')
ADDRESS = re.compile(r"url\((?!['\"]?(?:data:|#|https?:))['\"]?([^)'\"]*)['\"]?\)")
ICON_NAMES = re.compile(r'(?:\.fa-[\w-]+(?::{1,2}before)?,?)+\{(?:--fa|content):"[^"]*"[^{}]*\}')


def shorten(folder: Path):
    """Take the sheets of a folder without icons' names and with what they import, in place."""
    for sheet in folder.glob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        short = IMPORT.sub(lambda match: imported(folder / match[1], folder), text)
        short = ICON_NAMES.sub("", short)
        if short != text:
            sheet.write_text(short, encoding="utf-8")


def imported(path: Path, folder: Path) -> str:
    """A style sheet's text, its addresses as seen from another folder."""

    def moved(match):
        return f"url({Path(relpath(path.parent / match[1], folder)).as_posix()})"

    return ADDRESS.sub(moved, path.read_text(encoding="utf-8"))
