import math
import warnings

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnlib import losses
from nnlib.activations import softmax
from nnlib.gradcheck import check_gradient, relative_error
from nnlib.losses import softmax_cross_entropy

N, K = 5, 3
LABELS = np.array([0, 2, 1, 1, 2])
REGRESSION = [losses.mse, losses.mae, losses.huber]
BINARY = [losses.hinge, losses.binary_cross_entropy]
ROWS = [losses.softmax_cross_entropy, losses.kl_divergence]


@pytest.fixture
def pred(rng):
    return rng.normal(size=(N, K)) * 2


@pytest.fixture
def q(rng):
    return softmax(rng.normal(size=(N, K)))


def cases(rng):
    """(name, loss, pred, target): one of everything, away from kinks."""
    far = rng.choice([-1, 1], (N, K)) * rng.uniform(0.1, 3, (N, K))  # |error| = 1 only by chance
    target, logits = rng.normal(size=(N, K)), rng.normal(size=(N, K)) * 2
    signs, q = np.array([-1, 1, 1, -1, 1]), softmax(rng.normal(size=(N, K)))
    return [
        ("mse", losses.mse, target + far, target),
        ("mae", losses.mae, target + far, target),
        ("huber", losses.huber, target + far, target),
        ("huber delta", lambda p, t: losses.huber(p, t, 2.3), target + far, target),
        ("hinge", losses.hinge, np.array([0.3, 2.1, -0.4, -1.7, 0.9]), signs),
        ("hinge column", losses.hinge, np.array([[0.3], [2.1], [-0.4], [-1.7], [0.9]]), signs),
        ("bce", losses.binary_cross_entropy, logits[:, 0], np.array([0, 1, 1, 0, 1])),
        ("bce column", losses.binary_cross_entropy, logits[:, :1], np.array([0, 1, 1, 0, 1])),
        ("bce soft", losses.binary_cross_entropy, logits, q),
        ("labels", losses.softmax_cross_entropy, logits, LABELS),
        ("rows", losses.softmax_cross_entropy, logits, q),
        ("smooth", lambda p, t: losses.softmax_cross_entropy(p, t, 0.1), logits, LABELS),
        ("kl", losses.kl_divergence, logits, q),
    ]


def test_gradients(rng):
    for name, loss, pred, target in cases(rng):
        assert check_gradient(lambda p: loss(p, target), pred) < 1e-8, name  # noqa: B023


def test_against_torch(torch, rng):
    F = torch.nn.functional
    theirs = {
        "mse": F.mse_loss,
        "mae": F.l1_loss,
        "huber": F.huber_loss,
        "huber delta": lambda p, t: F.huber_loss(p, t, delta=2.3),
        "hinge": lambda p, t: F.margin_ranking_loss(p, torch.zeros_like(p), t, margin=1),
        "bce": lambda p, t: F.binary_cross_entropy_with_logits(p, t.to(p)),
        "bce soft": F.binary_cross_entropy_with_logits,
        "labels": F.cross_entropy,
        "rows": F.cross_entropy,
        "smooth": lambda p, t: F.cross_entropy(p, t, label_smoothing=0.1),
        "kl": lambda p, t: F.kl_div(F.log_softmax(p, 1), t, reduction="batchmean"),
    }
    compared = 0
    for name, loss, pred, target in cases(rng):
        if name in theirs:
            p = torch.tensor(pred, requires_grad=True)
            value = theirs[name](p, torch.tensor(target))
            value.backward()
            ours, grad = loss(pred, target)
            assert ours == pytest.approx(value.item(), abs=1e-12), name
            assert relative_error(grad, p.grad.numpy()) < 1e-12, name
            compared += 1
    assert compared == len(theirs)


def test_types_are_kept(rng):
    for name, loss, pred, target in cases(rng):
        for dtype in [np.float32, np.float64]:
            value, grad = loss(pred.astype(dtype), target)
            assert type(value) is float, name
            assert grad.dtype == dtype and grad.shape == pred.shape, name


def test_arguments_are_left_alone(rng):
    for name, loss, pred, target in cases(rng):
        before = pred.copy(), target.copy()
        grad = loss(pred, target)[1]
        grad += 1
        assert np.array_equal(pred, before[0]) and np.array_equal(target, before[1]), name


def test_numbers_by_hand():
    assert losses.mse([1.0, 2.0], [0.0, 4.0])[0] == 2.5
    assert losses.mae([1.0, 2.0], [0.0, 4.0])[0] == 1.5
    assert losses.huber([0.5, 3.0], [0.0, 0.0])[0] == (0.125 + 2.5) / 2
    assert losses.hinge([0.5, -2.0, 3.0], [1, 1, 1])[0] == (0.5 + 3 + 0) / 3
    logit = np.log(0.24 / 0.76), np.log(0.82 / 0.18)
    assert losses.binary_cross_entropy(logit[:1], [0])[0] == pytest.approx(0.2744, abs=5e-5)
    assert losses.binary_cross_entropy(logit[1:], [1])[0] == pytest.approx(0.1985, abs=5e-5)
    assert losses.softmax_cross_entropy(np.zeros((2, 4)), [0, 3])[0] == pytest.approx(np.log(4))


