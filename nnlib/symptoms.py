"""Symptoms of a network that doesn't learn, each with the test that finds it.

A test takes a `Case` and returns a sentence with the number it has seen, or "" where there is
nothing to say. What is seen is certain; what it *looks like* may have another reason. The tests
stand in the order of the way through a network, and `STAGES` in that of `nnlib.diagnose`.
"""

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .layers import Activation, Dropout, Linear, unfold
from .losses import Loss, binary_cross_entropy, mse, softmax_cross_entropy
from .network import Network
from .norms import BatchNorm
from .optim import Adam
from .pitfalls import bare, output_twice, raw_pixels, takes_tokens
from .stepping import Optimizer, fresh
from .train import evaluate, labels_of

SAMPLES = 256  # that the tests look at, drawn at random
FEW = 20  # samples that any network should be able to learn by heart
PASSES = 300  # over these
STEPS = 30  # with the run's own optimizer
FACTORS = (0.01, 0.1, 1, 10, 100, 1000)  # of its learning rate


@dataclass
class Case:
    """What the tests look at. Each works on copies: the network stays as it is."""

    net: Network
    loss: Loss
    X: np.ndarray
    y: np.ndarray
    optimizer: Optimizer | None
    rng: np.random.Generator

    @property
    def labels(self) -> np.ndarray | None:
        """The labels (N,), where the targets are some."""
        return labels_of(self.net, self.loss, self.y)

    def trial(self) -> Network:
        return copy.deepcopy(self.net)

    @cached_property
    def after_some_steps(self) -> tuple[float, dict[float, float]]:
        """The loss before, and after some steps at the run's rate times each of `FACTORS`."""
        assert self.optimizer is not None  # as whoever asks has made sure
        X, y = self.some(SAMPLES)
        before = evaluate(self.trial(), self.loss, X, y)[0]
        ends = {}
        for factor in FACTORS:
            net, optimizer = self.trial(), fresh(copy.deepcopy(self.optimizer))
            optimizer.lr = optimizer.lr * factor
            for _ in range(STEPS):
                optimizer.step(net.params, net.value_and_grad(self.loss, X, y)[1])
            end = evaluate(net, self.loss, X, y)[0]
            ends[factor] = end if math.isfinite(end) else math.inf
        return before, ends

    def some(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self.rng.permutation(len(self.X))[:count]
        return self.X[rows], self.y[rows]


# ---- The data ----


def not_finite(case: Case) -> str:
    """nan or infinity among the inputs or the targets."""
    for name, values in (("X", case.X), ("y", case.y)):
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            rows = np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(axis=1))
            return (
                f"{name} holds nan or infinity in {len(rows)} rows, first in row {rows[0]}: one is "
                "enough to turn all parameters into nan."
            )
    return ""


def loss_refuses(case: Case) -> str:
    """The forward pass or the loss raises an exception, which says why."""
    X, y = case.X[:SAMPLES], case.y[:SAMPLES]
    try:
        case.loss(case.trial().forward(X), y)
    except (ValueError, TypeError, IndexError) as error:
        return f"Network and loss do not take these data: {error}."
    return ""


def one_class(case: Case) -> str:
    """Nothing to tell apart, or nearly."""
    if case.labels is None:
        return ""
    classes, counts = np.unique(case.labels, return_counts=True)
    if len(classes) == 1:
        return f"All {len(case.y)} labels are {classes[0]}: there is nothing to tell apart."
    share = counts.max() / counts.sum()
    if share > 0.95:
        return (
            f"{share:.0%} of the labels are {classes[counts.argmax()]}: always saying so is right "
            "that often, so accuracy says little, and a loss near its smallest looks like success."
        )
    return ""


def constant_inputs(case: Case) -> str:
    """All samples are the same, or all inputs zero."""
    if len(case.X) > 1 and (case.X == case.X[0]).all():
        return "All rows of X are the same: look at how X was filled."
    return ""


def large_inputs(case: Case) -> str:
    """Inputs far from the scale that the start of the weights is made for."""
    if takes_tokens(case.net):
        return ""
    if sentence := raw_pixels(case.X):
        return f"{sentence[0].upper()}{sentence[1:]}."
    size = float(np.sqrt(np.mean(np.square(case.X.astype(float)))))
    if size > 20:
        return (
            f"The inputs are large, {size:.3g} in the root mean square, where weights are drawn "
            "for about 1: standardize X."
        )
    return ""


def small_inputs(case: Case) -> str:
    """Inputs that are all but 0."""
    largest = float(np.abs(case.X.astype(float)).max())
    if not takes_tokens(case.net) and 0 < largest < 0.05:
        return f"No input is larger than {largest:.2g}: were they divided twice? Standardize X."
    return ""


