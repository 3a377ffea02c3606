"""What the playground's page says of its experiments is true of them, and its links lead there."""

import json
import re
from pathlib import Path
from statistics import median
from types import SimpleNamespace

import pytest
from bookbuild import playground
from bookbuild.mistakes import slug

from nnbook.playground import setting as settings
from nnbook.playground.session import Session
from nnbook.playground.still import still

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "playground.md").read_text(encoding="utf-8")
LINKS = re.findall(r'href="#playground\?([^"]+)"', PAGE)
RING, SIGMOIDS, HIGH_RATE, NOISY, PENALIZED, ONE_LAYER, THREE_LAYERS = LINKS
GUESSING = 0.69  # what the page says that it costs, rounded


def run(query, epochs, **changes):
    session = Session(settings.with_changes(settings.from_query(query), changes))
    session.step(epochs)
    return session.history


@pytest.mark.parametrize("query", LINKS)
def test_links_to_settings_are_written_as_the_page_writes_them(query):
    assert settings.to_query(settings.from_query(query)) == query


def test_links_lead_to_sections_that_are_there():
    links = re.findall(r"\]\((chapters/\w+\.ipynb)#([\w-]+)\)", PAGE)
    assert len(links) == 5
    for notebook, anchor in links:
        cells = json.loads((ROOT / notebook).read_text(encoding="utf-8"))["cells"]
        text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        assert anchor in map(slug, re.findall(r"^#{2,3} (.*)$", text, re.M)), anchor


def test_a_ring_needs_three_units():
    right = [run(RING, 200, width=width).accuracy[-1] for width in (1, 2, 3)]
    assert right[0] < 0.75 and right[1] < 0.9 and right[2] > 0.95


def test_four_layers_of_sigmoids_stay_long_at_guessing_and_of_tanh_do_not():
    sigmoids, tanh = run(SIGMOIDS, 50), run(SIGMOIDS, 50, activation="tanh")
    assert min(sigmoids.loss) > GUESSING - 0.01 and tanh.loss[9] < 0.4


def test_the_high_rate_finds_no_rest_and_a_tenth_of_it_does():
    high = run(HIGH_RATE, 100).loss
    assert median(high) > GUESSING and max(high[50:]) > 1.5 * min(high[50:])
    assert settings.from_query(HIGH_RATE)["lr"] == 100 * settings.start()["lr"]
    low = run(HIGH_RATE, 150, lr=3).loss
    assert max(low[100:]) < 0.1


def test_the_validation_loss_turns_and_the_penalty_keeps_it_low():
    bare, penalized = run(NOISY, 400), run(PENALIZED, 400)
    assert bare.loss[-1] < 0.1 and bare.val_loss[-1] > 2 * min(bare.val_loss)
    assert penalized.val_loss[-1] < bare.val_loss[-1] / 2
    assert settings.from_query(NOISY)["n"] / 2 == 25


@pytest.mark.slow
def test_three_layers_are_better_for_the_spirals_but_not_for_every_seed():
    last = {
        (query, seed): run(query, 400, seed=seed).val_loss[-1]
        for query in (ONE_LAYER, THREE_LAYERS)
        for seed in (0, 2)
    }
    assert last[THREE_LAYERS, 0] < last[ONE_LAYER, 0] / 1.5
    assert last[THREE_LAYERS, 2] > last[ONE_LAYER, 2]


def test_the_build_puts_the_picture_into_the_page_and_into_no_other():
    page, other = [PAGE], [PAGE]
    playground.draw(None, "playground", page)
    playground.draw(None, "intro", other)
    assert still() in page[0] and playground.PLACE not in page[0] and other == [PAGE]
    outdated = playground.read_anew(None, SimpleNamespace(found_docs={"playground"}), 0, 0, 0)
    assert outdated == {"playground"}


def test_the_still_picture_is_small_and_in_the_pages_colours():
    picture = still()
    assert len(picture) < 30_000
    assert "var(--f-1)" in picture and not re.search(r"(fill|stroke):#", picture)
    assert "60 epochs" in picture and "in 60 epochs" in PAGE
