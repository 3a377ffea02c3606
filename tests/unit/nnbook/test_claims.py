import json
from contextlib import redirect_stdout
from io import StringIO

import numpy as np
import pytest
from bookbuild.claims import claims, printed_claims
from hypothesis import assume, given
from hypothesis import strategies as st

from nnbook.claims import WIDTH, ClaimFails, claim, effect, needed, without_untested

GOOD = np.array([2.0, 3.0, 2.5, 3.5, 4.0])
FRAME = {"over": "seeds", "budget": "800 steps", "tuned": "both have the same rate."}


def says(capsys, sentence="A is better.", **evidence):
    claim(sentence, **(FRAME | evidence))
    return capsys.readouterr().out


def test_a_difference(capsys):
    tuned = {"A, lr": (0.1, [0.01, 0.1, 1]), "B, lr": (0.03, [0.1, 0.03, 0.01])}
    assert says(capsys, gain=GOOD, unit="points", tuned=tuned) == (
        "Claim: A is better.\n"
        "  +3.00 ± 0.35 points over 5 seeds; 800 steps\n"
        "  tuned: A, lr 0.1 (of 0.01, 0.1, 1); B, lr 0.03 (of 0.01, 0.03, 0.1)\n"
    )


def test_a_factor_is_averaged_by_its_logarithm(capsys):
    text = says(capsys, factor=[90, 110, 100, 95, 105 * 110 / 100 * 100 / 105])
    middle = np.exp(np.log([90, 110, 100, 95, 110]).mean())
    assert f"  {float(f'{middle:.2g}'):g} times (" in text
    assert says(capsys, factor=[200.0] * 5).splitlines()[1].startswith("  200 times (200 to 200)")
    narrow = says(capsys, factor=[3.99, 4.01, 4, 4.005, 3.995]).splitlines()[1]
    assert narrow.startswith("  4 times (3.99 to 4.01) over 5 seeds")
    assert "1,600 times" in says(capsys, factor=[1600.0] * 5)


def test_no_difference_names_its_limit(capsys):
    text = says(capsys, gain=[0.1, -0.1, 0.2, -0.2, 1e-9], within=0.5, unit="points")
    assert "+0.000 ± 0.071 points, within 0.5 over" in text
    assert "within 0.5 over 5 seeds" in text
    alike = [1.1, 0.9, 1, 1.05, 0.95]
    assert "1 times (0.9 to 1.1), within 1.2 over" in says(capsys, factor=alike, within=1.2)
    with pytest.raises(ClaimFails, match="not within 1.08"):
        claim("They are alike.", factor=alike, within=1.08, **FRAME)
    with pytest.raises(ClaimFails, match="not within 0.1"):
        claim("They are alike.", gain=[0.1, -0.1, 0.2, -0.2, 1e-9], within=0.1, **FRAME)
    with pytest.raises(ClaimFails, match="not within"):
        claim("They are alike.", gain=-GOOD, within=1, **FRAME)


@pytest.mark.parametrize("gain", [-GOOD, GOOD - 2.3, np.zeros(5), [5, -1, 0, 1, 0]])
def test_weak_evidence_stops(gain):
    with pytest.raises(ClaimFails, match=r"A is better\. Found: .* That may be chance"):
        claim("A is better.", gain=gain, **FRAME)


def test_of_a_long_grid_the_ends_are_printed(capsys):
    grid = 10.0 ** (np.arange(-20, 13) / 4)
    text = says(capsys, gain=GOOD, tuned={"A, lr": (grid[9], grid)})
    assert text.endswith("  tuned: A, lr 0.00178 (of 33 from 1e-05 to 1e+03)\n")


@pytest.mark.parametrize("best", [0.01, 1])
def test_the_end_of_a_grid_stops(best):
    with pytest.raises(ClaimFails, match="A, lr is at the end of its grid"):
        claim("A is better.", gain=GOOD, **(FRAME | {"tuned": {"A, lr": (best, [1, 0.1, 0.01])}}))


def test_zero_is_no_end(capsys):
    assert "p 0 (of" in says(capsys, gain=GOOD, tuned={"p": (0, [0, 0.1, 0.2])})


