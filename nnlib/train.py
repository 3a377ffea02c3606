"""Training: batch after batch, epoch after epoch, and notes on how it went."""

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from . import _check
from ._check import count, finite, function, generator, numbers, positive, shown
from .clipping import shorten
from .losses import Loss, huber, mae, mse
from .network import Network, Penalty
from .pitfalls import bare, lonely_sample, pitfalls
from .schedules import Schedule, rates_kept, set_rate
from .stepping import Optimizer, fresh, going_on, rate_in_words

Arrays = tuple[npt.ArrayLike, npt.ArrayLike]
HELP = 'see the chapter "It doesn\'t learn"'


@dataclass
class History:
    """What `train` noted. The lists have one entry per epoch; labels are needed for accuracies.

    An epoch in which the run diverged has a loss, and no validation.

    ``loss`` and ``accuracy`` are taken while training: means over the epoch's batches, of a network
    that still changes, with dropout at work. ``val_loss`` and ``val_accuracy`` are those of the
    network at the epoch's end. Losses are without the penalty, so that they can be compared.
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    val_accuracy: list[float] = field(default_factory=list)
    lr: list[float | np.ndarray] = field(default_factory=list)  # of the epoch's last step
    steps: int = 0
    best_epoch: int | None = None  # index of the lowest val_loss
    diverged: bool = False
    stopped: str = ""  # how it ended, in a sentence

    def __repr__(self) -> str:
        notes = [
            f"{name} {values[-1]:.4f}"
            for name, values in vars(self).items()
            if isinstance(values, list) and values and name != "lr"
        ]
        return f"History({self.stopped}: {', '.join(notes)})"


def minibatches(
    X: npt.ArrayLike, y: npt.ArrayLike, batch_size: int, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Deal the samples into random batches; one pass over them all is an epoch.

    One permutation moves X and y together. The last batch holds what is left over, and may be
    smaller. Batches are copies.

    Parameters
    ----------
    X, y : arrays with N >= 1 rows each
    batch_size : int >= 1
    rng : numpy.random.Generator

    Yields
    ------
    X_batch, y_batch : arrays with batch_size rows

    Raises
    ------
    ValueError
        If there are no rows, or not as many in X as in y, or batch_size is not an int >= 1.
    """
    X, y = np.asarray(X), np.asarray(y)
    _check.rows("X", X, "y", y)
    order, batch_size = generator(rng).permutation(len(X)), count("batch_size", batch_size)
    batches = (order[i : i + batch_size] for i in range(0, len(X), batch_size))
    return ((X.take(rows, axis=0), y.take(rows, axis=0)) for rows in batches)


def evaluate(
    net: Network, loss: Loss, X: npt.ArrayLike, y: npt.ArrayLike
) -> tuple[float, float | None]:
    """The mean loss of a network on some data, and its accuracy if y holds labels (else None).

    Integer targets (N,) are taken as labels: classes 0 … K - 1 for K logits; for one logit 0 and 1,
    or -1 and 1, also as booleans and as (N, 1). One-hot rows, also of integers, and floats are not.
    With ``mse``, ``mae`` and ``huber`` integers are numbers to be met, unless the network ends in a
    sigmoid.
    """
    _check_network_and_loss(net, loss)
    X, y = _data(net, X, y, "X", "y")
    notes = _Notes(net, loss, y)
    for i in range(0, len(X), 1000):  # a piece at a time: activations take memory
        with _quiet():
            notes(net.forward(X[i : i + 1000]), y[i : i + 1000])
    return notes.loss, notes.accuracy


