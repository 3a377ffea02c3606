import numpy as np
import pytest

from nnbook.normalization import checks as check
from nnlib.gradcheck import numeric_gradient, relative_error


@pytest.mark.parametrize(
    "name, right, wrong",
    [
        (
            "means",
            [16, 32, 512, 128],
            {
                (32, 16, 512, 128): "exchanged",
                (16, 32, 16, 4): "times 32",
                (16, 32, 512, 512): "Four groups",
                (1024, 32, 512, 128): "pixels",
                (16, 2048, 512, 128): "per image",
                (16, 512, 512, 128): "channels together",
                (16, 32, 512, 4): "1 of 4",
            },
        ),
        (
            "scalings",
            [1, 2, 3],
            {
                (1, 1.8708, 3): "N − 1",
                (1, 1, 3): "variance",
                (1, 2, 2.66667): "median",
                (9 / 7, 2, 3): "smallest",
                (1, 2, 2.25): "interquartile",
            },
        ),
        (
            "condition",
            4,
            {
                1.6: "larger eigenvalue",
                2.5: "not 1",
                2.125: "squared",
                1: "only without",
                2: "root",
                0.25: "reciprocal",
                10: "large",
            },
        ),
        (
            "running",
            2.71,
            {
                7.29: "left",
                9.99: "exchanged",
                1: "one batch",
                1.9: "two batches",
                3: "shrinks",
                10: "infinitely",
                5: "large",
            },
        ),
        (
            "translate",
            0.005,
            {0.995: "new value", 0.05: "two zeros", 0.1: "default", 0.01: "0.99", 0.5: "100"},
        ),
        (
            "one_pulls",
            [2.5, -0.5, -2, -3.5, 3.5],
            {
                (0, 0, 0, 0, 10): "missing",
                (4.5, 1.5, 0, -1.5, 5.5): "sum must be 0",
                (-2, -2, -2, -2, 8): "spread",
                (12.5, -2.5, -10, -17.5, -22.5): "Sums",
                (0.625, -0.125, -0.5, -0.875, 0.875): "γ is missing",
                (1.25, -0.25, -1, -1.75, 1.75): "variance",
                (-2.5, 0.5, 2, 3.5, 16.5): "minus",
                (-5, -5, -5, -5, 5): "each sample",
            },
        ),
        (
            "two_samples",
            [0, 0],
            {
                (2.5, -1): "first path",
                (1.75, -1.75): "spread",
                (0.75, 0.75): "mean",
                (-1, 1): "x̂",
                (5, -2): "next layer",
                (1, 1): "2 of 2",
            },
        ),
        ("missing_path", "b", {"a": "single entries", "c": "promise", "d": "takes one of"}),
    ],
)
def test_answers(judged, name, right, wrong):
    judged(name, right, wrong)


def batch_norm(X, gamma, beta, eps, axis=0, inside=True, correction=0):
    d = X - X.mean(axis=axis, keepdims=True)
    variance = (d**2).sum(axis=axis, keepdims=True) / (X.shape[axis] - correction)
    unit = np.sqrt(variance + eps) if inside else np.sqrt(variance) + eps
    return gamma * d / unit + beta


def backward(g, x_hat, s, gamma, spread=1, mean=1):
    d = gamma * g
    dx = (d - mean * d.mean(0) - spread * x_hat * (d * x_hat).mean(0)) / s
    return dx, np.sum(g * x_hat, axis=0), np.sum(g, axis=0)


def replaced(k, change):
    """The right backward pass with one of its three results changed."""

    def f(g, x_hat, s, gamma):
        got = list(backward(g, x_hat, s, gamma))
        got[k] = change(g, x_hat, s, gamma)
        return tuple(got)

    return f


def fold(W, b, gamma, beta, m, v, eps):
    factor = gamma / (v + eps) ** 0.5
    return W * factor, b * factor + beta - m * factor


def other_fold(W=None, b=None):
    def f(*args):
        right = fold(*args)
        return (right[0] if W is None else W(*args), right[1] if b is None else b(*args))

    return f


def factor(gamma, v, eps):
    return gamma / np.sqrt(v + eps)


def norm_over(x, axes):
    d = x - x.mean(axis=axes, keepdims=True)
    return d / np.sqrt((d**2).mean(axis=axes, keepdims=True) + 1e-5)


def group(x, groups):
    parts = np.split(x, groups, axis=1)
    return np.concatenate([norm_over(part, (1, 2, 3)) for part in parts], axis=1)


