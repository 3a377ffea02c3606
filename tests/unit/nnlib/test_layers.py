import numpy as np
import pytest
from layer_checks import build, gradient_errors, torch_errors

from nnlib import init, layers
from nnlib.activations import ACTIVATIONS
from nnlib.layers import Activation, Dropout, Flatten, Linear, PReLU, ReLU, Softmax, unfold
from nnlib.network import Network
from nnlib.residual import Residual


def off_kinks(rng, shape):
    """Numbers at least 0.1 from 0."""
    return rng.choice([-1, 1], shape) * rng.uniform(0.1, 3, shape)


def test_layers_are_unfolded_in_their_order():
    a, b, c = Linear(2, 2), Linear(2, 2), ReLU()
    inner = Residual([c])
    outer = Residual([b, inner])
    assert list(map(id, unfold([a, outer]))) == list(map(id, [a, outer, b, inner, c]))


def test_linear_by_hand(rng):
    net = Network([Linear(3, 2)], rng=rng, dtype=np.float64)
    net.layers[0].W = [[0.18, 0.24], [0.32, -0.15], [0.6, -0.28]]
    net.layers[0].b = [1, 3]
    assert np.allclose(net([[1.4, 0.62, 0.21]]), [[1.5764, 3.1842]])


@pytest.mark.parametrize(
    "layer, shape",
    [
        (lambda: Linear(4, 3), (5, 4)),
        (lambda: Linear(4, 3, bias=False), (5, 4)),
        (lambda: Linear(4, 3), (5, 2, 4)),
        (lambda: PReLU(4), (5, 4)),
        (lambda: PReLU(4), (3, 4, 2, 5)),
        (lambda: Softmax(), (5, 4)),
        (lambda: Flatten(), (5, 2, 3)),
        *[(lambda name=name: Activation(name), (5, 4)) for name in ACTIVATIONS],
    ],
)
def test_gradients(layer, shape, rng):
    net = build([layer()], rng)
    assert max(gradient_errors(net, off_kinks(rng, shape), rng)) < 1e-8


def test_gradients_through_a_stack(rng):
    net = build([Linear(4, 7), Activation("tanh"), Linear(7, 3), PReLU(3)], rng)
    assert max(gradient_errors(net, rng.normal(size=(5, 4)), rng)) < 1e-8


@pytest.mark.parametrize("shape", [(5, 4), (5, 2, 4)])
def test_linear_against_torch(shape, torch, rng):
    net = build([Linear(4, 3)], rng)
    errors = torch_errors(
        torch,
        net,
        rng.normal(size=shape),
        lambda x, W, b: torch.nn.functional.linear(x, W.T, b),
        ["W", "b"],
        rng,
    )
    assert max(errors) < 1e-10


@pytest.mark.parametrize("shape", [(5, 4), (3, 4, 2, 5)])
def test_prelu_against_torch(torch, rng, shape):
    net = build([PReLU(4)], rng)
    errors = torch_errors(
        torch,
        net,
        rng.normal(size=shape),
        lambda x, slope: torch.nn.functional.prelu(x, slope),
        ["slope"],
        rng,
    )
    assert max(errors) < 1e-10


def test_softmax_against_torch(torch, rng):
    net = build([Softmax()], rng)
    errors = torch_errors(
        torch, net, rng.normal(size=(5, 4)), lambda x: torch.softmax(x, 1), [], rng
    )
    assert max(errors) < 1e-10


def test_softmax_backward_survives_a_change_of_the_output(rng):
    net, x, dy = build([Softmax()], rng), rng.normal(size=(5, 4)), rng.normal(size=(5, 4))
    net(x)
    right = net.backward(dy)
    p = net(x)
    p -= 1
    assert np.array_equal(net.backward(dy), right)


def test_initialization(rng):
    layer = Linear(300, 200, init=init.glorot_uniform)
    prelu = PReLU(3)
    Network([layer, prelu], rng=rng)
    assert layer.W.std() == pytest.approx(np.sqrt(2 / 500), rel=0.02)
    assert np.all(layer.b == 0) and np.all(prelu.slope == 0.25)


@pytest.mark.parametrize(
    "short, name",
    [
        (layers.Sigmoid, "sigmoid"),
        (layers.Tanh, "tanh"),
        (layers.ReLU, "relu"),
        (layers.LeakyReLU, "leaky_relu"),
        (layers.ELU, "elu"),
        (layers.SELU, "selu"),
        (layers.GELU, "gelu"),
        (layers.SiLU, "silu"),
        (layers.Softplus, "softplus"),
    ],
)
def test_short_names(short, name):
    assert short().function is ACTIVATIONS[name][0]
    assert short().derivative is ACTIVATIONS[name][1]


