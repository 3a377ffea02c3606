"""Notebooks that leave the site: plain Markdown, with the same formulas and links that lead on."""

import json
import re
from posixpath import normpath

import pytest
from bookbuild import archive
from bookbuild.mistakes import slug
from bookbuild.plain import plain, plain_notebook
from markdown_it import MarkdownIt

MYST = re.compile(
    r"\{[\w:+-]+\}(?=<code>)"  # a role
    r"|\([\w-]+\)=$"  # a label
    r"|:{3,}|language-\{"  # a directive
    r"|^:[\w-]+:",  # its options
    re.M,
)
MATH = re.compile(r"\$\$.*?\$\$|\$[^$]+\$", re.S)
LINKS = re.compile(r"\]\(((?:[^()]|\([^()]*\))+)\)")
NAMES = archive.shipped()
TEXTS = sorted(n for n in NAMES if n.startswith(("chapters/", "appendix/")))
HERE = "chapters/schedules.ipynb"


def text_of(name, data):
    if not name.endswith(".ipynb"):
        return data.decode()
    cells = json.loads(data)["cells"]
    return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def seen(text):
    """What a program that knows CommonMark and tables makes of it, without paragraphs."""
    html = MarkdownIt("commonmark").enable("table").render(text)
    return re.sub(r"</?p>", "", html)


@pytest.fixture(scope="module")
def taken():
    return {name: text_of(name, archive.taken(name, NAMES)) for name in TEXTS}


@pytest.fixture(scope="module")
def written():
    return {name: text_of(name, (archive.ROOT / name).read_bytes()) for name in TEXTS}


@pytest.mark.parametrize("name", TEXTS)
def test_no_mark_of_myst_is_left(name, taken, written):
    assert MYST.findall(seen(taken[name])) == []
    if name.startswith("chapters/"):  # each of which has a label, citations and boxes
        assert len(MYST.findall(seen(written[name]))) > 10


@pytest.mark.parametrize("name", TEXTS)
def test_formulas_stay_as_they_are(name, taken, written):
    assert MATH.findall(taken[name]) == MATH.findall(written[name])


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_to_a_heading_that_is_there(name, taken):
    found = LINKS.findall(taken[name])
    for target in found:
        if target.startswith("http"):
            continue
        path, _, anchor = target.partition("#")
        page = normpath(f"{name}/../{path}") if path else name
        assert page in NAMES, target
        headings = re.findall(r"^#+ (.*)$", taken[page], re.M)
        assert not anchor or anchor in {slug(heading) for heading in headings}, target
    assert found or name.startswith("appendix/")


def test_nothing_but_text_changes():
    original = (archive.ROOT / HERE).read_text(encoding="utf-8")
    before, after = (json.loads(t) for t in (original, plain_notebook(original, HERE, NAMES)))
    for one, other in zip(before["cells"], after["cells"], strict=True):
        if one["cell_type"] == "code":
            assert one == other
    assert (
        plain_notebook(json.dumps(after), HERE, NAMES)
        == json.dumps(after, ensure_ascii=False, indent=1) + "\n"
    ), "what is plain stays so"


ADAM = "https://arxiv.org/abs/1412.6980"


@pytest.mark.parametrize(
    ("myst", "markdown"),
    [
        ("by {cite:t}`kingma2015adam`.", f"by [Kingma and Ba (2015)]({ADAM})."),
        ("Adam {cite:p}`kingma2015adam`.", f"Adam ([Kingma and Ba 2015]({ADAM}))."),
        (
            "{cite:p}`kingma2015adam, goh2017why`",
            f"([Kingma and Ba 2015]({ADAM}); [Goh 2017](https://doi.org/10.23915/distill.00006))",
        ),
        ("{cite:t}`touvron2023llama`", "[Touvron et al. (2023)](https://arxiv.org/abs/2302.13971)"),
        ("{cite:t}`lootsma1972numerical`", "Lootsma (1972)"),  # no address
        ("see {ref}`chapter-neuron`", "see [One neuron](neuron.ipynb)"),
        ("[below](#one-cycle)", "[below](#one-cycle-and-the-momentum-against-it)"),
        ("[floor](#the-noise-floor)", "[floor](#the-noise-floor)"),
        ("[one](neuron.ipynb#softmax)", "[one](neuron.ipynb#softmax)"),
        ("[the introduction](../intro.md#run-it-yourself) says", "the introduction says"),
        ("[a site](https://example.org/x.md#y)", "[a site](https://example.org/x.md#y)"),
        ("(a-label)=\n## Heading", "## Heading"),
        ("$[a](b)$ and {x}", "$[a](b)$ and {x}"),
        (
            "before\n:::{admonition} A title\n:class: tip\nOne.\n\n- Two\n:::\nafter",
            "before\n> **A title**\n>\n> One.\n>\n> - Two\nafter",
        ),
    ],
)
def test_each_mark_has_its_plain_form(myst, markdown):
    assert plain(myst, HERE, NAMES) == markdown


def test_a_term_of_the_glossary_stands_before_its_meaning():
    text = "one\n: The first.\n\ntwo\n: The second."
    glossary = plain(text, "appendix/glossary.md", NAMES)
    assert glossary == "**one**: The first.\n\n**two**: The second."
    assert plain(text, HERE, NAMES) == text
