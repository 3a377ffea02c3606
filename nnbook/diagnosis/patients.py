"""Ten runs that don't go as they should, each broken in one place, and the same runs mended.

All train the same small network on the library's digits. A `Patient` has the broken run, the test
that finds its cause, and the mended run; `examine` draws as much of it as a reader asks for.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from nnlib import schedules
from nnlib.data import digits, split
from nnlib.init import he_normal, zeros
from nnlib.layers import Dropout, Linear, ReLU, Softmax
from nnlib.losses import softmax_cross_entropy
from nnlib.network import Network
from nnlib.optim import SGD
from nnlib.train import History, evaluate, train

from .. import plots

EPOCHS, BATCH, FEW = 8, 32, 60
TOP = 3.6  # of the axis of losses; what is larger stays there
SHOWS = ["curves", "first test", "cause and cure"]
TRAINING, VALIDATION = split(*digits(), fractions=(0.8, 0.2), rng=np.random.default_rng(0))


class Run(NamedTuple):
    """What is left of a run: the loss of every step, the notes of every epoch, the network."""

    steps: list[float]
    history: History
    net: Network


class AsTheyStand(np.random.Generator):
    """A generator that shuffles nothing."""

    def permutation(self, n):
        return np.arange(n)


def run(
    data=TRAINING,
    *,
    validation=VALIDATION,
    hidden=(),
    last=(),
    init=he_normal,
    lr=0.1,
    rng=None,
    schedule=None,
    epochs=EPOCHS,
):
    """Train 64-32-10, with ``hidden`` layers after the activation and ``last`` ones at the end."""
    layers = [Linear(64, 32, init), ReLU(), *hidden, Linear(32, 10, init), *last]
    net, steps = Network(layers, rng=np.random.default_rng(0)), []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # or `train` would tell what readers are to find
        history = train(
            net,
            softmax_cross_entropy,
            *data,
            optimizer=SGD(lr=lr),
            epochs=epochs,
            batch_size=BATCH,
            rng=rng or np.random.default_rng(1),
            validation=validation,
            schedule=schedule,
            after_step=lambda t, loss: steps.append(loss),
        )
    return Run(steps, history, net)


@cache
def healthy():
    return run()


@dataclass(frozen=True)
class Patient:
    """A broken run and the mended one; ``test(run)`` says in a sentence what the test finds."""

    broken: Callable[[], Run]
    test: Callable[[Run], str]
    cause: str
    cured: Callable[[], Run] = healthy


# ---- The data of the broken runs ----


def shuffled_apart():
    X, y = TRAINING
    return X, np.random.default_rng(3).permutation(y)


def by_class():
    X, y = TRAINING
    rows = np.argsort(y, kind="stable")
    return X[rows], y[rows]


def first_ones():
    return tuple(part[:FEW] for part in TRAINING)


# ---- The first tests ----


def neighbours(_):
    """How often a digit and its nearest neighbour have the same label."""
    X, y = shuffled_apart()
    square = np.square(X).sum(axis=1)
    distance = square[:, None] + square - 2 * X @ X.T
    np.fill_diagonal(distance, np.inf)
    agree = np.mean(y[distance.argmin(axis=1)] == y)
    return f"the image most like a training image has the same label in {agree:.0%} of the cases"


def tenth_of_the_rate(_):
    end = run(lr=0.12, epochs=2).history.loss[-1]
    return f"with a tenth of the rate the loss of epoch 2 is {end:.2f}"


def hundredfold_rate(_):
    end = run(lr=0.05, epochs=2).history.loss[-1]
    return f"with a hundred times the rate the loss of epoch 2 is {end:.2f}"


def layer_gradients(found):
    found.net.value_and_grad(softmax_cross_entropy, *TRAINING)
    first, last = (np.abs(found.net.layers[k].dW).max() for k in (0, -1))
    return (
        f"the largest gradient of a weight is {first:.1g} in the first layer, {last:.1g} in the "
        "last one"
    )


def labels_of_batches(_):
    _, y = by_class()
    counts = [len(set(y[k : k + BATCH].tolist())) for k in range(0, len(y), BATCH)]
    return f"a batch of {BATCH} has {np.mean(counts):.1f} different labels on average"


def training_data_in_inference(found):
    loss, accuracy = evaluate(found.net, softmax_cross_entropy, *TRAINING)
    return f"evaluated as the validation data are, training data have {loss:.2f}, {accuracy:.0%}"


def few_in_inference(found):
    loss, accuracy = evaluate(found.net, softmax_cross_entropy, *first_ones())
    return f"evaluated as the validation data are, training data have {loss:.2f}, {accuracy:.0%}"


def means(_):
    return (
        f"the inputs' mean is {TRAINING[0].mean():.2f} in training and "
        f"{1 - VALIDATION[0].mean():.2f} in validation data"
    )


def sums_of_outputs(found):
    outputs = found.net.forward(VALIDATION[0])
    return (
        f"what the network hands to the loss lies between {outputs.min():.1f} and "
        f"{outputs.max():.1f}, and each row sums to {outputs.sum(axis=1).mean():.1f}"
    )


def rates(found):
    return f"the learning rate is {found.history.lr[0]:.1g} at the end of the first epoch"


PATIENTS = [
    Patient(
        lambda: run(shuffled_apart()),
        neighbours,
        "images and labels were shuffled by two calls; one permutation moves both",
    ),
    Patient(
        lambda: run(lr=1.2),
        tenth_of_the_rate,
        "the learning rate is too large; here divided by 12",
    ),
    Patient(
        lambda: run(init=zeros),
        layer_gradients,
        "all weights began at 0, and the units never differ; draw them at random",
    ),
    Patient(
        lambda: run(by_class(), rng=AsTheyStand(np.random.PCG64(0))),
        labels_of_batches,
        "the file is sorted by class, and nobody shuffles; a new order for each epoch",
    ),
    Patient(
        lambda: run(hidden=[Dropout(0.5, np.random.default_rng(2))]),
        training_data_in_inference,
        "dropout makes training harder than the validation; without it, both are alike",
    ),
    Patient(
        lambda: run(first_ones(), epochs=20 * EPOCHS),
        few_in_inference,
        f"{FEW} digits are learned by heart; all the others belong to the training data, too",
    ),
    Patient(
        lambda: run(validation=(1 - VALIDATION[0], VALIDATION[1])),
        means,
        "validation images have white ink on black; prepare all data by one function",
    ),
    Patient(
        lambda: run(last=[Softmax()]),
        sums_of_outputs,
        "the network ends in a softmax, and the loss has another; leave the layer out",
    ),
    Patient(
        lambda: run(lr=0.0005),
        hundredfold_rate,
        "the learning rate is too small; here 200 times as large",
    ),
    Patient(
        lambda: run(schedule=schedules.step_decay(0.1, every=5)),
        rates,
        "a rate that was to be halved every 5 epochs is halved every 5 steps",
    ),
]


@cache
def broken(number):
    return PATIENTS[number - 1].broken()


def examine_axes(axes):
    """Loss on the left with that of guessing, accuracy on the right, over the share of the run."""
    axes[0].set(xlim=(0, 1), ylim=(0, TOP), xlabel="share of the run", ylabel="loss")
    axes[0].axhline(np.log(10), ls=":", color="#777777")
    axes[1].set(xlim=(0, 1), ylim=(0, 1.03), xlabel="share of the run", ylabel="accuracy")
    plots.label(axes[0], "training", (0.35, 0.94 * TOP), color=plots.BLUE)
    plots.label(axes[0], "validation", (0.65, 0.94 * TOP), color=plots.ORANGE)


def draw_run(axes, found, style="-", marks=True):
    """The curves of a run: the loss of its steps as dots, what epochs note as lines.

    Validation has a mark at each epoch.
    """
    history, steps = found.history, np.clip(found.steps, 0, TOP)
    if marks:
        x = (np.arange(len(steps)) + 0.5) / len(steps)
        axes[0].plot(x, steps, ".", ms=2, color=plots.SKY)
    ends = (1 + np.arange(len(history.loss))) / len(history.loss)
    for ax, training, validation in [
        (axes[0], history.loss, history.val_loss),
        (axes[1], history.accuracy, history.val_accuracy),
    ]:
        ax.plot(ends, np.clip(training, 0, TOP), style, color=plots.BLUE)
        ax.plot(ends, np.clip(validation, 0, TOP), f"o{style}", ms=4, color=plots.ORANGE)


def examine(axes, number, show):
    """One patient: its curves, then what a first test finds, then the cause and the mended run."""
    patient, found = PATIENTS[number - 1], broken(number)
    draw_run(axes, found)
    history = found.history
    says = (
        f"Run {number}: training loss {history.loss[0]:.2f} in the first epoch and "
        f"{history.loss[-1]:.2f} in the last; then {history.accuracy[-1]:.0%} right in training, "
        f"{history.val_accuracy[-1]:.0%} in validation."
    )
    if show == SHOWS[0]:
        return f"{says} What is wrong, and what do you test first?"
    if show == SHOWS[1]:
        return f"{says} First test: {patient.test(found)}."
    cured = patient.cured()
    draw_run(axes, cured, "--", marks=False)
    return (
        f"Run {number}: {patient.cause}. Dashed: mended, with {cured.history.val_accuracy[-1]:.0%} "
        "right in validation."
    )
