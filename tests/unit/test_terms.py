"""The glossary: one style, nothing twice, and links from the first use of each term."""

import re
from types import SimpleNamespace

import pytest
from book_files import ROOT
from bookbuild import terms
from bookbuild.mistakes import chapters, headings
from docutils import nodes
from docutils.utils import new_document

ENTRIES = terms.terms()
TITLES = {headings(ROOT / f"{chapter}.ipynb")[0]: chapter for chapter in chapters()}
LINK = re.compile(r" \[([^\]]+)\]\(\.\./(chapters/\w+)\.ipynb#[\w-]+\)")


def paragraph(*parts):
    made = nodes.paragraph()
    made += parts
    return made


def linked(*parts, names=("loss", "dot product", "ReLU", "state")):
    """What is linked of a text: (words, address)."""
    document = new_document("test")
    document += paragraph(*parts)
    terms.link_first_uses(document, list(names), "g.html")
    links = [n for n in document.findall(nodes.reference) if "nn-term" in n["classes"]]
    return [(link.astext(), link["refuri"]) for link in links], document.astext()


def test_entries_are_in_order():
    order = [name.lower().replace("-", " ") for name in ENTRIES]
    assert order == sorted(order) and len(set(order)) == len(order)
    assert len({terms.address(name) for name in ENTRIES}) == len(ENTRIES)


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_is_a_sentence_and_a_link_by_the_chapters_title(name):
    """Or several of them, where a term has several meanings."""
    *parts, rest = LINK.split(f" {ENTRIES[name]}")
    assert parts and rest == "", "a link at its end"
    for definition, title, chapter in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        assert TITLES[title] == chapter
        assert re.fullmatch(r" [A-Z\d$].*\.", definition), definition


def test_everyday_words_are_terms():
    assert set(ENTRIES) >= terms.EVERYDAY


def test_the_first_use_is_linked():
    words = "Losses come from a loss; a dot product, dot products, and ReLU (relu)."
    found, text = linked(nodes.Text(words))
    assert found == [
        ("Losses", "g.html#term-loss"),
        ("dot product", "g.html#term-dot-product"),
        ("ReLU", "g.html#term-relu"),
    ]
    assert text == words


def test_a_part_of_a_word_is_no_term():
    assert linked(nodes.Text("glossy, loss-free, a lossy ReLUs' kind"))[0] == [
        ("ReLUs", "g.html#term-relu")
    ]


def test_code_formulas_and_links_stay_as_they_are():
    parts = [
        nodes.literal("", "loss"),
        nodes.math("", "loss"),
        nodes.reference("", "the loss", refuri="x.html"),
        nodes.Text(" and then a loss"),
    ]
    assert linked(*parts)[0] == [("loss", "g.html#term-loss")]


def test_a_function_that_is_a_term_is_linked_as_code():
    found, _ = linked(nodes.literal("", "state"), nodes.literal("", "ReLU"))
    assert found == [("ReLU", "g.html#term-relu")], "no everyday word"


def test_an_apostrophe_is_one_however_it_is_set():
    found, text = linked(nodes.Text("By Bayes’ rule it is."), names=["Bayes' rule"])
    assert found == [("Bayes’ rule", "g.html#term-bayes-rule")]
    assert text == "By Bayes’ rule it is."


def test_an_everyday_word_is_linked_where_it_is_bold():
    assert linked(nodes.Text("The state of the art. "))[0] == []
    bold = nodes.strong("", "state")
    other = nodes.strong("", "A state of affairs.")
    found, _ = linked(nodes.Text("A state. "), other, bold)
    assert found == [("state", "g.html#term-state")]


def test_terms_get_addresses_and_are_told_to_search():
    domain = SimpleNamespace(entries={})
    env = SimpleNamespace(docname=terms.GLOSSARY, get_domain=lambda name: domain)
    document = new_document("test")
    document += nodes.definition_list_item("", nodes.term("", "Bayes’ rule"))
    terms.name_terms(SimpleNamespace(env=env), document)
    entry = ("single", "Bayes' rule", "term-bayes-rule", "main", None)
    assert domain.entries == {terms.GLOSSARY: [entry]}
    [term] = document.findall(nodes.term)
    assert term["ids"] == ["term-bayes-rule"]
    terms.name_terms(SimpleNamespace(env=SimpleNamespace(docname="intro")), document)