def far_inputs(case: Case) -> str:
    """Inputs whose mean is far from 0, beside what they vary by."""
    X = case.X.reshape(len(case.X), -1).astype(float)
    spread = X.std(axis=0)
    far = np.abs(X.mean(axis=0))[spread > 0] / spread[spread > 0]
    if not takes_tokens(case.net) and far.size and np.median(far) > 10:
        return (
            f"The mean of most columns of X is {np.median(far):.0f} times what they vary by, so "
            "that all samples look alike: subtract each column's mean."
        )
    return ""


def unequal_columns(case: Case) -> str:
    """One input speaks so much louder than another that one learning rate cannot serve both."""
    if takes_tokens(case.net):
        return ""
    spread = case.X.reshape(len(case.X), -1).astype(float).std(axis=0)
    spread = spread[spread > 0]
    if spread.size > 1 and spread.max() > 100 * np.median(spread) and spread.max() > 5:
        return (
            f"Most columns of X vary by about {np.median(spread):.2g}, one by {spread.max():.2g}: "
            "one learning rate cannot serve both; standardize each column."
        )
    return ""


def large_targets(case: Case) -> str:
    """Numbers to be met that are far from where the outputs start."""
    if case.labels is not None or case.y.dtype.kind not in "iuf" or bare(case.loss) is not mse:
        return ""
    size = float(np.sqrt(np.mean(np.square(case.y.astype(float)))))
    if size > 100:
        return (
            f"The targets are large, {size:.3g} in the root mean square, where outputs start near "
            "1: squared errors and their gradients are huge; standardize y."
        )
    return ""


def contradictions(case: Case) -> str:
    """The same input with different labels."""
    if case.labels is None:
        return ""
    rows = case.X.reshape(len(case.X), -1)
    _, group = np.unique(rows, axis=0, return_inverse=True)
    pairs = np.unique(np.stack([group.ravel(), case.labels], axis=1), axis=0)
    counts = np.bincount(pairs[:, 0])
    torn = np.isin(group.ravel(), np.flatnonzero(counts > 1))
    if torn.mean() > 0.05:
        seen = f"{torn.mean():.0%} of the samples have a twin, the same input, with another label"
        if np.median(np.ptp(rows[torn], axis=1)) == 0:
            return f"{seen}: one number over and over. Look at how X was filled."
        return f"{seen}: no network can be right about both."
    return ""


def unrelated_labels(case: Case) -> str:
    """Neighbours agree no more often than strangers: inputs and labels don't fit each other.

    With many columns neighbours say little, so a line is asked as well.
    """
    if case.labels is None or takes_tokens(case.net):
        return ""
    rows = case.rng.permutation(len(case.X))[:1000]
    X, y = case.X[rows].reshape(len(rows), -1).astype(float), case.labels[rows]
    if len(rows) < 100:
        return ""
    X = (X - X.mean(axis=0)) / (X.std(axis=0) + 1e-12)
    square = np.square(X).sum(axis=1)
    distance = square[:, None] + square - 2 * X @ X.T
    np.fill_diagonal(distance, np.inf)
    agree = float(np.mean(y[distance.argmin(axis=1)] == y))
    chance = float(np.square(np.unique(y, return_counts=True)[1] / len(y)).sum())
    error = math.sqrt(chance * (1 - chance) / len(y))
    if agree < chance + 3 * error and not _a_line_reads(X, y):
        return (
            f"A sample and its nearest neighbour have the same label {agree:.0%} of the time, "
            f"{chance:.0%} would be chance: X and y look shuffled apart, or X scrambled, by a "
            "reshape or by bytes that wrapped. Show ten inputs with their labels."
        )
    return ""


def _a_line_reads(X: np.ndarray, y: np.ndarray) -> bool:
    """Whether ridge regression reads samples that were left out better than the commonest label.

    Each prediction leaves out its own sample: (h - H_nn t) / (1 - H_nn) with H = K (K + 1)^-1.
    """
    Y = (y[:, None] == np.unique(y)).astype(float)
    K = X @ X.T / X.shape[1] + 1
    H = np.linalg.solve(K + np.eye(len(X)), K)
    own = np.diag(H)[:, None]
    left_out = (H @ Y - own * Y) / (1 - own)
    most = float(Y.mean(axis=0).max())
    right = float(np.mean(left_out.argmax(axis=1) == Y.argmax(axis=1)))
    return right > most + 3 * math.sqrt(most * (1 - most) / len(y))


# ---- The network's form ----


