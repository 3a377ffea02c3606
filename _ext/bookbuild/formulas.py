"""Room for formulas that stand by themselves: they are set late, and what is below must not move.

A formula's height is estimated from its TeX: its lines, and what makes a line higher. Nearly all of
the chapters' come within a line of text of it; as long as it is TeX, one is lower by two or three.
"""

import re
from html import unescape

DISPLAYED = re.compile(r'<div class="math notranslate nohighlight"([^>]*)>(.*?)</div>', re.S)
INNER = re.compile(r"\\begin\{(\w*matrix|cases)\}.*?\\end\{\1\}", re.S)  # has lines of its own
LINE = r"\\"
TALL = re.compile(r"\\(d?frac|sum|prod|int)(?![a-z])")
BELOW = "under"  # \underbrace, \underset: something stands below

# em of the page's text: margins, a line, a fraction or sum in it, a line below it, inner lines
MARGINS, ONE, FRACTION, UNDER, MORE = 2.6, 1.7, 1.5, 1.4, 1.2


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
