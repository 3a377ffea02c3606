"""The landing page: an explorer of a chapter, and a card for each chapter.

``intro.md`` names them, in two directives; what they show comes from the chapters themselves::

    ```{front-explorer} neuron curve
    ```

    ```{chapter-cards}
    neuron curve: Can arithmetic tell a three from an eight?
    ```

Each line of the second has a chapter, the explorer that its picture is taken from, by the name of
the function that draws it, and the chapter's question. Title and number, minutes, explorers and
exercises are counted (`reading`).
"""

import re
from html import escape

from docutils import nodes
from sphinx.errors import SphinxError
from sphinx.util.docutils import SphinxDirective

from . import archive
from .explorers import placed
from .mistakes import chapters, headings
from .paths import ROOT
from .reading import LINES, PER_EXERCISE, PER_EXPLORER, WORDS, reading

PAGE = "intro"
PANEL = re.compile(r'<svg class="nn-panel"(.*?)</svg>', re.S)
TEXT = re.compile(r"<text\b.*?</text>", re.S)
COLOURS = re.compile(r'^<nn-explorer [^>]*?(style="[^"]*")')
RULE = (
    f"Minutes are counted: {WORDS} words or {LINES} lines of code a minute, {PER_EXPLORER} for an "
    f"explorer. Exercises come on top, about {PER_EXERCISE} each."
)


def setup(app):
    app.add_directive("front-explorer", FrontExplorer)
    app.add_directive("chapter-cards", ChapterCards)
    app.add_directive("download-book", DownloadBook)
    app.connect("html-page-context", add_style)


def add_style(app, pagename, templatename, context, doctree):
    if pagename == PAGE:
        app.add_css_file("landing.css")


class FrontExplorer(SphinxDirective):
    """An explorer of a chapter, as it stands there."""

    required_arguments = 2

    def run(self):
        found = explorer(self.env, *self.arguments)
        return [nodes.raw("", placed(self.env, found), format="html")] if found else []


class ChapterCards(SphinxDirective):
    """A list of cards, one for each line."""

    has_content = True

    def run(self):
        self.env.note_dependency(__file__)
        lines = [re.fullmatch(r"(\w+) (\S+): (.*)", line).groups() for line in self.content]
        cards = "".join(card(self.env, *line) for line in lines)
        html = f'<ol class="nn-chapters">{cards}</ol><p class="nn-rule">{RULE}</p>'
        return [nodes.raw("", html, format="html")]


class DownloadBook(SphinxDirective):
    """A link to the archive, with its size."""

    def run(self):
        size = f"{self.env.app.archive_bytes / 1e6:.1f} MB"
        html = f'<p><a class="nn-button" href="{archive.ADDRESS}" download>'
        html += f"Download the book (zip, {size})</a></p>"
        return [nodes.raw("", html, format="html")]


def explorer(env, chapter: str, draw: str) -> dict | None:
    """What the build knows of a chapter's explorer; None where the chapter was not executed.

    Raises
    ------
    SphinxError
        If the chapter has none that is drawn by this function.
    """
    found = env.app.outputs.explorers(ROOT / f"chapters/{chapter}.ipynb")
    name = f"{draw.replace('_', '-')}-explorer"
    named = [one for one in found if one["name"] == name]
    if found and not named:
        offered = ", ".join(one["name"].removesuffix("-explorer") for one in found)
        raise SphinxError(f"{PAGE}.md names {draw} of {chapter}, which has {offered}")
    return named[0] if named else None


def card(env, chapter: str, draw: str, question: str) -> str:
    """One chapter: its picture, title, question, and what it takes."""
    path = ROOT / f"chapters/{chapter}.ipynb"
    number = chapters().index(f"chapters/{chapter}") + 1
    found, asks = explorer(env, chapter, draw), reading(path)
    takes = f"{asks.minutes} min · {asks.explorers} explorers · {asks.exercises} exercises"
    return (
        f'<li><a href="chapters/{chapter}.html">{picture(found) if found else ""}'
        f"<b><i>{number}</i> {escape(headings(path)[0])}</b>"
        f"<span>{escape(question)}</span><small>{takes}</small></a></li>"
    )


def picture(found: dict) -> str:
    """The first panel of an explorer without its words, in the page's colours.

    Its parts have other names than the explorer's own, which may stand on the same page.
    """
    small = "small-" + found["name"].removesuffix("-explorer")
    colours = COLOURS.search(found["card"])[1]
    drawing = TEXT.sub("", PANEL.search(found["card"])[1])
    return f'<svg class="nn-small" {colours}{drawing.replace(found["name"], small)}</svg>'