def doubled_output(case: Case) -> str:
    """A softmax or sigmoid in the network and another in the loss."""
    sentence = output_twice(case.net, case.loss)
    return f"{sentence[0].upper()}{sentence[1:]}." if sentence else ""


def bounded_output(case: Case) -> str:
    """A last activation between the logits and a loss that takes logits."""
    last = case.net.layers[-1]
    if bare(case.loss) not in (softmax_cross_entropy, binary_cross_entropy):
        return ""
    if isinstance(last, Activation | Dropout):
        what = getattr(last, "name", type(last).__name__)
        return (
            f"The network ends in {what}, and {bare(case.loss).__name__} takes logits, any number "
            "large or small: leave the last layer out."
        )
    return ""


def no_activation(case: Case) -> str:
    """Two dense layers in a row are one."""
    for k, (first, second) in enumerate(zip(case.net.layers, case.net.layers[1:], strict=False)):
        if isinstance(first, Linear) and isinstance(second, Linear) and first.n_out > 1:
            return (
                f"net.layers[{k}] and [{k + 1}] are dense with no activation between them: "
                "together they are one linear map, and what lies behind a bend stays out of reach."
            )
    return ""


def much_dropout(case: Case) -> str:
    """Nearly everything is dropped."""
    rates = [layer.p for layer in unfold(case.net.layers) if isinstance(layer, Dropout)]
    if rates and max(rates) >= 0.9:
        return f"Dropout({max(rates)}) drops nearly all: p is what goes, not what stays."
    return ""


def muted_label(case: Case) -> str:
    """A label that the loss multiplies by: where it is 0, nothing comes back."""
    if case.labels is None or 0 not in case.labels:
        return ""
    pred = case.trial().forward(case.X[:SAMPLES])
    slopes = [case.loss(scale * pred, case.y[:SAMPLES])[1] for scale in (1, -1, 10, -10)]
    felt = np.abs(slopes).max(axis=0).reshape(len(pred), -1).max(axis=1)
    zero = case.labels[:SAMPLES] == 0
    if zero.any() and not felt[zero].any() and felt[~zero].any():
        return (
            "Samples of label 0 pass no gradient back, whatever the network answers: so does a "
            "loss that takes labels -1 and 1."
        )
    return ""


# ---- The signal, forwards ----


def same_units(case: Case) -> str:
    """All units of a layer are the same, and gradients keep them so."""
    for k, layer in enumerate(case.net.layers[:-1]):
        W = getattr(layer, "W", None) if "W" in layer.param_shapes() else None
        if W is not None and W.ndim == 2 and W.shape[1] > 1 and np.ptp(W, axis=1).max() == 0:
            return (
                f"All units of net.layers[{k}] have the same weights, so that they compute the "
                "same and learn the same: draw them at random."
            )
    return ""


def silent_units(case: Case) -> str:
    """Units that are 0 for every sample, and pass nothing back."""
    for k, z in _before(case, "relu"):
        dead = float(np.mean((z <= 0).all(axis=0)))
        if dead > 0.5:
            return (
                f"{dead:.0%} of the units of net.layers[{k}] are 0 for every sample, and a unit "
                "that is 0 passes no gradient on: biases far below 0, or an earlier step too long."
            )
    return ""


def saturated_units(case: Case) -> str:
    """Units at the flat ends of a sigmoid or tanh."""
    for k, z in [*_before(case, "tanh"), *_before(case, "sigmoid")]:
        scale = 1 if case.net.layers[k].name == "tanh" else 2
        flat = float(np.mean(np.abs(z) > 2.5 * scale))
        if flat > 0.5:
            return (
                f"{flat:.0%} of the units' values in net.layers[{k}] lie where "
                f"{case.net.layers[k].name} is flat: weights or inputs are too large."
            )
    return ""


def fading_signal(case: Case) -> str:
    """Outputs that hardly depend on the input."""
    X, _ = case.some(SAMPLES)
    net = case.trial()
    output = net.forward(X)
    spread = float(output.std(axis=0).max())
    if len(X) > 1 and spread < 1e-3 * max(1.0, float(np.abs(output).max())) and not _zero_end(net):
        return (
            f"The outputs are nearly the same for all samples (they vary by {spread:.1g}): the "
            "signal fades on its way; weights are too small for this depth."
        )
    return ""


def loud_start(case: Case) -> str:
    """A first loss far above that of knowing nothing."""
    expected = _knowing_nothing(case)
    value = evaluate(case.trial(), case.loss, *case.some(SAMPLES))[0]
    if expected is not None and value > 4 * expected + 1:
        return (
            f"The loss is {value:.3g}, where knowing nothing gives {expected:.3g}: the network is "
            "sure and wrong; weights or inputs are too large."
        )
    return ""


