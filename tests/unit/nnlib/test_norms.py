import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layer_checks import build, gradient_errors, torch_errors

from nnlib.gradcheck import relative_error
from nnlib.layers import Linear
from nnlib.losses import mse
from nnlib.network import Network
from nnlib.norms import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm

ROWS, IMAGES, TOKENS = (7, 6), (3, 6, 5, 4), (2, 7, 6)
CASES = [
    (lambda: BatchNorm(6), ROWS),
    (lambda: BatchNorm(6), IMAGES),
    (lambda: InstanceNorm(6), IMAGES),
    (lambda: GroupNorm(2, 6), IMAGES),
    (lambda: GroupNorm(2, 6), ROWS),
    (lambda: LayerNorm(6), ROWS),
    (lambda: LayerNorm(6), TOKENS),
    (lambda: LayerNorm((6, 5, 4)), IMAGES),
    (lambda: RMSNorm(6), TOKENS),
    (lambda: RMSNorm((5, 4)), IMAGES),
]
cases = pytest.mark.parametrize("norm, shape", CASES)


def data(rng, shape):
    """Numbers whose channels have means and scales of their own."""
    return rng.normal(size=shape) * 2 + np.arange(shape[-1]) - 1


@cases
@pytest.mark.parametrize("training", [True, False])
def test_gradients(norm, shape, training, rng):
    net = build([norm()], rng)
    net.forward(data(rng, shape), training=True)  # gives batch norm averages to use afterwards
    assert max(gradient_errors(net, data(rng, shape), rng, training)) < 1e-7


@cases
def test_against_torch(torch, norm, shape, rng):
    F = torch.nn.functional
    net = build([norm()], rng)
    layer = net.layers[0]
    theirs = {
        BatchNorm: lambda x, gamma, beta: F.batch_norm(x, None, None, gamma, beta, True),
        InstanceNorm: lambda x, gamma, beta: F.instance_norm(x, weight=gamma, bias=beta),
        GroupNorm: lambda x, gamma, beta: F.group_norm(x, layer.groups, gamma, beta),
        LayerNorm: lambda x, gamma, beta: F.layer_norm(x, layer.shape, gamma, beta),
        RMSNorm: lambda x, gamma: F.rms_norm(x, layer.shape, gamma, eps=1e-5),
    }[type(layer)]
    names = list(layer.param_shapes())
    assert max(torch_errors(torch, net, data(rng, shape), theirs, names, rng)) < 1e-10


@pytest.mark.parametrize("shape", [ROWS, IMAGES])
def test_running_averages_against_torch(torch, shape, rng):
    net = build([BatchNorm(6, decay=0.7, eps=1e-3)], rng)
    layer = net.layers[0]
    make = torch.nn.BatchNorm1d if len(shape) == 2 else torch.nn.BatchNorm2d
    twin = make(6, eps=1e-3, momentum=1 - 0.7, dtype=torch.float64)
    with torch.no_grad():
        twin.weight.copy_(torch.tensor(layer.gamma))
        twin.bias.copy_(torch.tensor(layer.beta))
    for _ in range(5):
        x = data(rng, shape)
        y = twin(torch.tensor(x)).detach().numpy()
        assert relative_error(net.forward(x, training=True), y) < 1e-10
    assert relative_error(layer.running_mean, twin.running_mean.numpy()) < 1e-10
    assert relative_error(layer.running_var, twin.running_var.numpy()) < 1e-10
    twin.eval()
    x = torch.tensor(data(rng, shape), requires_grad=True)
    y = twin(x)
    r = rng.normal(size=shape)
    (y * torch.tensor(r)).sum().backward()
    assert relative_error(net(x.detach().numpy()), y.detach().numpy()) < 1e-10
    assert relative_error(net.backward(r), x.grad.numpy()) < 1e-10
    assert relative_error(layer.dgamma, twin.weight.grad.numpy()) < 1e-10


@pytest.mark.parametrize(
    "norm, shape, axes",
    [
        (BatchNorm(6), IMAGES, (0, 2, 3)),
        (BatchNorm(6), ROWS, 0),
        (InstanceNorm(6), IMAGES, (2, 3)),
        (LayerNorm((6, 5, 4)), IMAGES, (1, 2, 3)),
        (LayerNorm(6), TOKENS, 2),
    ],
)
def test_mean_0_and_variance_1_over_these_axes(norm, shape, axes, rng):
    y = Network([norm], rng=rng, dtype=np.float64).forward(data(rng, shape), training=True)
    assert np.allclose(y.mean(axes), 0, atol=1e-12) and np.allclose(y.var(axes), 1, atol=1e-3)


