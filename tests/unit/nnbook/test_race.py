"""The race of the chapter on optimizers: many walkers at once, judged in blocks."""

import numpy as np
import pytest

from nnbook.claims import ClaimFails
from nnbook.optimizers import race as module
from nnbook.optimizers.race import (
    ALL,
    BLOCK,
    BY_NAME,
    GOAL,
    GRID,
    PLACES,
    STAY,
    best_rate,
    claim_more_steps,
    race,
    rounded,
    tuned,
)
from nnlib import optim
from nnlib.descend import descend
from nnlib.landscapes import himmelblau, quadratic, rosenbrock, saddle
from nnlib.optim import SGD, Adam, Lion, Momentum
from nnlib.stepping import Optimizer

BOWL = quadratic(condition=10)


def one_by_one(make, place, start, rate, steps=2000):
    """The same count for a single walker, from its whole path."""
    path = descend(place, make(lr=rate), start, steps + STAY)
    there = np.abs(path.values - place.minimum) < GOAL
    for t in range(steps + 1):
        if there[t : t + STAY + 1].sum() == STAY + 1:
            return t
    return -1


@pytest.mark.parametrize("make", [SGD, Momentum, Adam, Lion])
@pytest.mark.parametrize("place", [BOWL, himmelblau, rosenbrock])
def test_many_walkers_are_single_walkers(make, place):
    starts, rates = [(1.0, 0.5), (-0.5, 1.5)], np.array([0.001, 0.01, 0.03])
    arrived = race(make(lr=1.0), place, starts, rates=rates, steps=2000, all_rates=True)
    expected = [[one_by_one(make, place, start, rate) for start in starts] for rate in rates]
    assert arrived.tolist() == expected


def test_arrivals_do_not_depend_on_the_blocks(monkeypatch):
    starts, rates = [(1.0, 0.5), (-0.5, 1.5)], np.array([0.001, 0.01, 0.05])
    found = []
    for block in (BLOCK, 7, 1000):
        monkeypatch.setattr(module, "BLOCK", block)
        found.append(race(Momentum(lr=1.0), BOWL, starts, rates=rates, all_rates=True))
    assert (found[0] > BLOCK).any()
    assert (found[0] == found[1]).all() and (found[0] == found[2]).all()


def test_it_ends_when_one_rate_has_all_its_walkers_home():
    arrived = race(SGD(lr=1.0), BOWL, [(1.0, 0.5), (2.0, 1.0)], rates=np.array([1e-5, 0.1]))
    assert (arrived[0] == -1).all() and (arrived[1] > 0).all()


def test_who_comes_too_late_or_leaves_the_map_is_out():
    start, rates = [(1.0, 0.5)], np.array([0.01])
    count = race(SGD(lr=1.0), BOWL, start, rates=rates)[0, 0]
    assert race(SGD(lr=1.0), BOWL, start, rates=rates, steps=count)[0, 0] == count
    assert race(SGD(lr=1.0), BOWL, start, rates=rates, steps=count - 1)[0, 0] == -1
    # from outside it would arrive, were it not out from the beginning
    assert race(SGD(lr=1.0), BOWL, [(5.0, 0.0)], rates=np.array([0.1]), steps=500) == -1


def test_a_walker_that_starts_at_the_goal_needs_no_step():
    assert race(SGD(lr=1.0), BOWL, [(0.0, 0.0)], rates=np.array([0.01]), steps=300) == 0


def test_on_the_saddle_no_step_may_be_long():
    start, rates = [(-1.5, 0.001)], np.array([0.1, 0.3, 10.0])
    arrived = race(SGD(lr=1.0), saddle, start, rates=rates, steps=500, all_rates=True)[:, 0]
    path = descend(saddle, SGD(lr=0.1), start[0], 100)
    assert arrived.tolist() == [np.argmax(path.values < -1), -1, -1]  # 0.3: its first step is 0.9


def test_the_best_rate_is_that_of_the_slowest_walker():
    starts = [(0.0, 0.0), (-0.5, 1.5)]  # the first one is there already
    rate, steps = best_rate(SGD, BOWL, starts)
    arrived = race(SGD(lr=1.0), BOWL, starts, all_rates=True)
    home = (arrived >= 0).all(axis=1)
    assert steps.max() == arrived[home].max(axis=1).min()
    assert (steps == arrived[GRID.searchsorted(rate)]).all()
    assert best_rate(SGD, BOWL, [(3.9, 3.9), (9.0, 0.0)]) == (None, None)  # starts outside


def test_a_claim_names_both_rates(capsys):
    bowl = quadratic(condition=100)
    starts = np.random.default_rng(0).uniform(0.5, 1.5, (6, 2))
    claim_more_steps("A is slower.", SGD, Momentum, bowl, starts)
    sentence, effect, *tuned = capsys.readouterr().out.splitlines()
    assert sentence == "Claim: A is slower." and "over 6 starts; until f − f* < 0.0001" in effect
    line = " ".join(" ".join(tuned).split())
    for make in (SGD, Momentum):
        assert f"{make.__name__}, lr {best_rate(make, bowl, starts)[0]:.3g} (" in line
    with pytest.raises(ClaimFails, match="B is slower"):
        claim_more_steps("B is slower.", Momentum, SGD, bowl, starts)


def test_every_optimizer_of_the_library_takes_part_once():
    kinds = [kind for kind in vars(optim).values() if isinstance(kind, type)]
    assert set(ALL) == {k for k in kinds if issubclass(k, Optimizer) and k is not Optimizer}
    assert len(ALL) == len(BY_NAME) and BY_NAME["Lion"] is Lion


def test_the_tuned_rate_is_that_of_the_slowest_of_three_near_starts():
    lr, steps = tuned(SGD, "Himmelblau")
    place, start = PLACES["Himmelblau"]
    arrived = race(
        SGD(lr=1.0), place, np.add(start, [[0, 0], [0.01, 0], [0, 0.01]]), all_rates=True
    )
    slowest = np.where((arrived < 0).any(axis=1), 10**9, arrived.max(axis=1))
    assert lr == GRID[slowest.argmin()] and steps == arrived[slowest.argmin(), 0]
    assert tuned(SGD, "Himmelblau") is tuned(SGD, "Himmelblau"), "raced once only"


def test_near_starts_on_the_saddle_stay_on_their_side_of_the_ridge(monkeypatch):
    seen = []
    monkeypatch.setattr(
        module, "best_rate", lambda make, place, starts: seen.append(starts) or (None,) * 2
    )
    assert tuned.__wrapped__(SGD, "saddle") == (None, None)
    assert (seen[0][:, 1] > 0).all() and np.ptp(seen[0], axis=0).max() < 0.001


@pytest.mark.parametrize(
    ("steps", "words"),
    [(7, "7"), (999, "999"), (1049, "1,000"), (17_499, "17,000"), (None, "not within 20,000")],
)
def test_long_counts_have_two_digits(steps, words):
    assert rounded(steps) == words