def _knowing_nothing(case: Case) -> float | None:
    """The loss of answering every sample with all classes' equal chance."""
    if bare(case.loss) is softmax_cross_entropy:
        return math.log(case.trial().forward(case.X[:1]).shape[1])
    return math.log(2) if bare(case.loss) is binary_cross_entropy else None


def _before(case: Case, name: str) -> Iterator[tuple[int, np.ndarray]]:
    """Number and input (N, units) of each activation of a name, on some samples."""
    x, _ = case.some(SAMPLES)
    x = np.asarray(x, case.net.dtype)
    for k, layer in enumerate(case.trial().layers):
        if getattr(layer, "name", "") == name:
            yield k, x.reshape(len(x), -1)
        x = layer.forward(x, training=isinstance(layer, BatchNorm))


def _zero_end(net: Network) -> bool:
    """Whether the last weights are 0: a start that is meant, and gone after one step."""
    last = [layer for layer in unfold(net.layers) if layer.param_shapes()][-1]
    return isinstance(last, Linear) and not last.W.any()


# ---- The gradient, backwards ----


def wrong_gradient(case: Case) -> str:
    """The slope along one random direction is not what the gradient says."""
    X, y = case.some(64)
    grads = case.trial().value_and_grad(case.loss, X, y)[1].astype(float)
    if not np.isfinite(grads).all() or not grads.any():
        return ""
    size = np.abs(grads).astype(float)
    v = grads * case.rng.uniform(0.5, 1.5, grads.shape)
    v += 0.3 * size.mean() * case.rng.normal(size=grads.shape)
    v /= np.linalg.norm(v)
    slope = float(np.sum(v * grads))
    seen = [_slope(case, X, y, v, h) for h in (1e-1, 3e-2, 1e-2, 3e-3)]
    errors = [abs(s - slope) / max(abs(s), abs(slope)) for s in seen]
    if min(errors) > 0.2:
        return (
            f"Along a random direction the gradient says {slope:.3g}, and the loss changes by "
            f"{seen[int(np.argmin(errors))]:.3g}: some backward pass looks wrong; see "
            "nnlib.gradcheck."
        )
    return ""


def _slope(case: Case, X: np.ndarray, y: np.ndarray, v: np.ndarray, h: float) -> float:
    """A central difference of the loss; both sides draw the same random numbers."""
    values = []
    for side in (h, -h):
        net = case.trial()
        net.params += (side * v).astype(net.dtype)
        values.append(net.value_and_grad(case.loss, X, y)[0])
    return (values[0] - values[1]) / (2 * h)


def blocked_gradient(case: Case) -> str:
    """A layer that gets no gradient, or one that is out of all proportion."""
    net = case.trial()
    value, _ = net.value_and_grad(case.loss, *case.some(SAMPLES))
    if not math.isfinite(value):
        return f"The loss is {value} before the first step: the signal explodes on its way."
    norms = [
        (k, float(np.sqrt(np.mean(np.square(layer.dW.astype(float))))))
        for k, layer in enumerate(net.layers)
        if "W" in layer.param_shapes()
    ]
    if len(norms) < 2 or _zero_end(net):
        return ""
    (low_at, low), (high_at, high) = (f(norms, key=lambda pair: pair[1]) for f in (min, max))
    if high == 0:
        return "No layer gets a gradient: some backward pass returns 0." if value else ""
    if low == 0:
        return (
            f"net.layers[{low_at}] gets no gradient, while net.layers[{high_at}] does: it cannot "
            "learn."
        )
    if low < 1e-4 * high:
        what = "fade on their way back" if low_at < high_at else "grow on their way back"
        return (
            f"Gradients {what}: {low:.1g} for a weight of net.layers[{low_at}], {high:.1g} for one "
            f"of net.layers[{high_at}]; the start's scale, or this depth without residual "
            "connections."
        )
    return ""


# ---- A first run ----


def rate_too_large(case: Case) -> str:
    """Thirty steps don't lower the loss as a tenth or a hundredth of the rate does.

    Either they don't lower it at all, or only by half where the smaller rate all but ends it.
    """
    if case.optimizer is None:
        return ""
    before, ends = case.after_some_steps
    factor, least = min(((f, end) for f, end in ends.items() if f < 1), key=lambda pair: pair[1])
    stuck = ends[1] >= 0.95 * before and least <= 0.9 * min(before, ends[1])
    wasted = ends[1] > 0.4 * before and least < 0.1 * ends[1]
    if not (stuck or wasted):
        return ""
    return (
        f"In {STEPS} steps the loss went from {before:.3g} to {ends[1]:.3g}, and with "
        f"{factor:g} times the learning rate to {least:.3g}: lr = {case.optimizer.lr:g} looks too "
        "large."
    )


