"""Formulas are set late, and what is below must not move: room for them, and words instead.

One that stands by itself has room. Its height is estimated from its TeX: its lines, and what makes
a line higher. Nearly all of the chapters' come within a line of text of it; as long as it is TeX,
one is lower by two or three.

One in a line is longer as TeX, and the line may break anew when it is set. So where a reader sees
it first, in a list of headings and above the first explorer, a short one is letters and signs.
"""

import re
from html import unescape

from nnbook.svg import RAISED

DISPLAYED = re.compile(r'<div class="math notranslate nohighlight"([^>]*)>(.*?)</div>', re.S)
INNER = re.compile(r"\\begin\{(\w*matrix|cases)\}.*?\\end\{\1\}", re.S)  # has lines of its own
LINE = r"\\"
TALL = re.compile(r"\\(d?frac|sum|prod|int)(?![a-z])")
BELOW = "under"  # \underbrace, \underset: something stands below

# em of the page's text: margins, a line, a fraction or sum in it, a line below it, inner lines
MARGINS, ONE, FRACTION, UNDER, MORE = 2.6, 1.7, 1.5, 1.4, 1.2

LISTED = re.compile(r'<li class="toc-h\d.*')
OPENING = re.compile(r'<article class="bd-article.*?(?=<nn-explorer)', re.S)
INLINE = re.compile(r'<span class="math notranslate nohighlight">\\\((.*?)\\\)</span>')
TOKEN = re.compile(
    r"\\operatorname\{(?P<name>\w+)\}|\\(?P<command>[a-zA-Z]+)|\^(?P<power>\d)|(?P<letter>[a-zA-Z])"
    r"|(?P<relation>[=+])|(?P<number>[\d.]+)|(?P<bracket>[()/,])|[{} ]"
)
SIGNS = {"sum": "∑", "sqrt": "√", "cdot": "·", "lVert": "‖", "rVert": "‖"}
GREEK = dict(zip("beta delta eta lambda mu sigma".split(), "βδηλμσ", strict=True))


def in_words(html: str) -> str:
    """A page's HTML, short formulas as letters and signs where they would be seen to be set."""
    html = LISTED.sub(lambda item: INLINE.sub(_listed, item[0]), html)
    return OPENING.sub(lambda text: INLINE.sub(_in_text, text[0]), html)


def _listed(formula):
    html = words(unescape(formula[1]))
    if html is None:
        raise LookupError(f"a heading has {formula[1]}, which is not known as letters and signs")
    return html


def _in_text(formula):
    return words(unescape(formula[1])) or formula[0]  # which is set a little later


def words(tex: str) -> str | None:
    """A short formula as HTML without TeX, ``<i>λ</i> sign(<i>W</i>)``; None if it needs more."""
    tokens = list(TOKEN.finditer(tex))
    known = all(t["command"] in SIGNS | GREEK for t in tokens if t["command"])
    if not known or "".join(t[0] for t in tokens) != tex:
        return None
    return f'<span class="nn-formula">{"".join(map(_word, tokens))}</span>'


def _word(token):
    if letter := token["letter"] or GREEK.get(token["command"]):
        return f"<i>{letter}</i>"
    if token["relation"]:
        return f" {token['relation']} "
    if token["name"]:
        return f" {token['name']}"
    sign = SIGNS.get(token["command"]) or token["number"] or token["bracket"] or ""
    return sign + (token["power"] or "").translate(RAISED)


def with_room(html: str) -> str:
    """A page's HTML, each displayed formula with the height that it will have, or a little less."""
    return DISPLAYED.sub(_with_height, html)


def _with_height(match):
    attributes, tex = match.groups()
    room = f'style="min-height:{height(unescape(tex)):.1f}em"'
    return f'<div class="math notranslate nohighlight"{attributes} {room}>{tex}</div>'


def height(tex: str) -> float:
    """About how high a displayed formula will be, in em."""
    marked = INNER.sub(lambda inner: "\0" * inner[0].count(LINE), tex)
    return MARGINS + sum(map(_line, marked.split(LINE)))


def _line(tex):
    inner = max(map(len, re.findall("\0+", tex)), default=0)
    return ONE + FRACTION * bool(TALL.search(tex)) + UNDER * (BELOW in tex) + MORE * inner
