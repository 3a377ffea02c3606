"""Style sheets as small as the pages need: none of them paints before all of them are there.

The theme's first sheet asks for another one when it has come, which costs a reader far away a third
of a second; its second one lists two thousand icons' names, while icons are drawings in the pages
(see `light`). A rule that asks what an element ``:has`` makes a browser look at all elements of
that kind whenever an explorer shows another picture, which took a quarter of the time to show it;
what the theme does by such rules (corners of cells, the ground of output that is no code) no page
of this book needs. Of the other rules PurgeCSS leaves out those whose names stand in no page and
in no script that a page runs: three of five bytes.

Eleven sheets become three. One for all paints fastest on this machine, and slowest over a slow
line, where a single request shares it evenly with the page; three are near the best in both places.
"""

import hashlib
import json
import re
import subprocess
from functools import cache
from os.path import relpath
from pathlib import Path

from .scripts import MODULES

IMPORT = re.compile(r'@import\s+"([^"]*)";')
ADDRESS = re.compile(r"url\((?!['\"]?(?:data:|#|https?:))['\"]?([^)'\"]*)['\"]?\)")
ICON_NAMES = re.compile(r'(?:\.fa-[\w-]+(?::{1,2}before)?,?)+\{(?:--fa|content):"[^"]*"[^{}]*\}')
HAS = re.compile(r"([^{}]*:has\([^{}]*)(\{[^{}]*\})")
COMMENT = re.compile(r"/\*.*?\*/", re.S)
PURGE = MODULES / ".bin/purgecss"
PURGED = "/* without rules for what stands in no page */\n"
SCRIPTS = [
    "*.js",
    "live/*.js",
    "scripts/*-theme.js",
    "scripts/bootstrap.js",
    "mathjax/tex-chtml.js",
]
SAFE = ["bs-tooltip-auto", ":focus-visible"]  # put together from parts by a script; has no name
SHEET = re.compile(r'<link\b[^>]*\bhref="(?:\.\./)*_static/([^"?]*\.css)[^"]*"[^>]*>\n?')
HEAVIEST = 2  # of the theme's, which come first
CHARSET = re.compile(r'@charset "[^"]*";')
JOINED = re.compile(r"sheets/(\w+\.css)\?v=\w+")
OURS = {"explorer.css", "live.css", "book.css", "landing.css"}
COMMA = re.compile(r",(?![^(]*\))")  # between selectors, not in one


def shorten(static: Path):
    """Leave out what no page needs of the theme's sheets, and take in what they import."""
    for sheet in sheets_of_others(static):
        folder, text = sheet.parent, sheet.read_text(encoding="utf-8")
        short = IMPORT.sub(lambda match, at=folder: imported(at / match[1], at), text)
        short = HAS.sub(without_has, ICON_NAMES.sub("", short))
        if short != text:
            sheet.write_text(short, encoding="utf-8")


def sheets_of_others(static: Path):
    """The theme's sheets and those of Sphinx's extensions."""
    sheets = [*static.glob("*.css"), *static.glob("styles/*.css")]
    return [sheet for sheet in sheets if sheet.name not in OURS]


def purge(site: Path):
    """Leave out the rules of others for what stands in no page and no script.

    Raises
    ------
    RuntimeError
        If PurgeCSS fails.
    """
    static = site / "_static"
    sheets = [s for s in sheets_of_others(static) if PURGED not in s.read_text(encoding="utf-8")]
    if not (sheets and PURGE.exists()):  # a site without npm's packages keeps them whole
        return
    scripts = [script for names in SCRIPTS for script in static.glob(names)]
    command = [PURGE, "--css", *sheets, "--safelist", *SAFE]
    command += ["--content", *html_files(site), *scripts]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError(f"PurgeCSS failed: {result.stderr}")
    for short in json.loads(result.stdout):
        Path(short["file"]).write_text(PURGED + short["css"], encoding="utf-8")


def html_files(site: Path):
    """The HTML files of a site; what is below _static are parts of the theme."""
    static = site / "_static"
    return [page for page in site.rglob("*.html") if static not in page.parents]


def join_all(site: Path):
    """Have each page ask for three sheets: the theme's heaviest, those of others, this book's."""
    static, now = site / "_static", {}
    write = cache(lambda *names: written(names, static))  # most pages ask for the same
    for sheet in static.glob("sheets/*.css"):  # of pages that an earlier build has gone over
        with sheet.open(encoding="utf-8") as file:
            now[sheet.name] = write(*file.readline().strip("/* \n").split())
    for page in html_files(site):
        html = page.read_text(encoding="utf-8")
        up = "../" * (len(page.relative_to(site).parts) - 1)
        short = JOINED.sub(lambda match: now.get(match[1], match[0]), html)
        short = joined(short, f"{up}_static", write)
        if short != html:
            page.write_text(short, encoding="utf-8")


def joined(html, address, write):
    """A page's HTML with its sheets in three, once: ``write`` takes names, gives where they are.

    Raises
    ------
    LookupError
        If none of its sheets is this book's.
    """
    names = [match[1] for match in SHEET.finditer(html)]
    if len(names) <= 3:
        return html
    ours = next((k for k, name in enumerate(names) if name in OURS), None)
    if ours is None:
        raise LookupError(f"none of {', '.join(names)} is one of {', '.join(sorted(OURS))}")
    parts = [names[:HEAVIEST], names[HEAVIEST:ours], names[ours:]]
    links = [f'<link rel="stylesheet" href="{address}/{write(*p)}"/>\n' for p in parts]
    first = SHEET.search(html).start()
    return html[:first] + "".join(links) + SHEET.sub("", html[first:])


def written(names, static):
    """Write sheets into one that begins with their names; its address in static."""
    folder = static / "sheets"
    lines = [f"/* {' '.join(names)} */"]
    lines += [CHARSET.sub("", imported(static / name, folder)) for name in names]
    text = "\n".join(lines)
    path = folder / f"{digest(lines[0])}.css"
    folder.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return f"sheets/{path.name}?v={digest(text)}"


def digest(text):
    """What tells a text from another one, for names of files and addresses."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


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
