import numpy as np
import pytest

from nnlib.metrics import accuracy, calibration, confusion_matrix

PRED = np.array([0, 1, 2, 2, 1, 0, 2])
LABELS = np.array([0, 1, 1, 2, 1, 2, 1])


def test_accuracy_by_hand():
    assert accuracy(PRED, LABELS) == 4 / 7
    assert type(accuracy(PRED, LABELS)) is float
    assert accuracy([1], [1]) == 1.0 and accuracy([1], [0]) == 0.0


def test_confusion_matrix_has_the_truth_in_rows():
    np.testing.assert_array_equal(
        confusion_matrix(PRED, LABELS, 4),
        [
            [1, 0, 0, 0],
            [0, 2, 2, 0],  # of four ones, two were taken for twos
            [1, 0, 1, 0],
            [0, 0, 0, 0],
        ],
    )


def test_confusion_matrix_adds_up(rng):
    pred, labels = rng.integers(0, 10, (2, 500))
    C = confusion_matrix(pred.astype(np.uint8), labels, 10)
    assert np.trace(C) / C.sum() == accuracy(pred, labels)
    np.testing.assert_array_equal(C.sum(axis=1), np.bincount(labels, minlength=10))
    np.testing.assert_array_equal(C.sum(axis=0), np.bincount(pred, minlength=10))
    np.testing.assert_array_equal(C.T, confusion_matrix(labels, pred, 10))


def test_confusion_matrix_of_many_classes_with_small_integers():
    """300 classes: class number times 300 doesn't fit into the type of the labels."""
    labels = np.array([299, 250, 299], np.uint16)
    C = confusion_matrix(labels, labels, 300)
    assert C[299, 299] == 2 and C[250, 250] == 1 and C.sum() == 3
    labels = np.array([19, 18], np.uint8)
    assert confusion_matrix(labels, labels, 20)[19, 19] == 1


def test_calibration_by_hand():
    probabilities = np.array(
        [
            [0.75, 0.25],  # right
            [0.25, 0.75],  # wrong
            [0.5, 0.5],  # right
            [1.0, 0.0],  # right
            [0.0, 1.0],  # right
            [0.125, 0.875],  # wrong
        ]
    )
    result = calibration(probabilities, np.array([0, 0, 0, 0, 1, 0]), bins=4)
    np.testing.assert_array_equal(result.count, [0, 0, 1, 5])
    np.testing.assert_allclose(result.confidence, [np.nan, np.nan, 0.5, 4.375 / 5])
    np.testing.assert_allclose(result.accuracy, [np.nan, np.nan, 1.0, 3 / 5])
    assert result.error == pytest.approx((1 * 0.5 + 5 * (0.875 - 0.6)) / 6)


def test_edges_of_the_bins():
    p = np.array([0.5, 0.75, 1.0])
    result = calibration(np.stack([p, 1 - p], axis=1), np.zeros(3, int), bins=4)
    np.testing.assert_array_equal(result.count, [0, 0, 1, 2])
    for bins in range(3, 60):  # i / bins opens bin i, however it rounds
        p = np.arange(bins // 2 + 1, bins) / bins
        result = calibration(np.stack([p, 1 - p], axis=1), np.zeros(len(p), int), bins=bins)
        assert result.count[bins // 2 + 1 :].tolist() == [1] * len(p)


def test_labels_drawn_from_the_probabilities_are_calibrated(rng):
    probabilities = rng.dirichlet(np.ones(3), size=20_000).astype(np.float32)
    draws = rng.random((20_000, 1))
    labels = np.minimum((draws > probabilities.cumsum(axis=1)).sum(axis=1), 2)
    result = calibration(probabilities, labels)
    full = result.count > 500
    assert full.sum() > 4 and result.count.sum() == 20_000
    np.testing.assert_allclose(result.accuracy[full], result.confidence[full], atol=0.05)
    assert result.error < 0.02
    sharpened = probabilities**3 / (probabilities**3).sum(axis=1, keepdims=True)
    assert calibration(sharpened, labels).error > 0.1  # overconfident


@pytest.mark.parametrize(
    ("pred", "labels", "message"),
    [
        ([0, 1], [0], "pred and labels must have the same length.*got 2 and 1"),
        (np.zeros(0, int), np.zeros(0, int), "at least one, got 0 and 0"),
        ([0.0, 1.0], [0, 1], r"pred must be integers of shape \(N,\), got float64 of shape \(2,\)"),
        ([0, 1], [[0, 1]], r"labels must be integers of shape \(N,\), got int64 of shape \(1, 2\)"),
    ],
)
def test_wrong_labels(pred, labels, message):
    with pytest.raises(ValueError, match=message):
        accuracy(pred, labels)
    with pytest.raises(ValueError, match=message):
        confusion_matrix(pred, labels, 2)


def test_labels_outside_of_the_classes():
    with pytest.raises(ValueError, match="pred must lie in 0 … 2, got 0 to 3"):
        confusion_matrix([0, 3], [0, 1], 3)
    with pytest.raises(ValueError, match="labels must lie in 0 … 2, got -1 to 1"):
        confusion_matrix([0, 1], [-1, 1], 3)
    with pytest.raises(ValueError, match="n_classes must be a whole number >= 1, got 0"):
        confusion_matrix([0, 1], [0, 1], 0)


@pytest.mark.parametrize(
    ("probabilities", "message"),
    [
        (np.array([[0.5, 0.4], [0.5, 0.5]]), "probabilities must be rows .* that sum to 1"),
        (np.array([[1.5, -0.5], [0.5, 0.5]]), "probabilities must be rows of numbers >= 0"),
        (np.array([[np.nan, 0.5], [0.5, 0.5]]), "probabilities must be rows"),
        (np.array([0.5, 0.5]), r"got an array of shape \(2,\)"),
        (np.array([[1.0], [1.0]]), "labels must lie in 0 … 0, got 0 to 1"),
        (np.array([[0.5, 0.5]]), "probabilities and labels must have the same length.*got 1 and 2"),
    ],
)
def test_wrong_probabilities(probabilities, message):
    with pytest.raises(ValueError, match=message):
        calibration(probabilities, [0, 1])


def test_wrong_bins():
    with pytest.raises(ValueError, match="bins must be a whole number >= 1, got 0"):
        calibration(np.array([[0.5, 0.5]]), [0], bins=0)