def test_a_column_meets_a_row_of_targets(rng):
    score, target = rng.normal(size=(N, 1)), rng.normal(size=N)
    for loss in REGRESSION:
        column, flat = loss(score, target), loss(score[:, 0], target)
        assert column[0] == flat[0] and np.array_equal(column[1][:, 0], flat[1])


def test_labels_one_hot_rows_and_kl_agree(pred):
    one_hot = np.eye(K)[LABELS]
    value, grad = losses.softmax_cross_entropy(pred, LABELS)
    for other in [
        losses.softmax_cross_entropy(pred, one_hot),
        losses.kl_divergence(pred, one_hot),
        losses.kl_divergence(pred, LABELS),
    ]:
        assert other[0] == pytest.approx(value) and np.allclose(other[1], grad)


def test_kl_is_zero_at_the_target(q):
    value, grad = losses.kl_divergence(np.log(q) + 7, q)
    assert abs(value) < 1e-15 and np.abs(grad).max() < 1e-15


@given(
    logits=arrays(np.float64, (3, 4), elements=st.floats(-1e300, 1e300)),
    labels=arrays(np.int64, 3, elements=st.integers(0, 3)),
    s=st.sampled_from([0, 0.1]),
)
def test_cross_entropies_are_finite_for_huge_logits(logits, labels, s):
    for value, grad in [
        losses.softmax_cross_entropy(logits, labels, s),
        losses.binary_cross_entropy(logits[:, 0], labels > 1),
        losses.kl_divergence(logits, np.eye(4)[labels]),
    ]:
        assert np.isfinite(value) and value >= 0 and np.isfinite(grad).all()


@given(z=st.floats(-600, 600), y=st.sampled_from([0.0, 0.3, 1.0]))
def test_binary_cross_entropy_agrees_with_mpmath(z, y):
    with mpmath.workdps(400):
        p = 1 / (1 + mpmath.exp(-mpmath.mpf(z)))
        true = -mpmath.mpf(y) * mpmath.log(p) - (1 - mpmath.mpf(y)) * mpmath.log(1 - p)
        value = losses.binary_cross_entropy([z], [y])[0]
        assert abs(mpmath.mpf(value) - true) <= 1e-14 * true


@given(logits=arrays(np.float64, (2, 3), elements=st.floats(-100, 100)))
def test_softmax_cross_entropy_agrees_with_mpmath(logits):
    with mpmath.workdps(60):
        total = 0
        for row, label in zip(logits, [2, 0], strict=True):
            e = [mpmath.exp(mpmath.mpf(v)) for v in row]
            total -= mpmath.log(e[label] / mpmath.fsum(e))
        value = losses.softmax_cross_entropy(logits, [2, 0])[0]
        assert abs(mpmath.mpf(value) - total / 2) < 1e-13


@given(logits=arrays(np.float64, (3, 4), elements=st.floats(-50, 50)), shift=st.floats(-1e4, 1e4))
def test_cross_entropy_ignores_a_shift(logits, shift):
    one = losses.softmax_cross_entropy(logits, [0, 1, 3])
    two = losses.softmax_cross_entropy(logits + shift, [0, 1, 3])
    assert np.allclose(one[0], two[0], atol=1e-9) and np.allclose(one[1], two[1], atol=1e-9)


@pytest.mark.parametrize("loss", REGRESSION + BINARY)
def test_bad_shapes(loss):
    with pytest.raises(ValueError, match=r"^target must have pred's shape \(3,\), got \(4,\)"):
        loss(np.ones(3), np.ones(4))
    with pytest.raises(ValueError, match=r"^target must have pred's shape \(3, 1\), got \(1, 3\)"):
        loss(np.ones((3, 1)), np.ones((1, 3)))
    with pytest.raises(ValueError, match=r"^pred must hold at least one sample, got shape \(0,\)"):
        loss(np.ones(0), np.ones(0))
    with pytest.raises(TypeError, match="^pred must hold real numbers"):
        loss("abc", np.ones(3))


