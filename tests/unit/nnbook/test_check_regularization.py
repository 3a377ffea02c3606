import numpy as np
import pytest

from nnbook.regularization import checks as check


@pytest.mark.parametrize(
    "name, right, wrong",
    [
        ("which_data", "b", {"a": "luck", "c": "nothing is left", "d": "takes one of"}),
        (
            "price",
            [0.9, -0.4, 0.99],
            {
                (0.9, -0.2, 0.99): "2λw",
                (0.9, -0.4, 0.995): "1 − 2ηλ",
                (0.9, -0.2, 0.995): "and in the factor",
                (0.9, 0.4, 0.99): "sign",
                (0.3, -0.4, 0.99): "length",
                (0.5, -0.4, 0.99): "L1",
                (0.9, -0.4, 0.8): "learning rate",
                (0.9, -0.4, 0.01): "is left",
                (0.9, -0.02, 0.99): "without the learning rate",
            },
        ),
        (
            "half_life",
            3466,
            {
                np.log(0.5) / np.log(0.9998): "whole",
                3465: "One step less",
                6932: "2 is missing",
                347: "learning rate",
                2500: "by a factor",
            },
        ),
        (
            "four_predictions",
            [1, 2, 3.25],
            {
                (1, 2, 3): "noise",
                (1, 2, 3.5): "its square",
                (1, 8 / 3, 1 + 8 / 3 + 0.25): "divided by 3",
                (1, 2**0.5, 3.25): "standard deviation",
                (1, 3, 4.25): "predictions' mean",
                (1, 3, 3.25): "predictions' mean",
                (-1, 2, 3.25): "quare",
            },
        ),
        (
            "soft",
            [1.75, -0.05, 0],
            {
                (1.5, 0, 0): "λ/2",
                (1.75, -0.05, -0.15): "stops there",
                (1.75, -0.55, -0.15): "move up",
                (2.25, -0.55, 0.35): "not away",
                (2 / 1.5, -0.2, 0.1 / 1.5): "L2",
                (1.6, -0.24, 0.08): "amount",
                (1.75, -0.3, 0.1): "small ones",
                (1.75, 0.05, 0): "its sign",
            },
        ),
        (
            "strength",
            0.00125,
            {
                0.0025: "squares",
                0.005: "Both enter as squares",
                0.0625: "number of",
                0.32: "exchanged",
                800: "1/λ",
            },
        ),
        ("dense_truth", "b", {"a": "costs", "c": "variance"}),
        (
            "gap",
            np.log(17),
            {
                np.log(16): "on top",
                17: "logarithm",
                np.log(12): "all four",
                np.log10(17): "natural",
                np.log(0.85): "alone",
            },
        ),
        ("ridge_challenge", 0.1, {0: "positive", -1: "positive", 1e-4: "larger λ", 3: "smaller λ"}),
        (
            "curves",
            "lrsu",
            {"lrus": "Look at C", "LRSS": "Look at D", "l": "four letters", "abcd": "one of r"},
        ),
    ],
)
def test_answers(judged, name, right, wrong):
    judged(name, right, wrong)


def test_the_advice_on_lambda_leads_to_the_goal():
    judge = check.ridge_challenge.judge
    tried = [(lam, *judge(lam)) for lam in np.geomspace(1e-6, 100, 65)]
    good = [lam for lam, ok, _ in tried if ok]
    assert good
    for lam, ok, sentence in tried:
        assert ok or ("try a larger λ" if lam < min(good) else "try a smaller λ") in sentence
        bias2, variance = check._ridge_parts(lam)
        assert ok or "larger part" not in sentence or ("bias is" in sentence) == (bias2 > variance)
    assert "grows faster" in judge(0.2)[1]


