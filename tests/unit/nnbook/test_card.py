"""The card of an explorer: valid HTML, all that a reader needs before a script runs."""

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnbook.card import FRAMES, Control, card, frames_script, names, pictures_html
from nnbook.frames import Frames

EMPTY = {"input", "path", "use", "rect", "image"}  # elements without an end


class Elements(HTMLParser):
    """All elements of a text, in order, and whether each is closed where it must be."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open, self.words = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, text):
        self.words.append(text)

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


def draw(ax, w, kind):
    ax.plot([0, 1], [0, w])
    return f"{kind} has <w> = {w}"


CONTROLS = {
    "w": Control("w", "weight <w>", [-4, 0.5, 10_000], plays=True),
    "kind": Control("kind", "kind", ["a", 'b "&"']),
}


def made(question="Why <so>?", caption="What & where", tries=None, panels=1):
    frames = Frames(draw if panels == 1 else lambda axes, **v: draw(axes[0], **v), panels=panels)
    start = {"w": 0.5, "kind": "a"}
    return card(
        "draw-explorer",
        frames,
        CONTROLS,
        question=question,
        caption=caption,
        tries=tries or {},
        start=start,
        draw="draw",
        frame=frames.frame(**start),
        longest="the longest",
    )


def test_a_card_is_whole_and_escaped():
    html = made(tries={"steep & <high>": {"w": 10_000, "kind": 'b "&"'}})
    elements = Elements(html)
    ids = [a["id"] for _, a in elements.found if "id" in a]
    assert len(set(ids)) == len(ids) and all(
        i.startswith(("draw-explorer", "explorer-")) for i in ids
    )
    (root,) = elements.all("nn-explorer")
    assert root["id"] == "draw-explorer" and root["data-frames"] == FRAMES
    for text in ("Why <so>?", "a has <w> = 0.5", "What & where", "weight <w>", 'b "&"'):
        assert text in elements.words
    (link,) = elements.all("a")
    assert link["href"] == "#draw-explorer?w=10000&kind=b%20%22%26%22"
    (picture,) = (a for a in elements.all("div") if a.get("role") == "img")
    assert picture["aria-labelledby"] in ids
    assert elements.all("p")[1]["data-longest"] == "the longest"


def test_what_is_not_given_leaves_no_empty_element():
    html = made(question="", caption="")
    assert "nn-ask" not in html and "nn-caption" not in html and "nn-tries" not in html


def test_controls_start_where_told():
    elements = Elements(made())
    (range_,) = (a for a in elements.all("input") if a["type"] == "range")
    assert (range_["min"], range_["max"], range_["value"]) == ("0", "2", "1")
    assert [("selected" in a, a["value"]) for a in elements.all("option")] == [
        (False, "-4"),
        (True, "0.5"),
        (False, "10000"),
    ]
    radios = [a for a in elements.all("input") if a["type"] == "radio"]
    assert [("checked" in a, a["value"]) for a in radios] == [(True, "a"), (False, 'b "&"')]
    assert len({a["name"] for a in radios}) == 1
    labels = {a["for"] for a in elements.all("label") if "for" in a}
    assert labels == {range_["id"]}
    (play,) = (a for a in elements.all("button") if a["class"] == "nn-play")
    assert play["aria-label"] == "Play weight <w>"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([True, False], "choice"),
        ([1, 2], "slider"),
        ([True, 2], "slider"),
        (list("abcd"), "choice"),
        (list("abcde"), "menu"),
        (["a", 1], "choice"),
    ],
)
def test_kinds(values, kind):
    control = Control("x", "x", values)
    assert control.kind == kind
    assert len(re.findall(r'data-name="x"', control.html("e", values[0]))) == 1


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ([0.001, -4, 10], ["0.001", "−4", "10"]),
        ([True, False], ["on", "off"]),
        (["a", "b-c"], ["a", "b-c"]),
        ([1_234_567, 1_234_568], ["1,234,567", "1,234,568"]),
        ([10_000_000, 1], ["10,000,000", "1"]),
    ],
)
def test_values_as_they_are_read(values, written):
    assert names(values) == written


@pytest.mark.parametrize(("size", "panels", "beside"), [((5, 3), 1, True), ((8, 3), 1, False)])
def test_controls_stand_beside_a_narrow_picture(size, panels, beside):
    frames = Frames(draw, panels=panels, size=size)
    start = {"w": 0.5, "kind": "a"}
    html = card(
        "e", frames, CONTROLS, question="", caption="", tries={}, start=start, draw="draw",
        frame=frames.frame(**start), longest="",
    )  # fmt: skip
    assert ("nn-beside" in html) == beside
    assert "nn-beside" not in made(panels=2) and made(panels=2).count("<svg ") == 2


@given(st.lists(st.text(max_size=20), min_size=1, max_size=3), st.text(max_size=20))
def test_the_script_of_frames_is_json_in_a_call(pictures, sentence):
    script = frames_script("draw-explorer", [(pictures, sentence)] * 2)
    call = re.fullmatch(r'nnFrames\("draw-explorer",(.*)\);\n', script, re.S)
    assert json.loads(call[1]) == [[*pictures, sentence]] * 2


@pytest.mark.parametrize(("title", "box"), [("", "0 14 360 202"), ("a title", "0 0 360 216")])
def test_a_picture_without_a_title_keeps_no_room_for_one(title, box):
    def titled(ax, x):
        ax.plot([0, 1], [0, x])
        ax.set_title(title)
        return "x"

    frames = Frames(titled, size=(5, 3))
    assert f'viewBox="{box}"' in pictures_html(frames, frames.frame(x=1)[0], "")
