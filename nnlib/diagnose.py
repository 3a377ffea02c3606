"""It doesn't learn: where to look first.

`diagnose` makes the tests that one would make by hand, on copies of the network: it looks at the
data, at the signal on its way forwards and back, at the gradient, at some steps of the run, and at
whether twenty samples can be learned by heart. The tests themselves are in `nnlib.symptoms`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import _check
from .losses import Loss
from .network import Network
from .stepping import Optimizer
from .symptoms import STAGES, Case


@dataclass(frozen=True)
class Finding:
    """One thing that looks wrong: its name, and a sentence with the number that was seen."""

    name: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class Diagnosis:
    """What `diagnose` has found, the most likely cause first; empty if it has found nothing."""

    findings: tuple[Finding, ...]

    def __str__(self) -> str:
        if not self.findings:
            return (
                "Nothing stands out: data, signal, gradient and a first run look healthy. Not seen "
                "are your loop, schedule, split, evaluation and saving, how long it trains, how "
                "large it is, and whether the data can be learned."
            )
        return "\n".join(f"{k}. {finding}" for k, finding in enumerate(self.findings, 1))

    __repr__ = __str__

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(finding.name for finding in self.findings)


def diagnose(
    net: Network,
    loss: Loss,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    optimizer: Optimizer | None = None,
) -> Diagnosis:
    """Make the first tests of a network that doesn't learn, and say what they find.

    Parameters
    ----------
    net : Network
        At its start, or after training. It is left as it is.
    loss : function
        ``loss(pred, y) -> (float, dpred)``, from `nnlib.losses` or your own.
    X, y : arrays with N rows each
        The training data. They are read as a whole; networks are tried on some hundred rows.
    rng : numpy.random.Generator
        Chooses these rows.
    optimizer : Optimizer, optional
        With the learning rate of your run: then thirty of its steps are tried, and as many at
        rates from a hundredth to a thousand times as large.

    Returns
    -------
    Diagnosis
        Its text has a sentence for each finding, the most likely cause first.

    Raises
    ------
    ValueError, TypeError
        If there is no sample, X and y differ in length, or rng is no generator.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> net = Network([Linear(2, 8), Activation("relu"), Linear(8, 1)], rng=rng)
    >>> X, y = rng.normal(size=(99, 2)), np.ones(99, int)
    >>> diagnose(net, binary_cross_entropy, X, y, rng=rng)
    1. All 99 labels are 1: there is nothing to tell apart.
    """
    _check.generator(rng)
    _check.network(net)
    _check.function("loss", loss, "(pred, y) -> (value, gradient)")
    X, y = _check.numbers("X", X), np.asarray(y)
    _check.rows("X", X, "y", y)
    case = Case(net, loss, X, y, optimizer, rng)
    with np.errstate(all="ignore"):
        return Diagnosis(tuple(_first(case)))


def _first(case: Case) -> Iterator[Finding]:
    """The findings, stage by stage: once one has found a cause, later ones would only echo it."""
    for stage in STAGES:
        found = [Finding(test.__name__, sentence) for test in stage if (sentence := test(case))]
        yield from found
        if found:
            return
