import copy
import pickle
import warnings
from functools import partial

import numpy as np
import pytest

from nnlib.convolution import Conv2d
from nnlib.gradcheck import check_direction, check_gradient
from nnlib.init import orthogonal
from nnlib.layers import Activation, Dropout, Flatten, Layer, Linear, ReLU, Sigmoid, Tanh
from nnlib.losses import binary_cross_entropy, mse, softmax_cross_entropy
from nnlib.network import Network
from nnlib.norms import BatchNorm
from nnlib.penalties import L1, L2, ElasticNet
from nnlib.recurrence import RNN
from nnlib.residual import Residual


def small(rng, dtype=np.float64):
    net = Network([Linear(4, 7), Tanh(), Linear(7, 3)], rng=rng, dtype=dtype)
    net.params += rng.normal(size=net.params.shape).astype(dtype) * 0.1
    return net


@pytest.fixture
def net(rng):
    return small(rng)


@pytest.fixture
def X(rng):
    return rng.normal(size=(5, 4))


LABELS = np.array([0, 2, 1, 1, 0])


def assert_views(net):
    """Every parameter and gradient of every layer is a window onto the network's vectors."""
    seen = 0
    for layer in net.layers:
        for name, shape in layer.param_shapes().items():
            for attribute, vector in [(name, net.params), ("d" + name, net.grads)]:
                view = getattr(layer, attribute)
                assert view.shape == shape and view.dtype == net.dtype
                assert view.base is vector
                vector[:] = 0.5
                view[...] = 1.5
                assert np.count_nonzero(vector == 1.5) == view.size
            seen += view.size
    assert seen == net.params.size == net.grads.size


def test_views_at_first(net):
    assert_views(net)


@pytest.mark.parametrize(
    "change",
    [
        lambda net: setattr(net.layers[0], "W", net.layers[0].W - 0.1 * net.layers[0].dW),
        lambda net: setattr(net.layers[0], "b", 0),
        lambda net: net.value_and_grad(mse, np.ones((2, 4)), np.ones((2, 3)), L2(0.1)),
        lambda net: net.objective(mse, np.ones((2, 4)), np.ones((2, 3)))(np.zeros(net.params.size)),
        lambda net: net.forward(np.ones((2, 4))),
    ],
)
def test_views_stay_views(net, change):
    change(net)
    assert_views(net)


def test_augmented_assignment_to_a_parameter(net):
    before = net.layers[0].W.copy()
    net.layers[0].W -= 0.5
    assert np.allclose(net.params[:28].reshape(4, 7), before - 0.5)
    assert_views(net)


@pytest.mark.parametrize("value", [np.ones((7, 4)), np.ones(7), np.ones((4, 1)), [[1]], np.ones(1)])
def test_assigning_a_wrong_shape_is_refused_and_not_broadcast(net, value):
    before = net.params.copy()
    with pytest.raises(
        ValueError, match=r"^W must be a number or an array of shape \(4, 7\), got "
    ):
        net.layers[0].W = value
    assert np.array_equal(net.params, before)


def test_a_number_fills(net):
    net.layers[0].W, net.layers[0].b = 2, np.float32(3)
    assert np.all(net.layers[0].W == 2) and np.all(net.layers[0].b == 3)
    assert_views(net)


@pytest.mark.parametrize("name", ["params", "grads", "state"])
def test_the_networks_own_vectors_are_written_into_and_never_exchanged(name, rng):
    net = Network([Linear(4, 3), BatchNorm(3)], rng=rng)
    vector = getattr(net, name)
    setattr(net, name, vector + 1)
    expected = vector.copy()
    assert getattr(net, name) is vector
    setattr(net, name, expected - 1)  # a float32 array of the same shape
    assert np.array_equal(vector, expected - 1)
    for wrong in [vector[:-1], vector[None], [1.0, 2.0]]:
        with pytest.raises(
            ValueError, match=rf"^{name} must be a number or an array of shape \(\d+,"
        ):
            setattr(net, name, wrong)
    assert_views(net)