def test_rms_norm_divides_by_the_root_mean_square(rng):
    x = data(rng, TOKENS)
    y = Network([RMSNorm(6, eps=1e-12)], rng=rng, dtype=np.float64)(x)
    assert np.allclose(y, x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True)))


def twins(one, two, rng):
    """Two networks of one norm each, with the same γ and β per channel."""
    nets = [build([one], rng), build([two], rng)]
    gamma, beta = rng.normal(size=6), rng.normal(size=6)
    for net in nets:
        layer = net.layers[0]
        shape = (-1, 1, 1) if layer.gamma.ndim == 3 else (-1,)
        layer.gamma[:], layer.beta[:] = gamma.reshape(shape), beta.reshape(shape)
    return nets


@pytest.mark.parametrize(
    "one, two",
    [
        (lambda: GroupNorm(1, 6), lambda: LayerNorm((6, 5, 4))),
        (lambda: GroupNorm(6, 6), lambda: InstanceNorm(6)),
    ],
)
@given(seed=st.integers(0, 10**6), size=st.sampled_from([1e-3, 1, 1e3]))
def test_group_norm_contains_the_others(one, two, seed, size):
    rng = np.random.default_rng(seed)
    a, b = twins(one(), two(), rng)
    x, r = data(rng, IMAGES) * size, rng.normal(size=IMAGES)
    assert relative_error(a(x), b(x)) < 1e-12
    assert relative_error(a.backward(r), b.backward(r)) < 1e-10


@given(seed=st.integers(0, 10**6), size=st.floats(0.01, 100), shift=st.floats(-10, 10))
def test_batch_norm_ignores_scale_and_shift(seed, size, shift):
    rng = np.random.default_rng(seed)
    net = build([BatchNorm(6, eps=1e-12)], rng)
    x = data(rng, ROWS)
    assert np.allclose(net.forward(size * x + shift, True), net.forward(x, True), atol=1e-6)


@given(seed=st.integers(0, 10**6), size=st.floats(0.01, 100))
def test_layer_and_rms_norm_ignore_the_scale(seed, size):
    rng = np.random.default_rng(seed)
    x = data(rng, TOKENS)
    for norm in [LayerNorm(6, eps=1e-12), RMSNorm(6, eps=1e-12)]:
        net = build([norm], rng)
        assert np.allclose(net(size * x), net(x), atol=1e-6)


def test_a_bias_before_batch_norm_is_useless(rng):
    net = build([Linear(4, 6), BatchNorm(6)], rng)
    net.value_and_grad(mse, rng.normal(size=(7, 4)), rng.normal(size=(7, 6)))
    assert np.abs(net.layers[0].db).max() < 1e-15 < np.abs(net.layers[0].dW).max()


@pytest.mark.parametrize("norm, shape", CASES[:-2])  # an RMS norm subtracts no mean
def test_a_constant_input_gives_beta(norm, shape, rng):
    net = build([norm()], rng)
    y = net.forward(np.full(shape, 7.0), training=True)
    beta = net.layers[0].beta
    assert np.allclose(y, beta.reshape(-1, 1, 1) if y.ndim == 4 and beta.ndim == 1 else beta)
    assert np.isfinite(net.backward(np.ones(shape))).all()


@cases
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("training", [True, False])
def test_precision_is_kept(norm, shape, dtype, training, rng):
    net = Network([norm()], rng=rng, dtype=dtype)
    y = net.layers[0].forward(data(rng, shape).astype(dtype), training)
    dx = net.layers[0].backward(y)
    assert y.dtype == dx.dtype == net.params.dtype == net.grads.dtype == net.state.dtype == dtype
    assert y.shape == dx.shape == shape


def test_start_values_and_state(rng, tmp_path):
    net = Network([Linear(4, 6, bias=False), BatchNorm(6), Linear(6, 3), LayerNorm(3)], rng=rng)
    norm = net.layers[1]
    assert np.all(norm.gamma == 1) and np.all(norm.beta == 0)
    assert np.all(norm.running_mean == 0) and np.all(norm.running_var == 1)
    assert net.state.shape == (12,) and len(net.weights) == 2
    net.forward(rng.normal(size=(5, 4)), training=True)
    assert norm.running_mean.base is net.state and norm.running_var.base is net.state
    assert np.array_equal(net.state, np.concatenate([norm.running_mean, norm.running_var]))
    assert not np.any(net.state[:6] == 0)
    before = net.state.copy()
    net(rng.normal(size=(5, 4)))
    assert np.array_equal(net.state, before)  # only training moves the averages

    net.save(tmp_path / "net.npz")
    other = Network([Linear(4, 6, bias=False), BatchNorm(6), Linear(6, 3), LayerNorm(3)], rng=rng)
    other.load(tmp_path / "net.npz")
    x = rng.normal(size=(5, 4))
    assert np.array_equal(other.state, before) and np.array_equal(other(x), net(x))


