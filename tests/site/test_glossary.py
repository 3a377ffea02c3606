"""Every term of the glossary is linked from the chapter that it names, and search knows it."""

import json

import pytest
from bookbuild.mistakes import chapters
from bookbuild.terms import address, plain, terms
from driver.page import soup


@pytest.mark.parametrize("chapter", chapters())
def test_a_term_is_linked_from_its_chapter(chapter, book):
    named = {name for name, text in terms().items() if f"](../{chapter}.ipynb" in text}
    links = {link["href"] for link in soup(book / f"{chapter}.html").select("a.nn-term")}
    missing = {name for name in named if f"../appendix/glossary.html#{address(name)}" not in links}
    assert named and not missing


def test_every_term_has_its_address(book):
    page = soup(book / "appendix/glossary.html")
    found = {term["id"]: plain(term.get_text()).strip("# \n") for term in page.select("dt")}
    assert found == {address(name): name for name in terms()}


def test_search_knows_every_term(book):
    index = (book / "searchindex.js").read_text(encoding="utf-8")
    missing = [name for name in terms() if f"{json.dumps(name.lower())}: [[" not in index]
    assert missing == []