def test_activations_take_the_options_of_their_function():
    layer = layers.LeakyReLU(slope=0.2)
    assert layer.forward(np.array([-1.0, 2.0])).tolist() == [-0.2, 2]
    assert layer.backward(np.ones(2)).tolist() == [0.2, 1]
    with pytest.raises(TypeError, match="slop"):
        layers.LeakyReLU(slop=0.2)
    with pytest.raises(ValueError, match="^alpha must be a finite number, got nan"):
        layers.ELU(alpha=np.nan)


def test_dropout_in_training(rng):
    x = np.ones((400, 500), np.float32)
    net = Network([Dropout(0.2, rng)], rng=rng)
    y = net.forward(x, training=True)
    assert set(np.unique(y)) == {0, np.float32(1.25)}
    assert np.mean(y == 0) == pytest.approx(0.2, abs=5 * np.sqrt(0.2 * 0.8 / x.size))
    assert np.array_equal(net.backward(x), y)  # the same mask on the way back
    assert not np.array_equal(net.forward(x, training=True), y)  # a new one in the next step


def test_dropout_is_off_outside_of_training(rng):
    x = rng.normal(size=(4, 5)).astype(np.float32)
    net = Network([Dropout(0.9, rng)], rng=rng)
    net.forward(x, training=True)
    assert np.array_equal(net(x), x) and np.array_equal(net.backward(x), x)
    net.layers[0].p = 0.0
    assert np.array_equal(net.forward(x, training=True), x)


@pytest.mark.parametrize("shape", [(200, 30), (200, 5, 2, 3)])
def test_dropout_decides_for_every_number_of_every_sample(shape, rng):
    """One mask for the whole batch would have rows that agree."""
    net = Network([Dropout(0.5, rng)], rng=rng)
    dropped = net.forward(np.ones(shape, np.float32), training=True).reshape(200, 30) == 0
    for part in [dropped, dropped.T]:
        agree = [np.mean(a == b) for a, b in zip(part[:-1], part[1:], strict=True)]
        assert max(agree) < 1 and np.mean(agree) == pytest.approx(0.5, abs=0.05)


def test_dropout_gradient(rng):
    drop = Dropout(0.4, rng)
    net = build([Linear(4, 6), drop, Linear(6, 3)], rng)
    x, r = rng.normal(size=(5, 4)), rng.normal(size=(5, 3))

    def value_and_grad(theta):
        drop.rng = np.random.default_rng(7)  # the same units every time
        net.params[:] = theta
        y = net.forward(x, training=True)
        net.backward(r)
        return float(np.sum(r * y)), net.grads.copy()

    from nnlib.gradcheck import check_gradient

    assert check_gradient(value_and_grad, net.params.copy()) < 1e-8


def test_flatten(rng):
    x = rng.normal(size=(5, 2, 3, 4))
    net = build([Flatten()], rng)
    assert np.array_equal(net(x), x.reshape(5, 24))
    assert np.array_equal(net.backward(net(x)), x)


