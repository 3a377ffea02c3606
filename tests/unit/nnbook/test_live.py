"""What a page's own Python does with a cell, a question, an explorer; here its host is a list."""

import base64
import json
import sys
import types

import hypothesis.strategies as st
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given

from nnbook import explore
from nnbook.live import cell, display, explorer


@pytest.fixture
def events(monkeypatch):
    """Run with a host as a page's: the events that it is told, in order."""
    told = []
    host = types.ModuleType("_host")
    host.call = lambda data: told.append(json.loads(data))
    monkeypatch.setitem(sys.modules, "_host", host)
    monkeypatch.setattr(cell, "NAMES", {"__name__": "__main__"})
    return told


def run(events, source):
    events.clear()
    return cell.run(source), events


def test_the_last_expression_is_shown(events):
    ok, told = run(events, "x = 20\nx + 1\nx + 2")
    assert ok
    assert told == [{"kind": "display", "data": {"text/plain": "22"}}]


@pytest.mark.parametrize("source", ["x = 1", "None", "1;", "def f():\n    return 1", "", "# note"])
def test_nothing_else_is_shown(events, source):
    assert run(events, source) == (True, [])


def test_cells_share_their_names(events):
    run(events, "def double(x):\n    return factor * x")
    run(events, "factor = 2")
    assert run(events, "double(21)")[1][0]["data"]["text/plain"] == "42"


def test_an_error_is_told_from_the_cells_own_line_on(events):
    ok, told = run(events, "def f():\n    return 1 / 0\nf()")
    assert not ok
    (error,) = told
    assert (error["kind"], error["name"]) == ("error", "ZeroDivisionError")
    assert error["message"] == "division by zero"
    lines = error["traceback"].splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert 'File "<cell' in lines[1] and "line 3, in <module>" in lines[1]
    assert "return 1 / 0" in error["traceback"]  # the source is known
    assert "live/cell.py" not in error["traceback"]


def test_a_syntax_error_is_told(events):
    ok, told = run(events, "x = = 1")
    assert not ok and told[0]["name"] == "SyntaxError"


@pytest.mark.parametrize("source", ["import sys; sys.exit(3)", "raise KeyboardInterrupt"])
def test_a_cell_cannot_end_python(events, source):
    assert not run(events, source)[0]
    assert run(events, "1")[0]


def test_figures_come_after_the_value_and_are_closed(events):
    source = "import matplotlib.pyplot as plt\nfor _ in range(2):\n    plt.subplots()\n'value'"
    ok, told = run(events, source)
    assert ok and plt.get_fignums() == []
    assert [set(event["data"]) for event in told] == [
        {"text/plain"},
        {"text/plain", "image/png"},
        {"text/plain", "image/png"},
    ]
    assert base64.b64decode(told[1]["data"]["image/png"]).startswith(b"\x89PNG")
    assert told[1]["data"]["text/plain"].startswith("<Figure size")


def test_figures_of_a_cell_that_failed_are_closed(events):
    run(events, "import matplotlib.pyplot as plt\nplt.subplots()\n1 / 0")
    assert plt.get_fignums() == []


def test_what_is_printed_comes_before_what_is_shown_after_it(events, monkeypatch):
    flushed = []
    monkeypatch.setattr(sys.stdout, "flush", lambda: flushed.append(len(events)))
    run(events, "print('first')\n1")
    assert flushed == [0]


class Offers:
    def _repr_html_(self):
        return "<b>bold</b>"

    def _repr_markdown_(self):
        return None

    def _repr_png_(self):
        return b"\x89PNG"

    def __repr__(self):
        return "Offers()"


def test_a_value_is_shown_in_the_forms_that_it_offers():
    png = base64.b64encode(b"\x89PNG").decode()
    forms = {"text/plain": "Offers()", "text/html": "<b>bold</b>", "image/png": png}
    assert display.bundle(Offers()) == forms
    assert display.bundle(Offers) == {"text/plain": repr(Offers)}


@given(st.recursive(st.integers() | st.text(), st.lists, max_leaves=40))
def test_a_container_as_text_is_that_container(value):
    assert eval(display.plain(value)) == value


