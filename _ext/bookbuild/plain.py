"""The notebooks in plain Markdown, for programs that don't know MyST.

VS Code, Colab and JupyterLab by itself show ``{cite:t}`` and ``(label)=`` as they stand. So a
notebook that leaves the site has none of it: a citation is the authors and the year with a link to
the paper, a reference is a link that says the title, a box is a quotation with a bold title, and a
label is gone. The chapters' text needs no more than these four, and a test sees that nothing of
MyST is left.
"""

import json
import re
from functools import cache, partial
from pathlib import PurePosixPath
from posixpath import normpath

from pybtex.database import parse_file

from .mistakes import slug
from .paths import ROOT, notebooks

LABELLED = re.compile(r"^\(([\w-]+)\)=\n+(?=#+ (.*)$)", re.M)
ROLE = re.compile(r"\{(ref|cite:t|cite:p)\}`([^`]+)`")
BOX = re.compile(r"^:::\{admonition\} ([^\n]*)\n(?::\w+:[^\n]*\n)*(.*?)^:::$", re.M | re.S)
LINK = re.compile(r"\[([^]]*)\]\(((?:[\w./-]+\.(?:ipynb|md))?)(?:#([\w-]+))?\)")  # in the book
GLOSSARY = "appendix/glossary.md"
TERM = re.compile(r"^(\S.*)\n: ", re.M)


def plain_notebook(text: str, name: str, shipped) -> str:
    """A notebook's JSON with all its text in plain Markdown.

    Parameters
    ----------
    text : str
    name : str
        Its path in the book: ``chapters/neuron.ipynb``.
    shipped : collection of str
        The paths that links may lead to; of other links the words are left.
    """
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = plain("".join(cell["source"]), name, shipped)
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def plain(text: str, name: str, shipped) -> str:
    """MyST text of the page ``name`` as plain Markdown."""
    text = LABELLED.sub("", text)
    text = ROLE.sub(partial(role, name), text)
    text = BOX.sub(quotation, text)
    text = LINK.sub(partial(link, name, shipped), text)
    return TERM.sub(r"**\1**: ", text) if name == GLOSSARY else text


def role(name: str, match: re.Match) -> str:
    """What a role says: a link to a heading, or to papers."""
    kind, target = match.groups()
    if kind == "ref":
        page, heading, anchor = labels()[target]
        place = "" if page == name else PurePosixPath(page).name
        return f"[{heading}]({place}{anchor})"
    papers = [paper(key.strip()) for key in target.split(",")]
    if kind == "cite:t":
        return " and ".join(linked(f"{who} ({year})", url) for who, year, url in papers)
    return f"({'; '.join(linked(f'{who} {year}', url) for who, year, url in papers)})"


def linked(words: str, url: str) -> str:
    return f"[{words}]({url})" if url else words


def quotation(match: re.Match) -> str:
    title, body = match.groups()
    lines = [f"**{title}**", "", *body.rstrip().splitlines()]
    return "\n".join(f"> {line}".rstrip() for line in lines)


def link(name: str, shipped, match: re.Match) -> str:
    """A link as it is, to a heading where it led to a label; or its words, if it leads nowhere."""
    words, path, anchor = match.groups()
    page = normpath(PurePosixPath(name).parent / path) if path else name
    if page not in shipped:
        return words
    at_label = labels().get(anchor)
    if at_label and at_label[0] == page:
        return f"[{words}]({path}{at_label[2]})"
    return match[0]


@cache
def labels() -> dict[str, tuple[str, str, str]]:
    """For each label its page, the heading below it, and that heading's anchor; none for titles."""
    found = {}
    for path in notebooks().values():
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        for match in LABELLED.finditer(text):
            is_title = text[match.end() :].startswith("# ")
            anchor = "" if is_title else f"#{slug(match[2])}"
            found[match[1]] = path.relative_to(ROOT).as_posix(), match[2], anchor
    return found


def paper(key: str) -> tuple[str, str, str]:
    """Who wrote it, as a text says it, when, and where it can be read, if anywhere."""
    entry = entries()[key]
    persons = entry.persons.get("author") or entry.persons["editor"]
    names = [" ".join(map(str, p.rich_prelast_names + p.rich_last_names)) for p in persons]
    who = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
    fields = entry.fields
    if "doi" in fields:
        url = f"https://doi.org/{fields['doi']}"
    elif "eprint" in fields:
        url = f"https://arxiv.org/abs/{fields['eprint']}"
    else:
        url = fields.get("url", "")
    return who, fields["year"], url


@cache
def entries():
    return parse_file(str(ROOT / "references.bib")).entries