@pytest.mark.parametrize(
    ("evidence", "message"),
    [
        ({"gain": GOOD[:4]}, "at least 5 repetitions, got 4"),
        ({"gain": [1, 2, 3, 4, np.nan]}, "finite"),
        ({"gain": [[1, 1], [1, 1], [1, 2], [1, 3], [np.nan] * 2]}, "each repetition"),
        ({"factor": [1, 2, 3, 4, np.inf]}, "finite"),
        ({"factor": [1, 2, 3, 4, 0]}, "positive"),
        ({}, "either gain or factor"),
        ({"gain": GOOD, "factor": GOOD}, "either gain or factor"),
        ({"gain": GOOD, "tuned": {"lr": (0.2, [0.1, 0.3, 1])}}, "must be one of"),
        ({"gain": GOOD, "tuned": {"lr": (0.2, [0.1, 0.2])}}, "three values"),
        ({"gain": np.ones((5, 3))}, "zip"),
    ],
)
def test_wrong_arguments(evidence, message):
    with pytest.raises(ValueError, match=message):
        claim("A is better.", **(FRAME | evidence))


def test_shared_images_count(capsys):
    """Seeds alone would say ± 0; the images say how much luck is in their choice."""
    images = np.zeros(100)
    images[:9] = 100
    gain = np.tile(images, (5, 1))
    mean, error = effect(gain)
    assert mean == pytest.approx(9)
    assert error == pytest.approx(images.std(ddof=1) / 10)
    assert "+9.0 ± 2.9 points over 5 seeds × 100 test images" in says(
        capsys, gain=gain, unit="points", over="seeds × test images"
    )


def test_images_that_no_repetition_has_tested_are_left_out(capsys):
    rng = np.random.default_rng(0)
    gain = rng.normal(size=(6, 40))
    gain[:, 30:] = np.nan
    gain[1:, 0] = np.nan  # one repetition has tested it
    assert np.array_equal(without_untested(gain), gain[:, :30], equal_nan=True)
    over = {"over": "seeds × images"}
    assert says(capsys, gain=9 + gain, **over) == says(capsys, gain=9 + gain[:, :30], **over)
    assert "over 6 seeds × 30 images" in says(capsys, gain=9 + gain, **over)


def test_student():
    """The quantiles of the tables (97.5 %), and never fewer than two."""
    exact = {5: 2.776, 6: 2.571, 8: 2.365, 10: 2.262, 16: 2.131, 30: 2.045}
    for n, t in exact.items():
        assert needed(n) == pytest.approx(t, abs=0.01)
    assert needed(10_000) == 2


def test_chance_alone_is_seldom_claimed(capsys):
    """Of nothing but noise at most 2.5 % pass, whether repetitions share their images or not."""
    rng = np.random.default_rng(1)

    def passes(gain, over):
        try:
            claim("Nothing is better.", gain=gain, **(FRAME | {"over": over}))
        except ClaimFails:
            return False
        return True

    noise = [passes(rng.normal(size=6), "seeds") for _ in range(4000)]
    assert 0.015 < np.mean(noise) < 0.033
    shared = [
        passes(
            rng.normal(size=(6, 1)) + 4 * rng.normal(size=30) + rng.normal(size=(6, 30)),
            "seeds × images",
        )
        for _ in range(2000)
    ]
    assert np.mean(shared) < 0.033


@given(
    st.lists(st.integers(-100, 100), min_size=5, max_size=12),
    st.floats(0.01, 100),
    st.text("ab ,;.", min_size=1, max_size=300),
)
def test_what_is_printed_is_read_back(gain, scale, text):
    """In any unit; sentence and evidence come back whole, and no line is wider than a page."""
    sentence = " ".join(text.split())
    assume(sentence)
    gain = scale * np.array(gain)
    with redirect_stdout(StringIO()) as out:
        print("something before")
        claim(sentence, gain=gain, within=1e9, **FRAME)
        print("something after")
        claim("Another.", gain=GOOD, **FRAME)
    assert max(map(len, out.getvalue().splitlines())) <= WIDTH
    (first, evidence), (second, _) = printed_claims(out.getvalue())
    assert (first, second) == (sentence, "Another.")
    assert len(evidence) == 2 and evidence[1] == "not tuned: both have the same rate."
    mean, error = (s.replace("−", "-") for s in evidence[0].split(", ")[0].split(" ± "))
    assert float(mean) == pytest.approx(gain.mean(), abs=max(0.06 * float(error), 0.006))


def test_a_chapter_is_collected(tmp_path):
    """With its title, and the section each claim stands in; comments in code are no headings."""
    cells = [
        {"cell_type": "markdown", "source": ["# A title\n"]},
        {"cell_type": "markdown", "source": ["## First\n", "```\n", "# no heading\n", "```\n"]},
        {"cell_type": "code", "outputs": [{"text": ["Claim: A.\n", "  +1 ± 0.1 over\n"]}]},
        {
            "cell_type": "code",
            "outputs": [{"data": {"text/plain": "Claim: B."}}, {"text": ["1\n"]}],
        },
    ]
    path = tmp_path / "x.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    assert claims(path) == ("A title", [("First", "A.", ["+1 ± 0.1 over"])])
