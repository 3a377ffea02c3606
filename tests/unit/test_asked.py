"""What readers type when a network doesn't learn leads to sections that exist."""

import json
import re
from types import SimpleNamespace

from bookbuild import asked
from bookbuild.mistakes import slug
from bookbuild.paths import ROOT


def headings():
    cells = json.loads((ROOT / f"{asked.PAGE}.ipynb").read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    return {""} | {slug(heading) for heading in re.findall(r"^##+ (.*)$", text, re.M)}


def test_every_phrase_leads_to_a_section():
    assert {address for _, address, _ in asked.phrases()} <= headings()


def test_phrases_are_as_search_compares_them():
    phrases = [phrase for phrase, _, _ in asked.phrases()]
    assert len(set(phrases)) == len(phrases)
    assert all(phrase == phrase.lower() and phrase.strip() for phrase in phrases)


def test_they_are_put_into_search_where_there_is_one():
    indexer = SimpleNamespace(_index_entries={"intro": [], asked.PAGE: []})
    app = SimpleNamespace(builder=SimpleNamespace(indexer=indexer))
    assert asked.put_into_search(app) == ()
    assert indexer._index_entries == {"intro": [], asked.PAGE: asked.phrases()}
    asked.put_into_search(SimpleNamespace(builder=SimpleNamespace(indexer=None)))