@pytest.mark.parametrize(
    "layer, shape",
    [
        (lambda rng: Linear(4, 3), (5, 4)),
        (lambda rng: PReLU(4), (5, 4)),
        (lambda rng: Softmax(), (5, 4)),
        (lambda rng: Dropout(0.5, rng), (5, 4)),
        (lambda rng: Flatten(), (5, 2, 2)),
        *[(lambda rng, name=name: Activation(name), (5, 4)) for name in ACTIVATIONS],
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("training", [False, True])
def test_precision_is_kept(layer, shape, dtype, training, rng):
    net = Network([layer(rng)], rng=rng, dtype=dtype)
    y = net.layers[0].forward(rng.normal(size=shape).astype(dtype), training)
    assert y.dtype == dtype and net.layers[0].backward(y).dtype == dtype
    assert net.params.dtype == net.grads.dtype == dtype


def test_repr():
    assert repr(Linear(3, 2)) == "Linear(3, 2)"
    assert repr(Linear(3, 2, bias=False)) == "Linear(3, 2, bias=False)"
    assert repr([ReLU(), Softmax(), PReLU(4)]) == "[Activation('relu'), Softmax(), PReLU(4)]"
    assert repr(layers.LeakyReLU(slope=0.2)) == "Activation('leaky_relu', slope=0.2)"
    assert repr(Dropout(0.1, np.random.default_rng(0))) == "Dropout(0.1)"


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: Linear(0, 2), ValueError, "^n_in must be a whole number >= 1, got 0"),
        (lambda: Linear(3, 2.5), ValueError, "^n_out must be a whole number >= 1, got 2.5"),
        (lambda: Linear(3, 2, init="he"), TypeError, "^init must be a function .* got 'he'"),
        (lambda: PReLU(-1), ValueError, "^n must be a whole number"),
        (lambda: Activation(["relu"]), ValueError, r"^name must be one of heav.* got \['relu'\]"),
        (lambda: Activation("rellu"), ValueError, "^name must be one of heaviside, .* got 'rellu'"),
        (
            lambda: Dropout(1, np.random.default_rng(0)),
            ValueError,
            r"^p must be a number in \[0, 1\)",
        ),
        (lambda: Dropout(0.5, None), TypeError, "^rng must be a Generator"),
    ],
)
def test_bad_options(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "layer, shape, message",
    [
        (
            Linear(3, 2),
            (5, 4),
            r"^Linear\(3, 2\) takes x of shape \(N, 3\) or \(N, T, 3\), got \(5, 4\)",
        ),
        (
            Linear(3, 2),
            (3,),
            r"^Linear\(3, 2\) takes x of shape \(N, 3\) or \(N, T, 3\), got \(3,\)",
        ),
        (
            Linear(3, 2),
            (5, 1, 4),
            r"^Linear\(3, 2\) takes x of shape \(N, 3\) or \(N, T, 3\), got \(5, 1, 4\)",
        ),
        (Linear(3, 2), (5, 1, 1, 3), r"^Linear\(3, 2\) takes .*, got \(5, 1, 1, 3\)"),
        (PReLU(3), (5, 4), r"^PReLU\(3\) takes x of shape \(N, 3\) or"),
    ],
)
def test_bad_shapes(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer.forward(np.ones(shape))


def test_too_early():
    with pytest.raises(AttributeError, match="^Linear has no 'W' .*put into a Network"):
        Linear(3, 2).forward(np.ones((1, 3)))
    with pytest.raises(AttributeError, match="^ReLU has no 'x' .*forward has run"):
        ReLU().backward(np.ones((1, 3)))
    with pytest.raises(NotImplementedError):
        layers.Layer().forward(np.ones(3))
    with pytest.raises(NotImplementedError):
        layers.Layer().backward(np.ones(3))


@pytest.mark.parametrize(
    "layer, shape",
    [
        (lambda rng: Linear(4, 3), (5, 4)),
        (lambda rng: PReLU(4), (5, 4)),
        (lambda rng: Softmax(), (5, 4)),
        (lambda rng: Flatten(), (5, 4, 1)),
        (lambda rng: Dropout(0.5, rng), (5, 4)),
        *[(lambda rng, name=name: Activation(name), (5, 4)) for name in ACTIVATIONS],
    ],
)
def test_samples_do_not_see_each_other(layer, shape, rng):
    """The output of a sample is the same alone and in company, and so is its gradient."""
    net = build([layer(rng)], rng)
    x, dy = off_kinks(rng, shape), rng.normal(size=net(np.ones(shape)).shape)
    y, dx = net(x), net.backward(dy)
    for i in range(5):
        assert np.allclose(net(x[i : i + 1]), y[i : i + 1], rtol=0, atol=1e-14)
        assert np.allclose(net.backward(dy[i : i + 1]), dx[i : i + 1], rtol=0, atol=1e-14)


@pytest.mark.parametrize("layer", [Linear(4, 3), Linear(4, 3, bias=False)])
def test_without_dx_the_parameters_get_the_same_gradients(layer, rng):
    net, x, dy = build([layer], rng), rng.normal(size=(5, 4)), rng.normal(size=(5, 3))
    net(x)
    net.backward(dy)
    whole = net.grads.copy()
    net.grads = 0
    assert layer.backward(dy, needs_dx=False) is None and np.array_equal(net.grads, whole)


def test_an_init_of_another_shape_is_refused(rng):
    for init_ in [lambda shape, rng: np.ones(shape[::-1]), lambda shape, rng: np.ones(shape[1])]:
        with pytest.raises(ValueError, match=r"^W must be a number or an array of shape \(3, 2\)"):
            Network([Linear(3, 2, init=init_)], rng=rng)
    with pytest.raises(
        TypeError, match=r"^init must be a function .* got an array of shape \(3, 2\)"
    ):
        Linear(3, 2, init=np.ones((3, 2)))
