"""What can be dragged: what `explore` refuses, and where axes lie in their picture."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from matplotlib.figure import Figure

from nnbook.drag import Drag, axes_box
from nnbook.explore import explore
from nnbook.frames import Frames, book_style


def drawing(default):
    def draw(ax, w, start=default):
        ax.plot([0, 1], [0, w])
        return f"{w}"

    return draw


@pytest.mark.parametrize(
    ("default", "drag", "error", "message"),
    [
        ((0, 1), 3, TypeError, "drag must be the name of an argument of draw, got 3"),
        ((0, 1), "begin", ValueError, "drag names 'begin', which is no argument of draw with a"),
        ((0, 1), "ax", ValueError, "drag names 'ax', which is no argument of draw with a default"),
        ((0, 1), "w", ValueError, "drag names 'w', which is no argument"),
        ((0, 1, 2), "start", ValueError, "the default of start, which is dragged, must be a point"),
        ("ab", "start", ValueError, "must be a point"),
        (None, "start", ValueError, "must be a point"),
        ((0, np.nan), "start", ValueError, "must be a point"),
        ([], "start", ValueError, "must be a point"),
        ([[0, 1, 2]], "start", ValueError, "pixels from 0 to 1"),
    ],
)
def test_bad_input_gets_one_clear_sentence(default, drag, error, message):
    with pytest.raises(error, match=message) as caught:
        explore(drawing(default), w=[1, 2], drag=drag)
    assert "\n" not in str(caught.value)


def test_a_control_is_not_dragged():
    with pytest.raises(ValueError, match="w is a control: it cannot be dragged, too"):
        explore(lambda ax, w=(0, 1): "", w=[1, 2], drag="w")


@pytest.mark.parametrize(
    ("default", "kind"),
    [
        ((0, 1), "point"),
        (np.zeros(2), "point"),
        ([(0, 1), (2, 3), (4, 5)], "points"),
        (np.zeros((8, 2)), "points"),
        (np.eye(3), "pixels"),
    ],
)
def test_the_default_says_what_it_is(default, kind):
    drag = Drag(drawing(default), "start")
    assert drag.kind == kind
    assert np.array_equal(drag.argument(np.array(default).tolist()), default)


def test_where_no_python_runs_it_has_its_default(monkeypatch):
    draw = drawing((0.0, 1.0))
    plain = Frames(draw).frame(w=1)
    assert explore(draw, w=[1, 2], drag="start").frame(w=1)[1] == plain[1]
    monkeypatch.setenv("NNLIB_EXPLORERS", "page")
    card = explore(draw, w=[1, 2], drag="start").bundle()["card"]
    assert 'data-drag="start"' in card


def test_axes_that_are_not_linear_stop_the_build(monkeypatch):
    monkeypatch.setenv("NNLIB_EXPLORERS", "page")
    backdrop = lambda ax: ax.set(xlim=(1, 10), xscale="log")  # noqa: E731
    with pytest.raises(ValueError, match="needs linear axes in the first panel"):
        explore(drawing((1, 1)), backdrop=backdrop, w=[1, 2], drag="start")


ends = st.tuples(st.floats(-99, 99), st.floats(0.1, 99)).map(lambda t: (t[0], t[0] + t[1]))


@given(ends, ends, st.booleans(), st.floats(0, 1), st.floats(0, 1), st.booleans())
def test_a_point_lies_where_the_box_says(xlim, ylim, isDown, right, up, isEqual):
    """As the page computes it, against where Matplotlib draws."""
    with book_style():
        ax = Figure(figsize=(4, 3)).add_subplot()
        ax.set(xlim=xlim, ylim=ylim[::-1] if isDown else ylim)
        if isEqual:
            ax.set_aspect("equal", adjustable="box")
        ax.figure.dpi = 72
        ax.apply_aspect()
    place = axes_box(ax)
    left, top, width, height = place["box"]
    (x0, x1), (y0, y1) = place["x"], place["y"]
    x, y = x0 + right * (x1 - x0), y0 + up * (y1 - y0)
    drawn = ax.transData.transform((x, y))
    assert left + right * width == pytest.approx(drawn[0], abs=1e-6)
    assert top + (1 - up) * height == pytest.approx(72 * 3 - drawn[1], abs=1e-6)


def test_a_frames_axes_have_settled():
    def show(ax, w, ink=np.zeros((3, 4))):  # noqa: B008
        ax.imshow(ink + w / 4, cmap="Greys", vmin=0, vmax=1)
        return f"{w}"

    frames = Frames(show, size=(5, 3))
    frames.frame(w=1)
    place = axes_box(frames.axes[0])
    assert place["x"] == [-0.5, 3.5] and place["y"] == [2.5, -0.5]
    _, _, width, height = place["box"]
    assert width / height == pytest.approx(4 / 3)