@pytest.mark.parametrize("loss", ROWS)
@pytest.mark.parametrize(
    "logits, target, message",
    [
        (np.ones((2, 3)), [0, 3], "^target must hold labels 0 to 2, got 0 to 3"),
        (np.ones((2, 3)), [-1, 2], "^target must hold labels 0 to 2, got -1 to 2"),
        (
            np.ones((2, 3)),
            [0, 1, 2],
            r"^target must hold integer labels \(2,\) or .* of shape \(3,\)",
        ),
        (np.ones((2, 3)), [0.0, 1.0], r"^target must hold integer labels .* got float64 of shape"),
        (np.ones((2, 3)), [[0.2, 0.2, 0.2]] * 2, "^target must hold probabilities: rows"),
        (np.ones((2, 3)), [[1.5, -0.5, 0]] * 2, "^target must hold probabilities: rows"),
        (np.ones((2, 3)), [[np.nan, 0.5, 0.5]] * 2, "^target must hold probabilities: rows"),
        (np.ones(3), [0], r"^logits must have shape \(N, K\) with N, K >= 1, got \(3,\)"),
        (np.ones((0, 3)), np.ones(0, int), r"^logits must have shape .* got \(0, 3\)"),
    ],
)
def test_bad_rows(loss, logits, target, message):
    with pytest.raises(ValueError, match=message):
        loss(logits, target)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: losses.huber([1.0], [1.0], delta=0), "^delta must be a positive number, got 0"),
        (lambda: losses.hinge([1.0], [0]), "^target must hold the labels -1 and \\+1, got"),
        (lambda: losses.binary_cross_entropy([1.0], [2]), r"^target must be in \[0, 1\], got"),
        (lambda: losses.binary_cross_entropy([1.0], [np.nan]), r"^target must be in \[0, 1\], got"),
        (
            lambda: losses.softmax_cross_entropy([[1.0]], [0], label_smoothing=1),
            r"^label_smoothing must be a number in \[0, 1\), got 1",
        ),
    ],
)
def test_bad_options(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_class_that_is_ruled_out(dtype):
    """The loss is infinite where it is the true one, and nothing else where it isn't."""
    logits = np.array([[-np.inf, 0, 0], [0, 0, -np.inf]], dtype)
    value, grad = losses.softmax_cross_entropy(logits, np.array([1, 0]))
    assert value == pytest.approx(np.log(2)) and grad.dtype == dtype
    assert np.allclose(grad, [[0, -0.25, 0.25], [-0.25, 0.25, 0]])
    for loss in ROWS:
        for target in [np.array([1, 2]), np.array([[0.0, 1, 0], [0.5, 0, 0.5]])]:
            value, grad = loss(logits, target)
            assert value == np.inf and np.isfinite(grad).all()
        value, grad = loss(logits, np.array([[0, 0.5, 0.5], [0.5, 0.5, 0]]))
        assert value == pytest.approx(np.log(2) if loss is losses.softmax_cross_entropy else 0)
    assert losses.softmax_cross_entropy(logits, np.array([1, 0]), 0.1)[0] == np.inf


@pytest.mark.parametrize("s", [0.0, 0.2])
@pytest.mark.parametrize("n", [1, 3, 7])
def test_labels_are_the_same_as_one_hot_rows(rng, s, n):
    logits, labels = rng.normal(size=(n, 4)), rng.integers(0, 4, n)
    for one, two in zip(
        losses.softmax_cross_entropy(logits, labels, s),
        losses.softmax_cross_entropy(logits, np.eye(4)[labels], s),
        strict=True,
    ):
        assert np.allclose(one, two, rtol=1e-14)
    single = [
        losses.softmax_cross_entropy(logits[i : i + 1], labels[i : i + 1], s) for i in range(n)
    ]
    value, grad = losses.softmax_cross_entropy(logits, labels, s)
    assert value == pytest.approx(np.mean([v for v, _ in single]))  # a mean, whatever N
    assert np.allclose(grad, np.concatenate([g for _, g in single]) / n)


@pytest.mark.parametrize("loss", ROWS)
@pytest.mark.parametrize("target", [[0, 1], [0.0, 1.0], [True, False]])
def test_one_logit_is_no_matter_for_softmax(loss, target):
    with pytest.raises(ValueError, match="for a single logit take binary_cross_entropy$"):
        loss(np.ones((2, 1)), target)


def test_probabilities_of_little_precision_are_probabilities(rng):
    q = softmax(rng.normal(size=(5, 300))).astype(np.float16)
    assert softmax_cross_entropy(np.zeros((5, 300)), q)[0] == pytest.approx(np.log(300), rel=1e-2)
    exact = softmax(rng.normal(size=(5, 3)))
    assert softmax_cross_entropy(np.zeros((5, 3), np.float16), exact)[1].dtype == np.float16
    with pytest.raises(ValueError, match="sum to 1"):
        softmax_cross_entropy(np.zeros((5, 3)), 0.99 * exact)


def test_huge_logits_and_perfect_ones_raise_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert softmax_cross_entropy(np.float32([[3e38, -3e38]]), [1])[0] == np.inf
        value = softmax_cross_entropy([[1000.0, 0.0]], [0])[0]
    assert math.copysign(1, value) == 1 and value == 0
