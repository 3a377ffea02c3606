"""What the page *Draw a digit* is told: by the committed network, on its own example images."""

import base64
import json

import numpy as np
import pytest

from experiments.record import load
from nnbook import digit

EXAMPLES = load("digit")["examples"]


def pixels(text, dtype=np.uint8):
    return np.frombuffer(base64.b64decode(text), dtype)


def packed(values):
    return base64.b64encode(np.asarray(values, np.uint8).tobytes()).decode()


@pytest.fixture(scope="module")
def pictures():
    return [example["picture"] for example in digit.examples()]


def test_examples_are_those_of_the_record(pictures):
    names = [digit._a(e["label"]) for e in EXAMPLES]
    names[-3:] = [f"{name} that it misreads" for name in names[-3:]]
    assert [e["name"] for e in digit.examples()] == names
    assert [len(pixels(picture)) for picture in pictures] == [784] * len(EXAMPLES)


@pytest.mark.parametrize("k", range(len(EXAMPLES)))
def test_examples_are_read_as_recorded(pictures, k):
    reading = digit.read(pictures[k])
    np.testing.assert_allclose(reading["probabilities"], EXAMPLES[k]["probabilities"], atol=1e-3)
    assert f"It reads {digit._a(EXAMPLES[k]['predicted'])}, with" in reading["says"]
    assert reading["picture"] == pictures[k]
    assert json.loads(json.dumps(reading)) == reading


def test_an_example_drawn_large_is_seen_as_it_is(pictures):
    for picture in pictures:
        large = np.kron(pixels(picture).reshape(28, 28), np.ones((10, 10)))
        assert digit.seen(packed(large)) == picture
        assert digit.seen(packed(large), centre=False) == picture


def test_a_small_digit_in_a_corner_is_seen_small_unless_it_is_centred(pictures):
    sheet = np.zeros((280, 280))
    sheet[:84, :84] = np.kron(pixels(pictures[3]).reshape(28, 28), np.ones((3, 3)))
    assert digit.seen(packed(sheet)) == pictures[3]
    small = pixels(digit.seen(packed(sheet), centre=False)).reshape(28, 28)
    assert small[:9, :9].any() and not small[9:].any() and not small[:, 9:].any()


def test_nothing_drawn_is_nothing_seen():
    assert digit.seen(packed(np.zeros((280, 280)))) is None


def test_a_picture_is_square():
    with pytest.raises(ValueError, match="a picture must be a square of bytes, got 785"):
        digit.read(packed(np.zeros(785)))


def test_each_slider_changes_the_picture_and_the_reading(pictures):
    plain = digit.read(pictures[4])
    for change in ({"right": 3}, {"turn": 30}, {"thicker": 1}, {"thicker": -0.5}):
        reading = digit.read(pictures[4], **change)
        assert reading["picture"] != plain["picture"]
        assert reading["probabilities"] != plain["probabilities"]
    shifted = pixels(digit.read(pictures[4], right=3)["picture"]).reshape(28, 28)
    np.testing.assert_array_equal(shifted[:, 3:], pixels(pictures[4]).reshape(28, 28)[:, :-3])


def test_strokes_are_thickened_before_they_leave_the_picture(pictures):
    gone = digit.read(pictures[1], right=28, thicker=1)
    assert not pixels(gone["picture"]).any()
    assert gone["says"] == "No ink is left, and still it has an answer."
    assert sum(gone["probabilities"]) == pytest.approx(1)


def test_units_are_the_most_active_of_the_first_layer(pictures):
    net, learned = digit.network()
    units = digit.read(pictures[5])["units"]
    hidden = np.maximum(
        pixels(pictures[5]) / 255 @ net.layers[0].W + net.layers[0].b, 0
    )  # (600,), by hand
    assert [u["number"] for u in units] == np.argsort(-hidden)[: digit.UNITS].tolist()
    for u in units:
        assert u["output"] == pytest.approx(hidden[u["number"]], rel=1e-4)
        to_five = net.layers[2].W[u["number"], 5]
        assert u["adds"] == pytest.approx(u["output"] * to_five, rel=1e-4)
        weights = learned[:, u["number"]]
        shown = pixels(u["weights"], np.int8)
        assert np.abs(shown).max() == 127
        np.testing.assert_allclose(shown, 127 * weights / np.abs(weights).max(), atol=0.51)


def test_what_is_learned_is_nothing_where_there_never_was_ink():
    """In the corners weights are what is left of the random start, up to the rounding to 8 bits."""
    learned = digit.network()[1].reshape(28, 28, 600)
    corners = learned[:2, :4]
    assert np.abs(corners).max() <= 0.51 * digit.contents()["scale0"].max()
    assert learned[8:20, 8:20].std() > 5 * corners.std()


def test_what_a_reader_hears_who_says_that_it_is_wrong(pictures):
    [k] = [k for k, e in enumerate(EXAMPLES) if (e["label"], e["predicted"]) == (4, 9)]
    p, C = digit.read(pictures[k])["probabilities"], digit.contents()["confusion"]
    assert digit.wrong(p, 4) == (
        f"Your 4 has {100 * p[4]:.1f} %, place 2 of 10. Of the {C[4].sum()} 4s among MNIST's test "
        f"images it reads {C[4].sum() - C[4, 4]} wrong, {C[4, 9]} of them as a 9."
    )
    assert digit.wrong(p, 9) == "So it is right: it reads a 9."


@pytest.mark.parametrize(
    ("p", "words"),
    [(0.0004, "less than 0.1 %"), (0.5, "50.0 %"), (0.98234, "98.2 %"), (1, "more than 99.9 %")],
)
def test_the_ends_of_probability_are_never_reached(p, words):
    assert digit.percent(p) == words
