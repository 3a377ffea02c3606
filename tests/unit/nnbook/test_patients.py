"""The runs of the chapter "It doesn't learn": each is ill in its way, and mended by its cure."""

import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from nnbook.diagnosis import patients
from nnbook.diagnosis.figures import OWN, changed, draw_own
from nnbook.diagnosis.log import log
from nnbook.diagnosis.patients import PATIENTS, SHOWS, TRAINING, VALIDATION, broken, examine
from nnlib.train import History

NUMBERS = range(1, len(PATIENTS) + 1)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_patient_is_worse_than_the_mended_run(number):
    ill, well = broken(number).history, PATIENTS[number - 1].cured().history
    assert well.val_accuracy[-1] > 0.94
    assert ill.val_accuracy[-1] < 0.94 and ill.val_accuracy[-1] < well.val_accuracy[-1]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_reader_sees_no_more_than_asked_for(number):
    says = {}
    for show in SHOWS:
        axes = Figure().subplots(1, 2)
        patients.examine_axes(axes)
        before = len(axes[0].lines)
        says[show] = examine(axes, number, show)
        assert len(axes[0].lines) - before == (5 if show == SHOWS[-1] else 3)
    curves, test, cause = says.values()
    patient = PATIENTS[number - 1]
    assert patient.cause in cause and patient.cause not in curves + test
    assert "First test: " in test and "First test" not in curves
    assert curves.endswith("What is wrong, and what do you test first?")


def test_four_runs_look_alike_and_their_tests_tell_them_apart():
    losses = [broken(number).history.loss[-1] for number in (1, 3, 9)]
    assert np.ptp(losses) < 0.1 and abs(np.mean(losses) - np.log(10)) < 0.05
    tests = [PATIENTS[number - 1].test(broken(number)) for number in (1, 3, 9)]
    first, *_ = (re.findall(r"(\d+)%", test) for test in tests)
    assert int(first[0]) < 15
    assert "0 in the first layer, 0 in the last" in tests[1]
    assert float(re.search(r"is ([\d.]+)$", tests[2])[1]) < 1.7


def test_a_generator_that_shuffles_nothing():
    rng = patients.AsTheyStand(np.random.PCG64(0))
    assert rng.permutation(4).tolist() == [0, 1, 2, 3]


def test_data_of_the_runs():
    X, y = patients.by_class()
    assert np.all(np.diff(y) >= 0) and len(X) == len(TRAINING[0])
    assert sorted(patients.shuffled_apart()[1]) == sorted(TRAINING[1])
    assert len(patients.first_ones()[0]) == patients.FEW


@pytest.mark.parametrize("change", OWN)
def test_pictures_on_their_way(change):
    net, axes = patients.healthy().net, Figure().subplots(1, 2)
    says = draw_own(axes, net, *VALIDATION, change)
    right = int(re.search(r"(\d+)% are read right", says)[1])
    harmless = {"none", "bytes, 0 to 255", "grey paper", "paler ink"}
    assert (right > 90) == (change in harmless), says
    assert says.startswith(f"Change: {change}.")
    bars = [bar.get_height() for bar in axes[1].patches]
    assert sum(bars) == pytest.approx(1)


def test_changes_keep_the_number_of_pixels():
    X = VALIDATION[0]
    assert changed(X, "none").shape == X.shape
    assert np.array_equal(changed(X, "rows and columns swapped")[0].reshape(8, 8).T.ravel(), X[0])


def test_a_log(capsys):
    history = History(loss=[1.0, 0.5], accuracy=[0.1, 0.725], val_loss=[2, 3], val_accuracy=[0, 1])
    log(history)
    assert capsys.readouterr().out.splitlines() == [
        "epoch  1: loss 1.000, accuracy  10%; validation 2.000,   0%",
        "epoch  2: loss 0.500, accuracy  72%; validation 3.000, 100%",
    ]
    log(History(loss=[1.0, 0.5]), epochs=[2])
    assert capsys.readouterr().out == "epoch  2: loss 0.500\n"