def train(
    net: Network,
    loss: Loss,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    validation: Arrays | None = None,
    schedule: Schedule | None = None,
    penalty: Penalty | None = None,
    max_norm: float | None = None,
    early_stopping: int | None = None,
    progress: bool = False,
    after_step: Callable[[int, float], object] | None = None,
    resume: History | None = None,
) -> History:
    """Fit a network to data.

    For each batch: forward, loss, backward, one step of the optimizer. After each epoch: the loss
    on the validation data.

    Parameters
    ----------
    net : Network
        Trained in place, from the parameters it has.
    loss : function
        ``loss(pred, y) -> (float, dpred)``, from `nnlib.losses`.
    X, y : arrays with N rows each
        Inputs and targets; floats are converted to the network's dtype. Integer targets of one
        number each are taken as labels, see `evaluate`.
    optimizer : Optimizer
        Reset before the first step (unless `resume` says that there was one before). Its learning
        rate and momentum are put back at the end.
    epochs, batch_size : int >= 1
    rng : numpy.random.Generator
        Shuffles the samples before each epoch.
    validation : (X, y), optional
        Data that is not trained on.
    schedule : function of the step, optional
        ``schedule(t)`` is the learning rate of step t = 0, 1, 2, …, counted over all epochs;
        see `nnlib.schedules`. A `Plateau` is told the validation loss after each epoch (the
        training loss if there is no validation data).
    penalty : L1, L2 or ElasticNet, optional
        Added to the loss; see `nnlib.penalties`. (For L2 with `SGD` its ``weight_decay`` is the
        same thing, and faster.)
    max_norm : float > 0, optional
        Gradients (of loss and penalty) that are longer are shortened, see
        `nnlib.clipping.clip_norm`.
    early_stopping : int >= 1, optional
        Patience: stop when the validation loss has had no new minimum for so many epochs, and give
        the network back its parameters of the best epoch.
    progress : bool
        Show a progress bar.
    after_step : function, optional
        ``after_step(t, value)`` is called after step t with the loss (and penalty) before it: the
        place for `max_norm`, or for watching.
    resume : History, optional
        Of an earlier call with the same network, optimizer and generator, to go on where that
        ended: steps and epochs count on, and its lists get longer. Two calls are then, to the last
        bit, one call with as many epochs. Not with `early_stopping`, at whose end the network is
        no longer where it was.

    Returns
    -------
    History
        That of `resume` if there is one. If the loss, the norm to be clipped, a parameter or the
        validation loss (these two after each epoch) becomes nan or infinite, training stops there:
        no exception and no warning, but ``diverged`` is True and ``stopped`` says what and at which
        step.

    Raises
    ------
    ValueError, TypeError
        If the data is empty, holds nan, or X and y differ in length; if an argument is not as
        above.
    """
    _check_network_and_loss(net, loss)
    X, y = _data(net, X, y, "X", "y")
    epochs, batch_size = count("epochs", epochs), count("batch_size", batch_size)
    if penalty is not None and (isinstance(penalty, type) or not hasattr(penalty, "gradient")):
        raise TypeError(f"penalty must be one such as L2(1e-4), got {shown(penalty)}")
    if validation is not None:
        if not isinstance(validation, tuple) or len(validation) != 2:
            raise TypeError(f"validation must be a pair (X, y), got {type(validation).__name__}")
        validation = _data(net, *validation, "validation X", "validation y")
    if resume is not None and not isinstance(resume, History):
        raise TypeError(f"resume must be what train has returned, got {shown(resume)}")
    run = _Run(
        net,
        loss,
        y,
        optimizer=fresh(optimizer) if resume is None else going_on(optimizer, resume.steps),
        history=History() if resume is None else resume,
        validation=validation,
        schedule=None if schedule is None else _check.schedule(schedule),
        max_norm=None if max_norm is None else positive("max_norm", max_norm),
        patience=None if early_stopping is None else count("early_stopping", early_stopping),
        hook=None if after_step is None else function("after_step", after_step, "(t, value)"),
    )
    if run.patience and validation is None:
        raise ValueError("early_stopping needs validation=(X, y), got None")
    if run.patience and resume is not None:
        raise ValueError("early_stopping must be None to resume: the network was put back")
    _look_for_pitfalls(net, loss, X, y, batch_size, validation)
    if validation is not None:  # what doesn't fit is refused here, and not after an epoch
        evaluate(net, loss, validation[0][:1], validation[1][:1])

    with run.to_its_end(), rates_kept(optimizer), _quiet():
        for _ in run.through(epochs, progress):
            for X_batch, y_batch in minibatches(X, y, batch_size, rng):
                run.before_step()
                value, grads = net.value_and_grad(run.notes, X_batch, y_batch, penalty)
                run.check(value, grads)
                optimizer.step(net.params, grads)
                run.after_step(value)
            run.after_epoch()
    return run.history


