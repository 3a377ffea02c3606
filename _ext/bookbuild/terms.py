"""Glossary terms: each has an address, search finds it, and chapters link to it from its first use.

The glossary is a list of definitions in ``appendix/glossary.md``. Chapters need no marks: the
first time that a term stands in a chapter's text it becomes a link. Words that mean other things,
too, are linked only where they stand in bold, as they do where they are defined.
"""

import re
from functools import cache

from docutils import nodes
from sphinx import addnodes

from .mistakes import chapters
from .paths import ROOT

GLOSSARY = "appendix/glossary"
ENTRY = re.compile(r"^(\S.*)\n: (.*)$", re.M)
EVERYDAY = set(
    """
    batch bits budget bump cache cell channel dead depth direction gate head inference
    inputs invariant kernel key layer linear mask network noise padding patience precision prior
    pull query recall ridge saturated saturates schedule score sparse state stride symmetry
    template threshold token unit value velocity weight width
    """.split()
)
NO_PROSE = (
    *(nodes.title, nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw),
    *(nodes.reference, addnodes.download_reference),
)


def setup(app):
    app.connect("doctree-read", name_terms)
    app.connect("doctree-resolved", link_terms)
    app.connect("html-collect-pages", keep_in_search)


def terms() -> dict[str, str]:
    """Each term of the glossary, and what it says of it."""
    text = (ROOT / f"{GLOSSARY}.md").read_text(encoding="utf-8")
    return dict(ENTRY.findall(text))


def address(term: str) -> str:
    """The id of a term on the glossary's page."""
    return nodes.make_id(f"term-{term}")


def name_terms(app, doctree):
    """Give the glossary's terms their ids, and put them into the index and before search."""
    if app.env.docname != GLOSSARY:
        return
    entries = app.env.get_domain("index").entries.setdefault(GLOSSARY, [])
    for node in doctree.findall(nodes.term):
        name = plain(node.astext())
        node["ids"].append(address(name))
        entry = ("single", name, address(name), "main", None)
        entries.append(entry)  # the index has read the page by now; search will
        node += addnodes.index(entries=[entry])


def keep_in_search(app):
    """Search knows the index entries of the pages that a build writes, and forgets all others."""
    if app.builder.indexer is not None:
        entries = sorted((name, address(name), "main") for name in terms())
        app.builder.indexer._index_entries[GLOSSARY] = entries
    return ()


def link_terms(app, doctree, docname):
    """Link the first use of each term in a chapter."""
    if docname in chapters():
        to = app.builder.get_relative_uri(docname, GLOSSARY)
        link_first_uses(doctree, list(terms()), to)


def link_first_uses(doctree, names: list[str], to: str):
    """Link each term where it first stands in running text to its place on the page ``to``."""
    left = {name.lower(): name for name in names}
    for text in list(doctree.findall(nodes.Text)):
        if isinstance(text.parent, nodes.literal) and is_prose(text.parent):
            link_name_in_code(text.parent, left, to)
        if not is_prose(text):
            continue
        pieces, end = [], 0
        for match in pattern(tuple(names)).finditer(plain(text)):
            name = left.get(match[1].lower())
            if name and (name not in EVERYDAY or is_whole(text, match)):
                del left[name.lower()]
                words = text[match.start() : match.end()]
                pieces += [nodes.Text(text[end : match.start()]), link(words, name, to)]
                end = match.end()
        if pieces:
            text.parent.replace(text, [*pieces, nodes.Text(text[end:])])


@cache
def pattern(names: tuple[str, ...]) -> re.Pattern:
    """Any of the terms, the longest first; small letters may be capitals at a sentence's start."""
    longest = sorted(names, key=len, reverse=True)
    written = [
        f"(?i:{re.escape(name)})" if name == name.lower() else re.escape(name) for name in longest
    ]
    return re.compile(rf"(?<![\w-])({'|'.join(written)})(?:e?s)?(?![\w-])")


def is_whole(text: nodes.Text, match: re.Match) -> bool:
    """Whether a word is all that stands in bold there."""
    return isinstance(text.parent, nodes.strong) and match[0] == plain(text)


def is_prose(text: nodes.Node) -> bool:
    """Whether text, or a piece of code, is read in a sentence: no heading, formula or link."""
    at = text.parent
    while at is not None:
        if isinstance(at, NO_PROSE):
            return False
        at = at.parent
    return True


def link_name_in_code(code: nodes.literal, left: dict[str, str], to: str):
    """Link a term that is written as code because it is a function's name, too."""
    name = left.get(code.astext().lower())
    if name == code.astext() and name not in EVERYDAY:
        del left[name.lower()]
        made = link("", name, to)
        code.parent.replace(code, made)
        made += code


def plain(text: str) -> str:
    """A text with the apostrophes that were typed: Sphinx sets curved ones."""
    return text.replace("’", "'")


def link(words: str, name: str, to: str) -> nodes.reference:
    made = nodes.reference("", words, internal=True, refuri=f"{to}#{address(name)}")
    made["classes"].append("nn-term")
    return made