def rate_too_small(case: Case) -> str:
    """Thirty steps hardly lower the loss, and with a much larger rate they do."""
    if case.optimizer is None:
        return ""
    before, ends = case.after_some_steps
    if all(abs(end - before) < 1e-3 * before for end in ends.values()):
        return (
            f"{STEPS} steps leave the loss at {before:.4g}, even with {FACTORS[-1]} times the "
            f"learning rate: lr = {case.optimizer.lr:g} looks far too small."
        )
    factor, least = min(((f, end) for f, end in ends.items() if f > 1), key=lambda pair: pair[1])
    if ends[1] < 0.99 * before or least > 0.95 * before or factor < 100:
        return ""
    return (
        f"In {STEPS} steps the loss went from {before:.4g} to {ends[1]:.4g}, and with {factor:g} "
        f"times the learning rate to {least:.3g}: lr = {case.optimizer.lr:g} looks too small."
    )


def heavy_decay(case: Case) -> str:
    """The loss doesn't come down, and without the optimizer's weight decay it does."""
    decay = getattr(case.optimizer, "weight_decay", 0)
    if case.optimizer is None or not decay:
        return ""
    X, y = case.some(SAMPLES)
    before, ends = evaluate(case.trial(), case.loss, X, y)[0], []
    for strength in (decay, 0.0):
        net, optimizer = case.trial(), fresh(copy.deepcopy(case.optimizer))
        optimizer.weight_decay = strength
        for _ in range(PASSES):
            optimizer.step(net.params, net.value_and_grad(case.loss, X, y)[1])
        ends.append(evaluate(net, case.loss, X, y)[0])
    if ends[0] < 0.5 * before or ends[1] > 0.5 * ends[0]:
        return ""
    return (
        f"After {PASSES} steps the loss is {ends[0]:.3g}, and without weight decay {ends[1]:.3g}: "
        f"weight_decay = {decay:g} pulls the weights to 0 faster than the data hold them."
    )


def few_not_learned(case: Case) -> str:
    """Twenty samples that Adam doesn't learn by heart, at either of two learning rates."""
    X, y = case.some(FEW)
    start = evaluate(_undropped(case), case.loss, X, y)[0]
    for lr in (0.01, 0.001):
        net, optimizer = _undropped(case), Adam(lr=lr)
        for _ in range(PASSES):
            optimizer.step(net.params, net.value_and_grad(case.loss, X, y)[1])
        end, right = evaluate(net, case.loss, X, y)
        if right == 1 or end < 0.1 * start + 0.05:
            return ""
    so_far = f"the loss is {end:.3g}" if right is None else f"{right:.0%} of them are right"
    return (
        f"After {PASSES} passes over {FEW} samples, {so_far}: what cannot learn a few by heart has "
        "a mistake in it, or is too small."
    )


def _undropped(case: Case) -> Network:
    """The network without what dropout hides from it."""
    net = case.trial()
    for layer in unfold(net.layers):
        if isinstance(layer, Dropout):
            layer.p = 0.0
    return net


def stale_averages(case: Case) -> str:
    """Inference is much worse than training mode: running averages are of other data."""
    if not any(isinstance(layer, BatchNorm) for layer in unfold(case.net.layers)):
        return ""
    X, y = case.some(SAMPLES)
    in_training = case.loss(case.trial().forward(X, training=True), y)[0]
    in_use = case.loss(case.trial().forward(X), y)[0]
    expected = _knowing_nothing(case)
    if expected is not None and in_training < 0.5 * expected and in_use > 2 * in_training + 0.5:
        return (
            f"The loss is {in_training:.3g} in training mode and {in_use:.3g} in inference: the "
            "running averages of batch norm are not those of these data."
        )
    return ""


Test = Callable[[Case], str]
STAGES: tuple[tuple[Test, ...], ...] = (
    (not_finite, one_class, constant_inputs),
    (doubled_output, bounded_output),
    (loss_refuses,),
    (muted_label,),
    (large_inputs, small_inputs, far_inputs, unequal_columns, large_targets),
    (contradictions, unrelated_labels),
    (same_units, much_dropout, no_activation),
    (stale_averages,),
    (silent_units, saturated_units, fading_signal, loud_start),
    (wrong_gradient, blocked_gradient),
    (heavy_decay, rate_too_large, rate_too_small),
    (few_not_learned,),
)