class _Run:
    """All that surrounds the loop of `train`: rates, clipping, notes, and reasons to stop."""

    def __init__(
        self,
        net: Network,
        loss: Loss,
        y: np.ndarray,
        *,
        optimizer: Optimizer,
        history: History,
        validation: Arrays | None,
        schedule: Schedule | None,
        max_norm: float | None,
        patience: int | None,
        hook: Callable[[int, float], object] | None,
    ):
        self.net, self.loss, self.y, self.optimizer = net, loss, y, optimizer
        self.validation, self.schedule, self.max_norm = validation, schedule, max_norm
        self.patience, self.hook = patience, hook
        self.history, self.epoch = history, 0
        self.notes = _Notes(net, loss, y)
        self.best: tuple[np.ndarray, np.ndarray] | None = None  # parameters and state
        self.best_loss = min(filter(math.isfinite, history.val_loss), default=math.inf)
        history.diverged = False

    @contextmanager
    def to_its_end(self) -> Iterator[None]:
        """Inside of this, `stop` ends the loops; afterwards the network has what it should keep."""
        try:
            yield
        except _Stop as reason:
            self.history.stopped = str(reason)
        else:
            self.history.stopped = f"trained for {self.epoch + 1} epochs"
        if self.best is not None:
            self.net.restore(self.best)

    def through(self, epochs: int, progress: bool) -> Iterator[int]:
        first = len(self.history.loss)
        self.bar = tqdm(range(first, first + epochs), unit="epoch", disable=not progress)
        for epoch in self.bar:
            self.epoch, self.notes = epoch, _Notes(self.net, self.loss, self.y)
            yield epoch

    def before_step(self) -> None:
        if self.schedule is not None:
            set_rate(self.optimizer, self.schedule, self.history.steps)

    def check(self, value: float, grads: np.ndarray) -> None:
        """Shorten a long gradient, and stop where there is nothing finite to step with."""
        norm = 0.0 if self.max_norm is None else shorten(grads, self.max_norm)
        if not math.isfinite(value + norm):
            self.note_epoch()
            what = "gradient's norm" if math.isfinite(value) else "loss"
            self.diverged(f"the {what} was {value + norm}")

    def after_step(self, value: float) -> None:
        if self.hook is not None:
            self.hook(self.history.steps, value)
        self.history.steps += 1

    def after_epoch(self) -> None:
        self.note_epoch()
        if not np.isfinite(self.net.params).all():
            self.diverged("a parameter was not finite")
        if self.validation is not None:
            self.validate(*self.validation)
        report = getattr(self.schedule, "report", None)  # of a Plateau
        if report is not None:
            report((self.history.val_loss or self.history.loss)[-1])
        self.bar.set_postfix(loss=f"{self.notes.loss:.4f}", refresh=False)
        if (
            self.patience is not None
            and self.epoch - (self.history.best_epoch or 0) >= self.patience
        ):
            raise _Stop(
                f"stopped after {self.epoch + 1} epochs: no better validation loss "
                f"in {self.patience}"
            )

    def note_epoch(self) -> None:
        self.history.lr.append(self.optimizer.lr)
        self.history.loss.append(self.notes.loss)
        if self.notes.accuracy is not None:
            self.history.accuracy.append(self.notes.accuracy)

    def validate(self, X: npt.ArrayLike, y: npt.ArrayLike) -> None:
        loss, accuracy = evaluate(self.net, self.loss, X, y)
        self.history.val_loss.append(loss)
        if accuracy is not None:
            self.history.val_accuracy.append(accuracy)
        if not math.isfinite(loss):
            self.diverged(f"the validation loss was {loss}")
        if loss < self.best_loss:
            self.history.best_epoch, self.best_loss = len(self.history.val_loss) - 1, loss
            if self.patience is not None:
                self.best = self.net.snapshot()

    def diverged(self, why: str) -> None:
        self.history.diverged = True
        raise _Stop(
            f"diverged: {why} at step {self.history.steps}, in epoch {self.epoch + 1}, "
            f"with lr = {rate_in_words(self.optimizer.lr)} ({HELP})"
        )