def lengths(W, axis=0):
    return np.sqrt(np.sum(W**2, axis=axis, keepdims=True))


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda W, c: W * np.minimum(1, c / np.maximum(lengths(W), 1e-9)), "Right."),
        (lambda W, c: W * c / np.maximum(lengths(W, 1), c), "rows"),
        (lambda W, c: W * c / np.maximum(np.linalg.norm(W), c), "whole matrix"),
        (lambda W, c: W * c / lengths(W), "short ones"),
        (lambda W, c: np.clip(W, -c, c), "each weight"),
        (lambda W, c: W * c / np.maximum(lengths(W) ** 2, c), "root"),
        (lambda W, c: W * c / np.maximum(np.abs(W).sum(axis=0), c), "absolute"),
        (lambda W, c: W / np.maximum(lengths(W), c), "numerator"),
        (lambda W, c: W * c / lengths(W) if lengths(W) > c else W, "ValueError"),
    ],
)
def test_limit(said, answer, words):
    assert words in said("limit", answer)


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda x, p, u: x * (u >= p) / (1 - p), "Right."),
        (lambda x, p, u: x * (u >= p) / p, "keep"),
        (lambda x, p, u: x * (u >= p), "Nothing is scaled"),
        (lambda x, p, u: x * (u >= p) * (1 - p), "Divide"),
        (lambda x, p, u: x * (u < p) / (1 - p), "keep what should"),
        (lambda x, p, u: np.where(u < p, x / p, 0), "keep what should"),
        (lambda x, p, u: x * (u < 1 - p) / (1 - p), "u < p"),
    ],
)
def test_dropout(said, answer, words):
    assert words in said("dropout", answer)


def stop(losses, patience):
    for epoch in range(len(losses)):
        best = int(np.argmin(losses[: epoch + 1]))
        if epoch - best >= patience:
            break
    return epoch + 1, best


def impatient(losses, patience):
    waited = best = 0
    for epoch, loss in enumerate(losses):
        if epoch and loss < losses[epoch - 1]:
            waited = epoch
        if loss < losses[best]:
            best = epoch
        if epoch - waited >= patience:
            break
    return epoch + 1, best


def content(losses, patience):
    best = 0
    for epoch, loss in enumerate(losses):
        best = epoch if loss <= losses[best] else best
        if epoch - best >= patience:
            break
    return epoch + 1, best


@pytest.mark.parametrize(
    "answer, words",
    [
        (stop, "Right."),
        (lambda v, p: [stop(v, p)[0], stop(v, p)[0] - 1], "last epoch"),
        (lambda v, p: (stop(v, p)[0], int(np.argmin(v))), "future"),
        (lambda v, p: (stop(v, p)[0] - 1, stop(v, p)[1]), "how many epochs"),
        (lambda v, p: (stop(v, p)[0], stop(v, p)[1] + 1), "counts from 1"),
        (lambda v, p: stop(v, p + 1), "too patient"),
        (impatient, "begin to wait"),
        (content, "equal"),
    ],
)
def test_stopping(said, answer, words):
    assert words in said("stopping", answer)


def shift(images, down, right):
    out = np.zeros_like(images)
    for i in range(8):
        for j in range(8):
            if 0 <= i - down < 8 and 0 <= j - right < 8:
                out[:, i, j] = images[:, i - down, j - right]
    return out


@pytest.mark.parametrize(
    "answer, words",
    [
        (shift, "Right."),
        (lambda im, d, r: shift(im, -d, -r), "other way"),
        (lambda im, d, r: shift(im, r, d), "exchanged"),
        (lambda im, d, r: np.roll(im, (d, r), axis=(1, 2)), "brings in"),
        (lambda im, d, r: np.roll(im, (d, r), axis=(0, 1)), "Axis 0"),
    ],
)
def test_shift(said, answer, words):
    assert words in said("shift", answer)


def test_the_four_curves_show_what_the_answer_says():
    curves = check.four_curves()
    mean = {
        name: (runs.train_loss.mean(axis=0), runs.val_loss.mean(axis=0))
        for name, runs in curves.items()
    }
    assert all(np.diff(loss[50:]).max() < 0 for loss in mean["A"])  # both still fall
    training, validation = mean["B"]
    assert training[-1] < 0.1 and validation[-1] > 2 * validation.min()
    jumps = np.diff(curves["C"].train_loss) > 0.1
    assert jumps[:, 10:].mean() > 0.05
    training, validation = mean["D"]
    assert training[-1] > 0.4 and abs(validation[-1] - training[-1]) < 0.05
    assert np.ptp(training[-50:]) < 0.02
