"""Pages that paint at once, and that a host with a strict policy serves whole.

Sphinx and the theme write scripts into the page itself, load others before the first line of text,
and draw a dozen icons with a script of half a megabyte. After the build each page is gone over:

- a script in the page moves into a file: a policy of ``default-src 'self'`` allows no other;
- scripts wait until the text is there, this book's own first. Two do not: the one that sets the
  theme, or a dark page would flash white (`theme`), and the one of the explorers, which answer as
  soon as they have been read;
- icons become drawings in the page, with the outlines that the theme's script has for them;
- style sheets become shorter and fewer (`sheets`), and so does code, where a colour is that of all
  text;
- figures load when a reader comes near, and have their room before, as formulas have, and those in
  a list of headings are words (`formulas`);
- what only the search page needs is left to it.
"""

import re
from html import escape
from pathlib import Path

from .archive import saved
from .formulas import in_words, with_room
from .sheets import digest, html_files, join_all, purge, shorten
from .theme import AT_ONCE, ask_the_target, keep_state, measure_first

LAST = 900  # after the theme, which writes the colours of code when all else is there
LATE = ' fetchpriority="low"'  # MathJax is as heavy as all that a reader sees first
DONE = "<!-- gone over -->"
OPTIONS = "documentation_options.js"  # what the scripts that stood in the page add to
MATH = "tex-chtml.js"
EARLY = "explorer.js"
OURS = (EARLY, "page.js", "run.js")
SEARCH = ("searchtools.js", "language_data.js", "searchindex.js")  # of the search page alone
ICON = re.compile(r'<(i|span)\b([^>]*\bclass="([^"]*\bfa-[^"]*)"[^>]*)></\1>')
SCRIPT = re.compile(r"[ \t]*<script\b([^>]*)>(.*?)</script>\n?", re.S)
DATA = re.compile(r'type="application/')
DEFER = re.compile(r' defer(="defer")?')
IMAGE = re.compile(r"<img\b(?![^>]*\bloading=)")
SIZE = re.compile(r'style="width: (\d+)px; height: (\d+)px;"')
PLAIN = re.compile(r'<span class="(?:n|nn|p|w)">([^<]*)</span>')  # code without a colour
HANDLER = re.compile(r' onclick="(\w[\w.]*)\(\)"')
NO_NAMES = {"fa-solid", "fa-regular", "fa-brands", "fa-lg", "fa-fw", "fa-xs", "fa-sm", "fa-xl"}


def setup(app):
    app.connect("build-finished", lighten_all, priority=LAST)


def lighten_all(app, error):
    if error or app.builder.format != "html":
        return
    site = Path(app.outdir)
    static = site / "_static"
    icons = Icons(static / "scripts/fontawesome.js")
    shorten(static)
    measure_first(static)
    keep_state(static)
    ask_the_target(static)
    for page in html_files(site):
        html = page.read_text(encoding="utf-8")
        up = "../" * (len(page.relative_to(site).parts) - 1)
        light = lighten(html, icons, static, f"{up}_static", page.stem == "search")
        if light != html:  # else it has been gone over after an earlier build
            page.write_text(light, encoding="utf-8")
    purge(site)
    join_all(site)


def lighten(html, icons, static, address, is_search):
    """One page's HTML; scripts that were in it are written below ``static``."""
    if DONE in html or OPTIONS not in html:  # by an earlier build; the front page has no scripts
        return html
    html = re.sub(r'<link rel="preload" as="script"[^>]*/>\n?', "", html)
    html = html.replace(' data-theme="auto"', ' data-theme="light"', 1)  # what no script sets
    html = HANDLER.sub(r' data-click="\1"', html)
    html = saved(ICON.sub(icons.svg, html))
    html = with_room(in_words(html))
    html = PLAIN.sub(r"\1", html)
    html = SIZE.sub(r'width="\1" height="\2"', IMAGE.sub('<img loading="lazy"', html))
    scripts = [(m[1], m[2].strip()) for m in SCRIPT.finditer(html) if not DATA.search(m[1])]
    html = SCRIPT.sub(lambda m: m[0] if DATA.search(m[1]) else "", html)
    theme = [body for _, body in scripts if "dataset.theme" in body]
    settings = dict.fromkeys(body for _, body in scripts if body and body not in theme)
    unneeded = {"fontawesome.js", *([] if is_search else SEARCH)}
    files = {
        name_of(attributes): f"<script defer{DEFER.sub('', attributes)}{LATE}></script>"
        for attributes, body in scripts
        if not body and name_of(attributes) not in unneeded
    }
    if MATH in files:  # page.js fetches it
        files[MATH] = files[MATH].replace(" src=", ' type="text/plain" data-src=')
    ours = [files.pop(name).replace(LATE, "") for name in OURS if name in files]
    ours = [tag.replace(" defer", " async") if EARLY in tag else tag for tag in ours]
    options = [files.pop(OPTIONS)]
    last = [DONE, *ours, *options, inline(settings, static, address, " defer"), *files.values()]
    html = html.replace("<head>", f"<head>{inline([*theme, AT_ONCE], static, address)}", 1)
    return html.replace("</head>", "\n".join(last) + "</head>", 1)


def name_of(attributes):
    return re.search(r'src="([^"?]*)', attributes)[1].rsplit("/", 1)[-1]


def inline(bodies, static, address, waits=""):
    """A script element for what stood in the page."""
    name = written("\n".join(bodies), static)
    return f'<script{waits} src="{address}/{name}"></script>'


def written(body, static):
    """Write a script into a file that is named by its contents; the file's address in static."""
    name = f"inline/{digest(body)}.js"
    path = static / name
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(body.strip() + "\n", encoding="utf-8")
    return name


class Icons:
    """The outlines of Font Awesome's icons, as the theme's script has them."""

    def __init__(self, script: Path):
        self.script = script.read_text(encoding="utf-8")

    def svg(self, match):
        """An ``<i class="fas fa-bars">`` as ``<svg>``, with its attributes."""
        name = next(c for c in match[3].split() if c.startswith("fa-") and c not in NO_NAMES)
        width, height, path = self.outline(name.removeprefix("fa-"))
        attributes = match[2].replace(f'class="{match[3]}"', f'class="svg-inline--fa {match[3]}"')
        return (
            f'<svg{attributes} viewBox="0 0 {width} {height}" aria-hidden="true" '
            f'fill="currentColor"><path d="{escape(path)}"/></svg>'
        )

    def outline(self, name):
        """Width, height and path of a solid icon.

        Raises
        ------
        LookupError
            If the theme's script has no icon of that name.
        """
        shape = r'\[(\d+),(\d+),\[[^\]]*\],"[0-9a-f]+","([^"]+)"\]'
        aliases = re.compile(rf'\[(\d+),(\d+),\[[^\]]*"{name}"[^\]]*\],"[0-9a-f]+","([^"]+)"\]')
        found = re.search(rf'[{{,]"?{name}"?:{shape}', self.script) or aliases.search(self.script)
        if not found:
            raise LookupError(f"the theme has no icon {name!r}")
        return found[1], found[2], found[3]