def rms(g, x_hat, s, sign=-1, axis=1, total=np.mean):
    return (g + sign * x_hat * total(g * x_hat, axis=axis, keepdims=True)) / s


@pytest.mark.parametrize(
    "name, answer, words",
    [
        ("forward", batch_norm, "Right."),
        ("forward", lambda *a: batch_norm(*a, axis=1), "layer norm"),
        ("forward", lambda X, gamma, beta, eps: batch_norm(X, gamma, beta, 0), "isn't used"),
        ("forward", lambda *a: batch_norm(*a, inside=False), "inside the root"),
        ("forward", lambda *a: batch_norm(*a, correction=1), "N − 1"),
        ("forward", lambda X, gamma, beta, eps: gamma * X + beta, "x̂ is not used"),
        ("forward", lambda X, gamma, beta, eps: batch_norm(X, 1, 0, eps), "γ and β"),
        (
            "forward",
            lambda X, gamma, beta, eps: gamma * (X - X.mean()) / np.sqrt(X.var() + eps) + beta,
            "One mean",
        ),
        (
            "forward",
            lambda X, gamma, beta, eps: gamma * (X - X.mean(0)) / (X.var(0) + eps) + beta,
            "variance; take its root",
        ),
        ("forward", lambda X, gamma, beta, eps: X[0], "shape"),
        ("backward", backward, "Right."),
        ("backward", lambda *a: backward(*a, spread=0, mean=0), "first path alone"),
        ("backward", lambda *a: backward(*a, spread=0), "through the spread"),
        ("backward", lambda *a: backward(*a, mean=0), "through the mean"),
        ("backward", lambda *a: backward(*a, mean=7, spread=7), "Sums"),
        ("backward", lambda *a: backward(*a, mean=-1, spread=-1), "minus"),
        ("backward", replaced(0, lambda g, h, s, c: backward(g, h, s, 1)[0]), "γ is missing"),
        ("backward", replaced(0, lambda g, h, s, c: backward(g, h, s, c)[0] / s), "variance"),
        ("backward", replaced(0, lambda g, h, s, c: g), "numbers are not"),
        ("backward", replaced(1, lambda g, h, s, c: g * h), "dgamma needs the sum"),
        ("backward", replaced(1, lambda g, h, s, c: (g * h).mean(0)), "dgamma is a mean"),
        ("backward", replaced(1, lambda g, h, s, c: (c * g * h).sum(0)), "γ too many"),
        ("backward", replaced(1, lambda g, h, s, c: g.sum(0)), "multiplies each g"),
        ("backward", replaced(2, lambda g, h, s, c: g), "dbeta needs the sum"),
        ("backward", replaced(2, lambda g, h, s, c: g.mean(0)), "dbeta is a mean"),
        ("backward", replaced(2, lambda g, h, s, c: (c * g).sum(0)), "no γ"),
        ("backward", replaced(2, lambda g, h, s, c: g.sum(1)), "should have the shape (4,)"),
        ("backward", lambda g, x_hat, s, gamma: g, "three arrays, (dX, dgamma, dbeta)"),
        ("backward", lambda g: g, "stopped with TypeError"),
        ("fold", fold, "Right."),
        ("fold", other_fold(W=lambda W, b, c, d, m, v, e: W), "isn't changed"),
        ("fold", other_fold(W=lambda W, b, c, d, m, v, e: W * c), "isn't divided"),
        ("fold", other_fold(W=lambda W, b, c, d, m, v, e: W / np.sqrt(v + e)), "γ is missing"),
        ("fold", other_fold(W=lambda W, b, c, d, m, v, e: W * factor(c, v, 0)), "ε is missing"),
        ("fold", other_fold(W=lambda W, b, c, d, m, v, e: W * c / (v + e)), "root"),
        (
            "fold",
            other_fold(b=lambda W, b, c, d, m, v, e: b * factor(c, v, e) + d),
            "running mean is",
        ),
        (
            "fold",
            other_fold(b=lambda W, b, c, d, m, v, e: (b - m) * factor(c, v, e)),
            "β is missing",
        ),
        ("fold", other_fold(b=lambda W, b, c, d, m, v, e: b + d - m * factor(c, v, e)), "b, too"),
        ("fold", other_fold(b=lambda W, b, c, d, m, v, e: d - m * factor(c, v, e)), "old b"),
        (
            "fold",
            other_fold(b=lambda W, b, c, d, m, v, e: (b + m) * factor(c, v, e) + d),
            "is subtracted",
        ),
        ("group", group, "Right."),
        ("group", lambda x, groups: norm_over(x, (1, 2, 3)), "layer norm"),
        ("group", lambda x, groups: norm_over(x, (2, 3)), "instance norm"),
        ("group", lambda x, groups: group(x, 6 // groups), "C/G groups of G"),
        (
            "group",
            lambda x, groups: group(x, groups).reshape(len(x), groups, -1),
            "bring them back",
        ),
        (
            "group",
            lambda x, groups: group(x, groups).reshape(3, groups, 6 // groups, 2, 2),
            "bring them back",
        ),
        (
            "group",
            lambda x, groups: np.concatenate(
                [norm_over(part, (0, 1, 2, 3)) for part in np.split(x, groups, axis=1)], axis=1
            ),
            "over the samples",
        ),
        (
            "group",
            lambda x, groups: np.stack(
                [group(x[:, [*range(k, 6, groups)]], 1) for k in range(groups)], axis=2
            ).reshape(x.shape),
            "neighbouring",
        ),
        ("rms_backward", rms, "Right."),
        ("rms_backward", lambda g, x_hat, s: g / s, "through the scale is missing"),
        (
            "rms_backward",
            lambda g, x_hat, s: rms(g, x_hat, s) - g.mean(1, keepdims=True) / s,
            "layer norm",
        ),
        ("rms_backward", lambda *a: rms(*a, axis=0), "over the tokens"),
        ("rms_backward", lambda *a: rms(*a, total=np.sum), "sum in place"),
        ("rms_backward", lambda *a: rms(*a, sign=1), "sign"),
    ],
)
def test_functions(said, name, answer, words):
    out = said(name, answer)
    assert words in out, out


def test_the_broken_norm_misses_the_spread():
    x = np.random.default_rng(5).normal(size=(6, 3))
    loss, gradient = check.broken_norm(x)
    assert np.isfinite(loss)
    right = numeric_gradient(lambda a: check.broken_norm(a)[0], x)
    assert relative_error(gradient, right) > 0.05
    x_hat = (x - x.mean(axis=0)) / x.std(axis=0)
    missing = x_hat * np.mean(x.std(axis=0) * gradient * x_hat, axis=0) / x.std(axis=0)
    assert relative_error(gradient - missing, right) < 1e-8
    with pytest.raises(ValueError, match=r"shape \(6, 3\), got \(2,\)"):
        check.broken_norm([1, 2])


def test_the_page_by_hand_is_what_nudging_says():
    """One sample pulls, and the four numbers of the chapter's derivation."""

    def y(x, gamma):
        return gamma * (x - x.mean()) / x.std()

    for x, gamma, g, dx in [
        ([1.0, 3, 4, 5, 7], 4, [0, 0, 0, 0, 5], [2.5, -0.5, -2, -3.5, 3.5]),
        ([1.0, 7, 9, 15], 2.5, [3, 1, -1, 1], [0.44, -0.08, -0.92, 0.56]),
        ([3.0, 7], 1, [5, -2], [0, 0]),
    ]:
        x, g = np.array(x), np.array(g)
        nudged = numeric_gradient(lambda a, g=g, gamma=gamma: np.sum(g * y(a, gamma)), x)
        assert np.allclose(nudged, dx, atol=1e-7)


def test_the_page_by_hand_is_what_torch_says(torch):
    x = torch.tensor([[1.0], [7], [9], [15]], dtype=torch.float64, requires_grad=True)
    gamma = torch.tensor([2.5], dtype=torch.float64, requires_grad=True)
    beta = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    y = torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True, eps=1e-12)
    y.backward(torch.tensor([[3.0], [1], [-1], [1]], dtype=torch.float64))
    assert np.allclose(y.detach().numpy().ravel(), [-2.5, 0.5, 1.5, 4.5])
    assert np.allclose(x.grad.numpy().ravel(), [0.44, -0.08, -0.92, 0.56])
    assert np.allclose([gamma.grad.item(), beta.grad.item()], [-3.2, 4])


def test_the_table_of_conventions_is_what_torch_does(torch):
    """PyTorch's momentum is the weight of the new value, its running variance has N - 1."""
    layer = torch.nn.BatchNorm1d(1).double()
    assert layer.momentum == 0.1 and layer.eps == 1e-5
    batch = np.array([[3.0], [7.0]])
    y = layer(torch.tensor(batch)).detach().numpy()
    assert np.allclose(y, [[-1], [1]], atol=1e-5)  # normalized with N
    assert np.isclose(layer.running_mean.item(), 0.9 * 0 + 0.1 * 5)
    assert np.isclose(layer.running_var.item(), 0.9 * 1 + 0.1 * 8)