def test_a_long_container_takes_several_lines():
    assert max(map(len, display.plain(list(range(100))).splitlines())) <= display.WIDTH
    assert display.plain(np.arange(3)) == repr(np.arange(3))


def test_a_question_is_answered_with_a_value(events):
    cell.ask("nnbook.between", "between", json.dumps({"values": [1.0, 3.0], "place": 0.5}))
    assert events == [{"kind": "value", "value": 2.0}]


@pytest.mark.parametrize(
    "question, name",
    [
        (("nnbook.nothing", "f", "{}"), "ModuleNotFoundError"),
        (("nnbook.between", "nothing", "{}"), "AttributeError"),
        (("nnbook.between", "between", "{}"), "TypeError"),
    ],
)
def test_a_question_that_fails_says_why(events, question, name):
    cell.ask(*question)
    assert [(event["kind"], event["name"]) for event in events] == [("error", name)]


# ---- Explorers ----


@pytest.fixture
def wave(monkeypatch):
    monkeypatch.setenv("NNLIB_EXPLORERS", "live")

    def wave(ax, height):
        ax.plot([0, 1], [0, height], color="#123456")
        return f"It is {height} high."

    return explore.explore(wave, height=[1.0, 2.0, 4.0], start={"height": 2.0})


def test_a_live_explorer_draws_what_is_asked_for(wave):
    bundle = wave._repr_mimebundle_()[explore.MIME]
    assert set(bundle) == {"name", "card"} and "<nn-explorer" in bundle["card"]
    stored = explorer.frame(bundle["name"], [1])
    between = explorer.frame(bundle["name"], [1.5])
    assert stored["sentence"] == "It is 2.0 high." and stored["values"] == ["2.0"]
    assert between["sentence"] == "It is 2.83 high." and between["values"] == ["2.83"]
    assert stored["pictures"] != between["pictures"]
    assert set(between["colours"]) == {"--123456"}
    assert (stored["names"], between["names"], between["places"]) == (["2"], ["2.83"], [1.5])
    json.dumps(between)


def test_a_value_that_an_address_has_is_drawn(wave):
    frame = explorer.frame(wave.frames.name, ["2.83"])
    assert frame["sentence"] == "It is 2.83 high."
    assert frame["places"] == [pytest.approx(1.5, abs=0.002)]
    assert explorer.frame(wave.frames.name, ["99"])["sentence"] == "It is 4.0 high."


DEFAULTS = {
    "point": (0.25, 0.5),
    "points": np.array([[0.0, 0.5], [1.0, 1.0]]),
    "pixels": np.zeros((2, 3)),
}


@pytest.mark.parametrize("kind", DEFAULTS)
def test_what_is_dragged_is_where_the_reader_put_it(kind, monkeypatch):
    monkeypatch.setenv("NNLIB_EXPLORERS", "live")
    default, drawn = DEFAULTS[kind], []

    def touch(ax, height, what=default):
        drawn.append(what)
        ax.plot(np.ravel(what), color="#123456")
        return f"{np.sum(what):g}"

    shown = explore.explore(touch, height=[1, 2], drag="what")
    bundle = shown._repr_mimebundle_()[explore.MIME]
    drag = bundle["drag"]
    assert (drag["name"], drag["kind"]) == ("what", kind)
    assert drag["value"] == np.array(default).tolist()
    assert 'data-drag="what"' in bundle["card"]
    moved = (1 - np.array(default)).tolist()
    frame = explorer.frame(bundle["name"], [0], moved)
    assert type(drawn[-1]) is type(default)
    assert np.array_equal(drawn[-1], moved)
    assert frame["sentence"] == f"{np.sum(moved):g}"
    assert set(frame["axes"]) == {"box", "x", "y"}
    assert explorer.frame(bundle["name"], [0])["sentence"] == f"{np.sum(default):g}"
    json.dumps([bundle, frame])


def test_its_text_is_that_of_every_explorer(wave):
    assert repr(wave) == "Explorer(height: 3 values)"