def test_a_step_written_as_an_assignment_learns(net, X):
    """``net.params = net.params - lr * g`` once bound the name anew, and nothing was learned."""
    losses = []
    for _ in range(20):
        value, g = net.value_and_grad(softmax_cross_entropy, X, LABELS)
        net.params = net.params - 0.1 * g
        losses.append(value)
    assert np.all(np.diff(losses) < 0)
    other = copy.deepcopy(net)
    other.params = other.params * 0
    assert np.all(other.layers[0].W == 0) and np.any(net.layers[0].W != 0)


def test_the_dtype_is_that_of_the_parameters(net):
    assert net.dtype == np.float64
    with pytest.raises(AttributeError, match="dtype"):
        net.dtype = np.float32


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_a_copy_is_whole_and_separate(net, X, duplicate):
    other, before = duplicate(net), net(X)
    assert np.array_equal(other(X), before)
    assert_views(other)
    assert np.array_equal(net(X), before)


def test_parameters_are_laid_out_in_reading_order(net):
    first, last = net.layers[0], net.layers[2]
    expected = np.concatenate([first.W.ravel(), first.b, last.W.ravel(), last.b])
    assert np.array_equal(net.params, expected)
    assert net.params.shape == (4 * 7 + 7 + 7 * 3 + 3,)


def test_state_is_laid_out_in_reading_order(rng):
    net = Network([Linear(4, 3), BatchNorm(3), Linear(3, 2), BatchNorm(2)], rng=rng)
    first, second = net.layers[1], net.layers[3]
    first.running_mean, first.running_var, second.running_mean, second.running_var = 1, 2, 3, 4
    assert net.state.tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 4, 4]


def test_weights_and_their_mask(net):
    assert [W.shape for W, _ in net.weights] == [(4, 7), (7, 3)]
    assert net.weights[0][0] is net.layers[0].W and net.weights[1][1] is net.layers[2].dW
    net.params[~net.weight_mask] = 100
    assert np.all(net.layers[0].b == 100) and np.all(net.layers[2].b == 100)
    assert np.all(net.layers[0].W < 100) and net.weight_mask.sum() == 4 * 7 + 7 * 3


def test_forward_is_the_composition(net, X):
    first, last = net.layers[0], net.layers[2]
    by_hand = np.tanh(X @ first.W + first.b) @ last.W + last.b
    assert np.array_equal(net(X), by_hand) and np.array_equal(net.forward(X), by_hand)


@pytest.mark.parametrize("penalty", [None, L1(0.1), L2(0.1), ElasticNet(0.1, 0.2)])
def test_objective_gradient(net, X, rng, penalty):
    loss = partial(softmax_cross_entropy, label_smoothing=0.1)
    f = net.objective(loss, X, LABELS, penalty)
    assert check_gradient(f, net.params.copy()) < 1e-8
    assert check_direction(f, net.params.copy(), rng) < 1e-8


def test_input_gradient(net, X):
    def f(x):
        value, dpred = mse(net(x), np.ones((5, 3)))
        return value, net.backward(dpred)

    assert check_gradient(f, X) < 1e-8


def test_value_and_grad_equals_forward_loss_backward(net, X):
    value, grads = net.value_and_grad(softmax_cross_entropy, X, LABELS)
    assert grads is net.grads
    short = grads.copy()
    expected, dpred = softmax_cross_entropy(net(X), LABELS)
    net.backward(dpred)
    assert value == expected and np.array_equal(short, net.grads)


def test_value_and_grad_is_in_training_mode(rng, X):
    net = Network([Linear(4, 40), Dropout(0.5, rng)], rng=rng, dtype=np.float64)
    y = np.zeros((5, 40))
    assert net.value_and_grad(mse, X, y)[0] != net.value_and_grad(mse, X, y)[0]
    assert mse(net(X), y)[0] == mse(net(X), y)[0]


@pytest.mark.parametrize("first", [[], [Flatten()], [Tanh()]])
def test_the_first_layers_input_gradient_is_not_computed(first, rng, X):
    asked = []

    class Watched(Linear):
        def backward(self, dy, needs_dx=True):
            asked.append(needs_dx)
            return super().backward(dy, needs_dx)

    net = Network([*first, Watched(4, 3), Watched(3, 3)], rng=rng, dtype=np.float64)
    net.value_and_grad(mse, X, np.zeros((5, 3)))
    assert asked == [True, False] and np.all(net.layers[-2].db != 0)
    net(X)
    assert net.backward(np.ones((5, 3))).shape == (5, 4)  # who asks for it gets it
    assert asked == [True, False, True, True]