class _Stop(Exception):
    """Ends a run; the message becomes ``History.stopped``."""


class _Notes:
    """A loss function that also keeps count: of its values, and of the labels that were right."""

    def __init__(self, net: Network, loss: Loss, y: np.ndarray):
        self.net, self.function = net, loss
        self.labelled = labels_of(net, loss, y) is not None
        self.binary = self.labelled and y.min() >= -1 and y.max() <= 1
        self.n, self.total, self.right = 0, 0.0, 0

    def __call__(self, pred: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
        value, dpred = _check.number_and_gradient("loss", self.function(pred, y))
        self.n += len(y)
        self.total += len(y) * value
        if self.labelled:
            self.compare(pred, y)
        return value, dpred

    def compare(self, pred: np.ndarray, y: np.ndarray) -> None:
        single = pred.shape[1:] == (1,)
        if single and not self.binary:  # a number is predicted, and no class
            self.labelled = False
            return
        labels = np.maximum(y.ravel(), 0) if single else y.ravel()  # -1 counts as 0
        self.right += int(np.count_nonzero(self.net.decide(pred) == labels))

    @property
    def loss(self) -> float:
        return self.total / self.n

    @property
    def accuracy(self) -> float | None:
        return self.right / self.n if self.labelled else None


def labels_of(net: Network, loss: Loss, y: np.ndarray) -> np.ndarray | None:
    """The labels (N,) that targets are, see `evaluate`; None if they are something else."""
    if y.dtype.kind not in "iub" or y.size != len(y):
        return None
    if bare(loss) in (mse, mae, huber) and not net.ends_in_sigmoid:
        return None
    return y.ravel()


def _look_for_pitfalls(
    net: Network,
    loss: Loss,
    X: np.ndarray,
    y: np.ndarray,
    batch_size: int,
    validation: tuple[np.ndarray, np.ndarray] | None,
) -> None:
    """Refuse what would fail at the epoch's end, and warn of what would only go badly."""
    lonely = lonely_sample(net, X, batch_size)
    if lonely:
        raise ValueError(f"{lonely} ({HELP})")
    labels = labels_of(net, loss, y)
    val_labels = None if validation is None else labels_of(net, loss, validation[1])
    for sentence in pitfalls(net, loss, X, labels, val_labels):
        warnings.warn(f"{sentence} ({HELP})", stacklevel=3)


def _quiet() -> np.errstate:
    """What diverges is told in ``History.stopped``, once."""
    return np.errstate(over="ignore", invalid="ignore", divide="ignore")


def _check_network_and_loss(net: Network, loss: Loss) -> None:
    _check.network(net)
    function("loss", loss, "(pred, y) -> (value, gradient)")


def _data(
    net: Network, X: npt.ArrayLike, y: npt.ArrayLike, X_name: str, y_name: str
) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets as arrays in the network's dtype (labels stay integers), checked."""
    with np.errstate(over="ignore"):  # what is too large for the dtype becomes inf: not finite
        X = finite(X_name, numbers(X_name, X).astype(net.dtype, copy=False))
        y = numbers(y_name, y)
        y = finite(y_name, y.astype(net.dtype, copy=False) if y.dtype.kind == "f" else y)
    _check.rows(X_name, X, y_name, y)
    return X, y
