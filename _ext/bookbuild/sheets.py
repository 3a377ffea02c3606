"""Style sheets as small as the pages need: none of them paints before all of them are there.

The theme's first sheet asks for another one when it has come, which costs a reader far away a third
of a second; its second one lists two thousand icons' names, while icons are drawings in the pages
(see `light`). A rule that asks what an element ``:has`` makes a browser look at all elements of
that kind whenever an explorer shows another picture, which took a quarter of the time to show it;
what the theme does by such rules (corners of cells, the ground of output that is no code) no page
of this book needs. To join all sheets into one was tried: over a slow line the first paint came
later, as one request gets a smaller part of the line than eleven.
"""

import re
from os.path import relpath
from pathlib import Path

IMPORT = re.compile(r'@import\s+"([^"]*)";')
ADDRESS = re.compile(r"url\((?!['\"]?(?:data:|#|https?:))['\"]?([^)'\"]*)['\"]?\)")
ICON_NAMES = re.compile(r'(?:\.fa-[\w-]+(?::{1,2}before)?,?)+\{(?:--fa|content):"[^"]*"[^{}]*\}')
HAS = re.compile(r"([^{}]*:has\([^{}]*)(\{[^{}]*\})")
COMMENT = re.compile(r"/\*.*?\*/", re.S)
COMMA = re.compile(r",(?![^(]*\))")  # between selectors, not in one


def shorten(static: Path):
    """Leave out what no page needs of the theme's sheets, and take in what they import."""
    for sheet in [*static.glob("styles/*.css"), *static.glob("mystnb*.css")]:
        folder, text = sheet.parent, sheet.read_text(encoding="utf-8")
        short = IMPORT.sub(lambda match, at=folder: imported(at / match[1], at), text)
        short = HAS.sub(without_has, ICON_NAMES.sub("", short))
        if short != text:
            sheet.write_text(short, encoding="utf-8")


def without_has(match) -> str:
    """A rule for those of its selectors that don't ask what an element has."""
    selectors = COMMA.split(COMMENT.sub("", match[1]))
    kept = [selector for selector in selectors if ":has(" not in selector]
    return ",".join(kept) + match[2] if kept else ""


def imported(path: Path, folder: Path) -> str:
    """A style sheet's text, its addresses as seen from another folder."""

    def moved(match):
        return f"url({Path(relpath(path.parent / match[1], folder)).as_posix()})"

    return ADDRESS.sub(moved, path.read_text(encoding="utf-8"))
