"""Every entry of the bibliography is cited, can be found, and keeps its names in capitals."""

import json
import re
import string

from book_files import ROOT, notebooks
from pybtex.database import parse_file
from pybtex.plugin import find_plugin

ENTRIES = parse_file(str(ROOT / "references.bib")).entries
WHERE = {"doi", "eprint", "url"}

#: Entries that have neither DOI nor arXiv number nor a lasting address: books, reports and
#: papers from before such things.
OLD = {
    "beale1958iterative",
    "cauchy1847methode",
    "himmelblau1972applied",
    "lootsma1972numerical",
    "minsky1969perceptrons",
    "nesterov1983method",
    "novikoff1962convergence",
}

#: The fields that say where a work appeared. An entry without any of them has no venue.
VENUE = {"booktitle", "institution", "journal", "publisher", "school"}

#: Names that need their capital wherever they stand in a title.
NAMES = {
    "adam",
    "bayesian",
    "boltzmann",
    "chainer",
    "gaussian",
    "inception",
    "jacobian",
    "nesterov",
    "swish",
    "tikhonov",
}


def cited():
    """The keys that the pages cite, each with one page that does."""
    pages = {name: markdown(name) for name in notebooks()}
    for path in [ROOT / "intro.md", *(ROOT / "appendix").glob("*.md")]:
        pages[path.name] = path.read_text(encoding="utf-8")
    return {
        key.strip(): name
        for name, text in pages.items()
        for keys in re.findall(r"\{cite:\w+\}`([^`]+)`", text)
        for key in keys.split(",")
    }


def markdown(notebook):
    cells = json.loads((ROOT / notebook).read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def printed_title(entry):
    """The title as the page's style prints it: in lower case, but for what braces protect."""
    style = find_plugin("pybtex.style.formatting", "alpha")()
    is_book = entry.type in ("book", "mastersthesis", "phdthesis")
    node = (style.format_btitle if is_book else style.format_title)(entry, "title")
    text = node.format_data({"entry": entry, "style": style, "bib_data": None})
    return text.render(find_plugin("pybtex.backends", "plaintext")()).removesuffix(".")


def is_name(word):
    return word[1:] != word[1:].lower() or word.lower() in NAMES


def words(title):
    bare = title.replace("{", "").replace("}", "")
    return [word.strip(string.punctuation) for word in re.split(r"[\s-]+", bare)]


def test_every_entry_is_cited_and_every_citation_has_an_entry():
    pages = cited()
    assert not set(ENTRIES) - set(pages), "entries that no page cites"
    missing = {key: page for key, page in pages.items() if key not in ENTRIES}
    assert not missing, "citations without an entry"


def test_every_entry_can_be_found():
    found = {key for key, entry in ENTRIES.items() if WHERE & set(entry.fields)}
    assert set(ENTRIES) - found == OLD


def test_every_type_says_where_it_appeared():
    """`@misc` is for what has no venue: on arXiv alone, a lecture, a data set."""
    for key, entry in ENTRIES.items():
        assert (entry.type == "misc") != bool(VENUE & set(entry.fields)), key
        if entry.type == "misc":
            assert {"eprint", "howpublished"} & set(entry.fields), key


def test_arxiv_numbers_stand_in_their_own_field():
    for key, entry in ENTRIES.items():
        fields = entry.fields
        elsewhere = " ".join(fields.get(name, "") for name in ("note", "doi", "url"))
        assert "arxiv" not in elsewhere.lower(), key
        assert ("eprint" in fields) == (fields.get("archiveprefix") == "arXiv"), key
        assert re.fullmatch(r"\d{4}\.\d{4,5}", fields.get("eprint", "0000.00000")), key


def test_titles_keep_their_capitals():
    for key, entry in ENTRIES.items():
        printed = words(printed_title(entry))
        named = [word for word in words(entry.fields["title"]) if is_name(word)]
        assert not [word for word in named if word not in printed], f"{key}: put these in braces"