def test_two_samples_are_a_batch(rng):
    net = Network([BatchNorm(1, eps=1e-12)], rng=rng, dtype=np.float64)
    y = net.forward(np.array([[3.0], [7.0]]), training=True)
    assert np.allclose(y, [[-1], [1]])
    assert np.allclose(net.state, [0.1 * 5, 0.9 + 0.1 * 8])  # the variance: 4, with m / (m - 1), 8


def test_no_tokens_have_no_mean(rng):
    norm = build([LayerNorm(3)], rng).layers[0]
    assert norm.forward(np.zeros((0, 3))).shape == norm.backward(np.zeros((0, 3))).shape == (0, 3)


def test_repr():
    norms = [BatchNorm(3), InstanceNorm(3), GroupNorm(1, 3), LayerNorm(3), RMSNorm((3, 2))]
    assert repr(norms) == (
        "[BatchNorm(3, decay=0.9, eps=1e-05), InstanceNorm(3, eps=1e-05), "
        "GroupNorm(1, 3, eps=1e-05), LayerNorm((3,), eps=1e-05), RMSNorm((3, 2), eps=1e-05)]"
    )
    assert LayerNorm([3, 4], eps=0.1).param_shapes() == {"gamma": (3, 4), "beta": (3, 4)}


def test_networks_that_differ_in_eps_do_not_load_each_other(rng, tmp_path):
    Network([BatchNorm(3, eps=1e-3)], rng=rng).save(tmp_path / "net.npz")
    with pytest.raises(ValueError, match=r"^path must hold .*eps=1e-05.* got one of .*eps=0\.001"):
        Network([BatchNorm(3)], rng=rng).load(tmp_path / "net.npz")


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: BatchNorm(0), "^n must be a whole number >= 1, got 0"),
        (lambda: BatchNorm(3, decay=1), r"^decay must be a number in \[0, 1\), got 1"),
        (lambda: BatchNorm(3, eps=0), "^eps must be a positive number, got 0"),
        (lambda: GroupNorm(4, 6), "^groups must divide n = 6, got 4"),
        (lambda: GroupNorm(0, 6), "^groups must be a whole number >= 1, got 0"),
        (lambda: LayerNorm(2.5), "^shape must be a whole number >= 1, got 2.5"),
        (lambda: RMSNorm((3, 0)), "^shape must be a whole number >= 1, got 0"),
        (lambda: LayerNorm(3, eps=-1), "^eps must be a positive number, got -1"),
    ],
)
def test_bad_options(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    "norm, shape, message",
    [
        (
            BatchNorm(3),
            (5, 4),
            r"^BatchNorm\(3, decay=0.9, eps=1e-05\) takes x of shape \(N, 3\) or",
        ),
        (
            BatchNorm(3),
            (1, 3),
            r"^BatchNorm\(.*\) takes two or more samples in training.*batch_size",
        ),
        (
            InstanceNorm(3),
            (5, 3),
            r"^InstanceNorm\(.*\) takes x of shape \(N, 3, H, W\), got \(5, 3\)",
        ),
        (InstanceNorm(3), (5, 4, 2, 2), r"^InstanceNorm\(3, .*\) takes x of shape \(N, 3\) or"),
        (GroupNorm(1, 3), (5,), r"^GroupNorm\(1, 3, .*\) takes x of shape"),
        (LayerNorm(3), (5, 4), r"^LayerNorm\(\(3,\), .*\) takes x whose last axes are \(3,\), got"),
        (RMSNorm(3), (3,), r"^RMSNorm\(\(3,\), .*\) takes x whose last axes are"),
    ],
)
def test_bad_shapes(norm, shape, message, rng):
    with pytest.raises(ValueError, match=message):
        Network([norm], rng=rng).forward(np.ones(shape), training=True)


def test_an_image_of_one_pixel_has_no_spread():
    with pytest.raises(ValueError, match="^InstanceNorm.* takes images of two or more pixels"):
        Network([InstanceNorm(3)], rng=np.random.default_rng(0))(np.ones((2, 3, 1, 1)))
    with pytest.raises(ValueError, match="^shape must hold at least one length"):
        LayerNorm(())