class Doubled(Linear):
    """Twice as much, and no word of ``needs_dx``: the network may leave nothing out."""

    def forward(self, x, training=False):
        return 2 * super().forward(x, training)

    def backward(self, dy):
        return super().backward(2 * dy)


class DoubledKernel(Conv2d):
    def forward(self, x, training=False):
        return 2 * super().forward(x, training)

    def backward(self, dy):
        return super().backward(2 * dy)


class Around(Layer):
    """A layer that wraps another one and scales what comes out."""

    def __init__(self, inner):
        self.inner = inner

    def param_shapes(self):
        return self.inner.param_shapes()

    def initialize(self, rng):
        self.inner.initialize(rng)

    def bind(self, views):
        super().bind(views)
        self.inner.bind(views)

    def forward(self, x, training=False):
        return 3 * self.inner.forward(x, training)

    def backward(self, dy):
        return self.inner.backward(3 * dy)


class Through(Around):
    """The same, which passes on whether dx is needed."""

    def backward(self, dy, needs_dx=True):
        return self.inner.backward(3 * dy, needs_dx)


class Past(Linear):
    def forward(self, x, training=False):
        return x + super().forward(x, training)

    def backward(self, dy):
        return dy + super().backward(dy)


@pytest.mark.parametrize(
    "layer",
    [
        lambda: Doubled(4, 4),
        lambda: Past(4, 4),
        lambda: Around(Linear(4, 4)),
        lambda: Through(Linear(4, 4)),
        lambda: Around(Doubled(4, 4)),
        lambda: Around(Around(Linear(4, 4))),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_no_place_bypasses_what_a_subclass_overrides(layer, place, X, rng):
    layers = [Linear(4, 4), Tanh(), Linear(4, 3)]
    layers.insert(place, layer())
    net = Network(layers, rng=rng, dtype=np.float64)
    net.params += 0.1 * rng.normal(size=net.params.size)
    f = net.objective(softmax_cross_entropy, X, LABELS)
    assert check_gradient(f, net.params) < 1e-8
    f(net.params)
    short = net.grads.copy()
    _, dpred = softmax_cross_entropy(net.forward(X, training=True), LABELS)
    net.backward(dpred)
    assert np.array_equal(short, net.grads)


def test_a_convolution_that_is_overridden_is_not_bypassed(rng):
    layers = [DoubledKernel(1, 2, 2), Tanh(), Flatten(), Linear(8, 3)]
    net = Network(layers, rng=rng, dtype=np.float64)
    f = net.objective(softmax_cross_entropy, rng.normal(size=(5, 1, 3, 3)), LABELS)
    assert check_gradient(f, net.params) < 1e-8


@pytest.mark.parametrize(
    "change",
    [
        lambda layers: layers.insert(0, Tanh()),
        lambda layers: layers.insert(1, Tanh()),
        lambda layers: layers.pop(0),
        lambda layers: layers.append(Tanh()),
    ],
)
def test_layers_without_parameters_may_come_and_go(change, rng, X):
    """Where the first layer that learns stands is not remembered as a number."""
    net = Network([Flatten(), Linear(4, 4), Tanh(), Linear(4, 3)], rng=rng, dtype=np.float64)
    change(net.layers)
    f = net.objective(softmax_cross_entropy, X, LABELS)
    assert check_gradient(f, net.params) < 1e-8
    assert all(np.any(W != 0) and np.any(dW != 0) for W, dW in net.weights)


def test_a_backward_that_is_exchanged_on_the_object_is_called(rng, X):
    layer, seen = Linear(4, 3), []
    layer.backward = lambda dy: seen.append(dy)
    Network([layer], rng=rng).value_and_grad(mse, X, np.zeros((5, 3)))
    assert len(seen) == 1


def test_a_network_without_parameters(rng, X):
    net = Network([Tanh()], rng=rng, dtype=np.float64)
    value, grads = net.value_and_grad(mse, X, np.zeros_like(X))
    assert value == pytest.approx(np.mean(np.tanh(X) ** 2)) and grads.shape == (0,)


def test_gradients_are_overwritten_not_added(net, X):
    once = net.value_and_grad(mse, X, np.zeros((5, 3)))[1].copy()
    assert np.array_equal(net.value_and_grad(mse, X, np.zeros((5, 3)))[1], once)


def test_results_handed_out_are_not_overwritten_later(net, X, rng):
    for training in [False, True]:
        y = net.forward(X, training)
        dx = net.backward(np.ones((5, 3)))
        kept = y.copy(), dx.copy()
        net.forward(rng.normal(size=(5, 4)), training)
        net.backward(rng.normal(size=(5, 3)))
        net.value_and_grad(mse, X, np.ones((5, 3)))
        assert np.array_equal(y, kept[0]) and np.array_equal(dx, kept[1])
    f = net.objective(mse, X, np.ones((5, 3)))
    g = f(np.zeros(net.params.size))[1]
    kept = g.copy()
    f(np.ones(net.params.size))
    assert np.array_equal(g, kept)


def test_the_data_is_left_alone(net, X):
    before = X.copy()
    net.value_and_grad(mse, X, np.zeros((5, 3)))
    net.predict(X)
    assert np.array_equal(X, before)


def test_everything_stays_float32(rng, X):
    net = small(rng, np.float32)
    for x in [X, X.astype(np.float32), (X * 10).astype(np.uint8), X.tolist()]:
        value, grads = net.value_and_grad(softmax_cross_entropy, x, LABELS, ElasticNet(0.1, 0.2))
        assert type(value) is float and grads.dtype == np.float32
        assert net(x).dtype == np.float32
        for layer in net.layers:
            for array in layer.__dict__.values():
                assert not isinstance(array, np.ndarray) or array.dtype == np.float32


def test_a_loss_in_float64_does_not_leak_into_a_float32_network(rng, X):
    seen = []

    class Watch(Activation):
        def backward(self, dy):
            seen.append(dy.dtype)
            return super().backward(dy)

    def loss(pred, y):
        return 1.0, np.ones(pred.shape, np.float64)

    net = Network([Linear(4, 3), Watch("tanh")], rng=rng)
    net.value_and_grad(loss, X, None)
    net.backward(np.ones((5, 3)))
    assert seen == [np.float32, np.float32]


def test_two_runs_with_one_seed_are_bit_identical(X):
    def run():
        rng = np.random.default_rng(3)
        net = Network([Linear(4, 7), ReLU(), Dropout(0.3, rng), Linear(7, 3)], rng=rng)
        values = []
        for _ in range(20):
            value, grads = net.value_and_grad(softmax_cross_entropy, X, LABELS)
            net.params -= 0.1 * grads
            values.append(value)
        return values, net.params

    one, two = run(), run()
    assert one[0] == two[0] and np.array_equal(one[1], two[1])
    assert one[0][-1] < one[0][0]


def test_predict(rng, X):
    net = small(rng)
    assert np.array_equal(net.predict(X), net(X).argmax(axis=1))
    assert net.predict(X).shape == (5,) and net.predict(X).dtype == np.int64
    single = Network([Linear(4, 1)], rng=rng, dtype=np.float64)
    single.layers[0].W, single.layers[0].b = [[1], [0], [0], [0]], [-2]
    assert single.predict([[3, 9, 9, 9], [1, 9, 9, 9], [2, 9, 9, 9]]).tolist() == [1, 0, 1]


def test_predict_is_no_training(rng, X):
    """Nothing is dropped, running averages are used and stay where they are."""
    drop = Dropout(0.5, rng)
    net = Network([Linear(4, 40), BatchNorm(40), drop, Linear(40, 3)], rng=rng, dtype=np.float64)
    for _ in range(5):
        net.forward(X, training=True)
    state, drawn = net.state.copy(), drop.rng.bit_generator.state
    labels = net.predict(X)
    assert np.array_equal(labels, net.forward(X, training=False).argmax(axis=1))
    assert np.array_equal(labels, [net.predict(x[None])[0] for x in X])  # a sample by itself
    assert np.array_equal(net.state, state) and drop.rng.bit_generator.state == drawn


def test_a_sigmoids_output_is_a_probability(rng):
    net = Network([Linear(1, 1), Sigmoid()], rng=rng)
    net.layers[0].W, net.layers[0].b = 1, 0
    assert net.predict([[-1.0], [0.0], [1.0]]).tolist() == [0, 1, 1]


def test_summary(rng):
    net = Network([Linear(784, 600), ReLU(), Linear(600, 10)], rng=rng)
    assert net.summary() == "\n".join(
        [
            "layer               output    parameters",
            "input               (N, 784)            ",
            "Linear(784, 600)    (N, 600)     471,000",
            "Activation('relu')  (N, 600)           0",
            "Linear(600, 10)     (N, 10)        6,010",
            "total                            477,010",
        ]
    )
    images = Network([Flatten(), Linear(12, 3)], rng=rng)
    assert "(N, 3, 2, 2)" in images.summary((3, 2, 2))
    for first in [Flatten(), Conv2d(1, 2, 3)]:
        with pytest.raises(ValueError, match=r"^input_shape must be given: (Flatten|Conv2d)\("):
            Network([first], rng=rng).summary()


def test_save_and_load(net, rng, X, tmp_path):
    path = tmp_path / "net.npz"
    net.save(path)
    other = small(rng)
    assert not np.array_equal(other(X), net(X))
    other.load(path)
    assert np.array_equal(other(X), net(X))
    assert_views(other)
    with np.load(path, allow_pickle=False) as file:
        assert sorted(file) == ["layers", "params", "state"]
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupted_save_keeps_the_last_file(net, tmp_path, monkeypatch):
    path = tmp_path / "net.npz"
    net.save(path)
    before = path.read_bytes()

    def interrupted(file, **arrays):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        net.save(path)
    assert path.read_bytes() == before


def test_load_refuses_what_does_not_fit(net, rng, tmp_path):
    path, before = tmp_path / "net.npz", net.params.copy()
    Network([Linear(4, 7), ReLU(), Linear(7, 3)], rng=rng).save(path)
    with pytest.raises(ValueError, match=r"^path must hold a network of \[Linear\(4, 7\), Act"):
        net.load(path)
    small(rng).save(path)
    whole = path.read_bytes()
    for damaged in [b"", b"abc", whole[: len(whole) // 2], pickle.dumps([1])]:
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="^path must be a file that Network.save wrote: "):
            net.load(path)
    np.savez(path, params=before)
    with pytest.raises(ValueError, match="^path must be a file that Network.save wrote: "):
        net.load(path)
    for params, state in [(before[:1], net.state), (before, np.ones(1)), (before[None], net.state)]:
        np.savez(path, params=params, state=state, layers=repr(net.layers))
        with pytest.raises(ValueError, match="^path must hold params and state of shapes"):
            net.load(path)
    with pytest.raises(FileNotFoundError):
        net.load(tmp_path / "absent.npz")
    assert np.array_equal(net.params, before)


class Pickled:
    """What a malicious file would hold: loading it as a pickle calls a function."""

    def __reduce__(self):
        return Pickled.called.append, (True,)

    called = []


def test_load_opens_no_pickle(net, tmp_path):
    np.savez(
        tmp_path / "net.npz", params=np.array([Pickled()]), state=net.state, layers=repr(net.layers)
    )
    with pytest.raises(ValueError, match="^path must be a file that Network.save wrote: "):
        net.load(tmp_path / "net.npz")
    assert Pickled.called == []


def test_bad_networks(rng):
    layer = Linear(2, 2)
    for call, error, message in [
        (lambda: Network([], rng=rng), ValueError, "^layers must hold at least one layer"),
        (lambda: Network([ReLU], rng=rng), TypeError, "^layers must hold layers such as"),
        (lambda: Network([np.tanh], rng=rng), TypeError, "^layers must hold layers such as"),
        (lambda: Network([layer, layer], rng=rng), ValueError, "^layers must be new ones, but Lin"),
        (lambda: Network([Linear(2, 2)], rng=None), TypeError, "^rng must be a Generator"),
        (
            lambda: Network([Linear(2, 2)], rng=rng, dtype=int),
            ValueError,
            "^dtype must be float32 or float64, got int64",
        ),
    ]:
        with pytest.raises(error, match=message):
            call()
    Network([layer], rng=rng)
    with pytest.raises(ValueError, match=r"^layers must be new ones, but Linear\(2, 2\) is al"):
        Network([layer], rng=rng)
    for call in [
        lambda: Network(Linear(2, 2), rng=rng),
        lambda: Network(Linear(2, 2), ReLU(), rng=rng),
        lambda: Network([Linear(2, 2)], [ReLU()], rng=rng),
        lambda: Network(None, rng=rng),
    ]:
        with pytest.raises(TypeError, match=r"^layers must be one list: Network\(\[Linear"):
            call()
    with pytest.raises(TypeError, match="rng"):
        Network([Linear(2, 2)], rng)
    relu = ReLU()  # without parameters, but what it keeps for backward belongs to one network
    Network([Linear(2, 2), relu], rng=rng)
    with pytest.raises(ValueError, match=r"^layers must be new ones, but Activation"):
        Network([Linear(2, 2), relu], rng=rng)
    early = Linear(2, 2)
    early.W = np.eye(2)  # the network would draw others in its place
    with pytest.raises(ValueError, match=r"^layers must be new ones, but Linear\(2, 2\) has a W"):
        Network([early], rng=rng)


def test_bad_data(net, X, rng):
    with pytest.raises(
        ValueError, match=r"^Linear\(4, 7\) takes x of shape \(N, 4\) or \(N, T, 4\), got \(5, "
    ):
        net(X[:, :3])
    with pytest.raises(ValueError, match=r"^dpred must have the last output's shape \(5, 3\), got"):
        net(X)
        net.backward(np.ones((3, 5)))
    with pytest.raises(ValueError, match="^forward must have run before backward"):
        small(rng).backward(np.ones((5, 3)))
    with pytest.raises(ValueError, match=r"^X must hold at least one sample, got shape \(0, 4\)"):
        net.value_and_grad(mse, X[:0], np.ones((0, 3)))
    with pytest.raises(ValueError, match=r"^X must hold at least one sample, got shape \(\)"):
        net.predict(3.0)
    with pytest.raises(TypeError, match=r"^input_shape must be a tuple such as \(4,\), got 4"):
        net.summary(4)
    with pytest.raises(ValueError, match="^target must hold labels 0 to 2, got 0 to 3"):
        net.value_and_grad(softmax_cross_entropy, X, LABELS + (LABELS == 2))
    with pytest.raises(ValueError, match=r"^output must be \(N, K\) to stand for labels"):
        Network([Tanh()], rng=rng).predict(np.ones((2, 3, 4)))
    for theta in [np.zeros(3), np.zeros((59, 1)), 0.0]:
        with pytest.raises(ValueError, match=r"^theta must have the shape \(59,\) "):
            net.objective(mse, X, np.ones((5, 3)))(theta)
    for call in [net.value_and_grad, net.objective]:
        for wrong in ["mse", None, 0.5]:
            with pytest.raises(TypeError, match=f"^loss must be a function .* got {wrong!r}$"):
                call(wrong, X, np.ones((5, 3)))
    for loss in [lambda p, y: 1.0, lambda p, y: (1.0, p, p)]:
        with pytest.raises(TypeError, match="^loss must return a pair, value and gradient, got"):
            net.value_and_grad(loss, X, np.ones((5, 3)))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_no_label_is_predicted_from_nan(net, X, bad):
    X[3, 1] = bad
    with pytest.raises(ValueError, match=rf"^X must be finite, got {bad} at index \(3, 1\)"):
        net.predict(X)


def test_no_label_is_predicted_by_a_network_that_has_diverged(net, X):
    net.layers[-1].b[1] = np.nan
    with pytest.raises(ValueError, match=r"^the network's output must be finite, got nan at"):
        net.predict(X)


# ----------------------------------------------------------------------------------- kept, restored


def test_kept(rng, X):
    net = Network([Linear(4, 3), BatchNorm(3)], rng=rng)
    vectors = net.params, net.state
    before = [a.copy() for a in vectors]
    with pytest.raises(ZeroDivisionError), net.kept():
        net.forward(X, training=True)  # moves the running averages
        net.params -= 1
        assert not any(np.array_equal(a, b) for a, b in zip(vectors, before, strict=True))
        raise ZeroDivisionError
    assert all(np.array_equal(a, b) for a, b in zip(vectors, before, strict=True))
    assert net.params is vectors[0] and net.state is vectors[1]
    assert_views(net)


def test_a_snapshot_is_a_copy(rng):
    net = Network([Linear(4, 3), BatchNorm(3)], rng=rng)
    snapshot = net.snapshot()
    params, state = (a.copy() for a in snapshot)
    net.params, net.state = 0, 5
    assert np.array_equal(snapshot[0], params) and np.array_equal(snapshot[1], state)
    net.restore(snapshot)
    net.params -= 1
    assert np.array_equal(snapshot[0], params) and np.array_equal(net.params, params - 1)


def test_an_objective_leaves_the_network_as_it_was(rng, X):
    net = Network([Linear(4, 6), BatchNorm(6), Linear(6, 3)], rng=rng, dtype=np.float64)
    before = net.params.copy(), net.state.copy()
    f = net.objective(softmax_cross_entropy, X, LABELS, L2(0.1))
    assert check_gradient(f, net.params) < 1e-7
    f(before[0] + 1)
    assert np.array_equal(net.params, before[0]) and np.array_equal(net.state, before[1])


@pytest.mark.parametrize("penalty", [L1(0.3), L2(0.3), ElasticNet(0.1, 0.2)])
def test_the_penalty_is_part_of_the_objective(net, X, penalty):
    value, grad = net.objective(softmax_cross_entropy, X, LABELS, penalty)(net.params)
    bare_value, bare_grad = net.objective(softmax_cross_entropy, X, LABELS)(net.params)
    assert value - bare_value == pytest.approx(sum(penalty.value(W) for W, _ in net.weights))
    assert value - bare_value > 0.1 and not np.allclose(grad, bare_grad, atol=0.01)


def test_a_float32_network_says_how_its_gradient_can_be_checked(rng, X):
    """A float64 theta would be rounded, and a right gradient called wrong."""
    net = small(rng, np.float32)
    f = net.objective(softmax_cross_entropy, X, LABELS)
    cure = r"Network\(layers, rng=rng, dtype=np.float64\)"
    for check in [check_gradient, lambda f, theta: check_direction(f, theta, rng)]:
        with pytest.raises(TypeError, match=f"^theta must be a float64 array.*{cure}"):
            check(f, net.params)
        with pytest.raises(TypeError, match=f"^theta must be float32 as the network.*{cure}"):
            check(f, net.params.astype(float))
    assert f(net.params)[1].dtype == np.float32


def test_dropout_makes_an_objective_random_and_the_check_says_so(rng, X):
    layers = [Linear(4, 40), Dropout(0.5, rng), Tanh(), Linear(40, 3)]
    net = Network(layers, rng=rng, dtype=np.float64)
    f = net.objective(softmax_cross_entropy, X, LABELS)
    for check in [check_gradient, lambda f, theta: check_direction(f, theta, rng)]:
        with pytest.raises(ValueError, match="^value_and_grad must give the same value .* dropout"):
            check(f, net.params)
    net.layers[1].p = 0.0
    assert check_gradient(f, net.params) < 1e-8


def torch_twin(torch, net):
    """The same network in PyTorch, with the same weights."""
    modules = []
    for layer in net.layers:
        if isinstance(layer, Linear):
            module = torch.nn.Linear(layer.n_in, layer.n_out, dtype=torch.float64)
            with torch.no_grad():
                module.weight.copy_(torch.tensor(layer.W.T.copy()))
                module.bias.copy_(torch.tensor(layer.b))
        else:
            module = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}[layer.name]()
        modules.append(module)
    return torch.nn.Sequential(*modules)


def test_a_hundred_steps_as_pytorch(torch, rng):
    net = Network(
        [Linear(20, 30), ReLU(), Linear(30, 15, init=orthogonal), Tanh(), Linear(15, 5)],
        rng=rng,
        dtype=np.float64,
    )
    net.params += rng.normal(size=net.params.shape) * 0.05
    twin = torch_twin(torch, net)
    strength, lr = 1e-3, 0.2
    weights = [p for p in twin.parameters() if p.ndim == 2]
    biases = [p for p in twin.parameters() if p.ndim == 1]
    groups = [{"params": weights, "weight_decay": 2 * strength}, {"params": biases}]
    sgd = torch.optim.SGD(groups, lr=lr)
    losses = []
    for _ in range(100):
        x, y = rng.normal(size=(16, 20)), rng.integers(0, 5, 16)
        value, grads = net.value_and_grad(softmax_cross_entropy, x, y, L2(strength))
        net.params -= lr * grads
        sgd.zero_grad()
        loss = torch.nn.functional.cross_entropy(twin(torch.tensor(x)), torch.tensor(y))
        loss.backward()
        penalty = strength * sum(float((p.detach() ** 2).sum()) for p in weights)
        losses.append((value, loss.item() + penalty))
        sgd.step()
    ours, theirs = np.array(losses).T
    assert np.abs(ours - theirs).max() < 1e-10
    assert ours[0] != ours[-1]


def test_one_logit_learns_moons_of_labels(rng):
    X = rng.normal(size=(200, 2))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)  # an XOR: no line separates it
    net = Network([Linear(2, 16), Tanh(), Linear(16, 1)], rng=rng)
    for _ in range(500):
        value, grads = net.value_and_grad(binary_cross_entropy, X, y)
        net.params -= 0.5 * grads
    assert np.mean(net.predict(X) == y) > 0.95


def test_layers_are_open_for_extension(rng, X):
    class Scale(Layer):
        def param_shapes(self):
            return {"s": (4,)}

        def initialize(self, rng):
            self.s = 2

        def forward(self, x, training=False):
            self.x = x
            return self.s * x

        def backward(self, dy):
            self.ds = (dy * self.x).sum(axis=0)
            return dy * self.s

    net = Network([Scale(), Linear(4, 3)], rng=rng, dtype=np.float64)
    assert check_gradient(net.objective(mse, X, np.ones((5, 3))), net.params.copy()) < 1e-8
    assert_views(net)


def test_layers_inside_of_layers_are_its_own(rng):
    dense = Linear(3, 3)
    with pytest.raises(ValueError, match=r"^layers must be new ones, but Linear\(3, 3\)"):
        Network([Residual([dense, Residual([dense])])], rng=rng)
    net = Network([RNN(2, 3), Residual([dense])], rng=rng)
    assert [W.shape for W, _ in net.weights] == [(2, 3), (3, 3), (3, 3)]
    assert net.weight_mask.sum() == 6 + 9 + 9


@pytest.mark.parametrize("bad", [[[None, 1.0]], [["a", "b"]], np.array([["1.5", "2"]]), [[1j, 2]]])
def test_what_is_no_number_is_refused(bad):
    net = Network([Linear(2, 3)], rng=np.random.default_rng(0))
    with pytest.raises(TypeError, match="^X must hold real numbers"):
        net(bad)
    with pytest.raises(ValueError, match="^X must hold rows of one length"):
        net([[1, 2], [3]])


def test_what_is_too_large_for_the_dtype_has_no_label():
    net = Network([Linear(2, 3), Sigmoid(), Linear(3, 2)], rng=np.random.default_rng(0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match="^X must be finite, got inf"):
            net.predict([[1e39, 0.0]])


@pytest.mark.parametrize("bad", [None, "a", 1j])
def test_a_parameter_is_a_number(bad):
    net = Network([Linear(2, 3)], rng=np.random.default_rng(0))
    with pytest.raises(TypeError, match="^b must hold real numbers"):
        net.layers[0].b = bad
    with pytest.raises(TypeError, match="^params must hold real numbers"):
        net.params = bad


def test_a_summary_does_not_pass_for_a_forward_pass():
    net = Network([Linear(2, 3), ReLU(), Linear(3, 1)], rng=np.random.default_rng(0))
    net.forward(np.ones((1, 2)))
    net.summary()
    with pytest.raises(ValueError, match="^forward must have run before backward"):
        net.backward(np.ones((1, 1)))


def test_a_path_that_is_none_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TypeError):
        Network([Linear(2, 3)], rng=np.random.default_rng(0)).save(None)
    assert not list(tmp_path.iterdir())
