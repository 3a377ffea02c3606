"""The sequences, networks and recurrent layers of the chapter on attention."""

import numpy as np
import pytest
from layer_checks import build, gradient_errors

from nnbook.attention.learners import KINDS, block, learn_task, read, right
from nnbook.attention.sequences import EQUALS, deal, echo, written
from nnbook.attention.through_time import NormedRNN, truncated
from nnbook.runs import packed
from nnlib.gradcheck import relative_error
from nnlib.network import Network
from nnlib.recurrence import GRU, LSTM, RNN


def test_a_sequence_is_question_sign_and_answer(rng):
    X, target = deal("sort", 50, 4, rng)
    assert X.shape == target.shape == (50, 8)
    assert (X[:, 4] == EQUALS).all() and (target[:, :4] == -1).all()
    assert np.array_equal(np.sort(X[:, :4]), target[:, 4:])
    assert np.array_equal(X[:, 5:], target[:, 4:-1])
    X, target = deal("reverse", 50, 4, rng)
    assert np.array_equal(X[:, 3::-1], target[:, 4:])
    assert written([2, 7, EQUALS, 7]) == "27=7"


def test_an_echo_comes_later(rng):
    X, target = echo(20, 9, 4, rng)
    assert np.array_equal(target[:, 4:], X[:, :5]) and (target[:, :4] == -1).all()


@pytest.mark.parametrize("kind", KINDS)
def test_learning_is_the_same_each_time(kind):
    first, second = (learn_task(kind, "sort", 3, 0.01, 2, steps=40) for _ in range(2))
    assert np.array_equal(first.params, second.params)
    start = Network(KINDS[kind](6), rng=np.random.default_rng(2))
    assert not np.array_equal(first.params, start.params)


def test_answers_that_are_asked_are_compared(rng):
    X, target = deal("reverse", 6, 3, rng)

    def net(X):
        return np.where(target[0, :, None] < 0, 0.0, np.eye(10)[target])

    assert right(net, X, target).shape == (6, 3) and right(net, X, target).all()
    other = target.copy()
    other[0, 5] = (other[0, 5] + 1) % 10
    assert np.argwhere(~right(net, X, other)).tolist() == [[0, 2]]


def test_a_row_is_right_where_the_network_would_have_written_it():
    net = learn_task("transformer", "sort", 3, 0.01, 0, steps=60)
    X, target = deal("sort", 200, 3, np.random.default_rng(5))
    text = X[:, :4]
    for _ in range(3):
        text = np.hstack([text, net(text)[:, -1].argmax(axis=1)[:, None]])
    whole = (text[:, 4:] == target[:, 3:]).all(axis=1)
    assert np.array_equal(right(net, X, target).all(axis=1), whole)
    assert 0 < whole.mean() < 1


@pytest.mark.parametrize("axis", [0, 1])
def test_gradients_of_a_recurrent_layer_with_a_norm(axis, rng):
    net = build([NormedRNN(3, 5, axis)], rng)
    assert max(gradient_errors(net, rng.normal(size=(4, 6, 3)), rng)) < 1e-6
    net(rng.normal(size=(4, 6, 3)))
    z_hat = net.layers[0].kept[-1][1]
    np.testing.assert_allclose(z_hat.mean(axis=axis), 0, atol=1e-12)
    np.testing.assert_allclose(z_hat.std(axis=axis), 1, atol=1e-3)


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_a_truncated_gradient_is_that_of_pieces(kind, rng):
    """Each piece starts from the state that the last one left, and sees nothing of its gradient."""
    net = build([truncated(kind, 3)(2, 4)], rng)
    pieces = Network([kind(2, 4)], rng=rng, dtype=np.float64)
    pieces.params = net.params
    x, dy = rng.normal(size=(2, 8, 2)), rng.normal(size=(2, 8, 4))
    y, dx = net(x), net.backward(dy)
    total = np.zeros_like(net.grads)
    layer, state = pieces.layers[0], pieces.layers[0].start(2, np.float64)
    plain = layer.start
    for t in range(0, 8, 3):
        layer.start = lambda n, dtype, state=state: state
        assert np.allclose(pieces(x[:, t : t + 3]), y[:, t : t + 3])
        state, layer.start = layer.states[-1], plain
        assert np.allclose(pieces.backward(dy[:, t : t + 3]), dx[:, t : t + 3])
        total += pieces.grads
    assert relative_error(net.grads, total) < 1e-12


def test_the_record_is_read():
    row = {"kind": "LSTM", "task": "sort", "n": 5, "parameters": 7, "lr": 0.1}
    row |= {"rates": [0.1], "digits": [0.7] * 3, "right": [packed(np.arange(20) % 2 == 0)] * 3}
    found = read({"sequences": 20, "found": [row]})["LSTM", "sort", 5]
    assert found.right.shape == (3, 20) and found.right.mean() == 0.5 and found.parameters == 7
    assert found.digits.tolist() == [0.7] * 3


def test_a_block_against_torch(torch, rng):
    d, heads, T = 8, 2, 5
    net = build(block(d, heads), rng)
    theirs = torch.nn.TransformerEncoderLayer(
        d, heads, 4 * d, dropout=0, batch_first=True, norm_first=True, dtype=torch.float64
    )
    (norm1, attention), (norm2, wide, _, narrow) = (part.layers for part in net.layers)
    pairs = [
        (theirs.self_attn.in_proj_weight, np.hstack([part.W for part in attention.layers[:3]]).T),
        (theirs.self_attn.in_proj_bias, np.hstack([part.b for part in attention.layers[:3]])),
        *((to.weight, ours.W.T) for to, ours in torch_layers(theirs, attention, wide, narrow)),
        *((to.bias, ours.b) for to, ours in torch_layers(theirs, attention, wide, narrow)),
        *((to.weight, ours.gamma) for to, ours in ((theirs.norm1, norm1), (theirs.norm2, norm2))),
        *((to.bias, ours.beta) for to, ours in ((theirs.norm1, norm1), (theirs.norm2, norm2))),
    ]
    with torch.no_grad():
        for parameter, values in pairs:
            parameter[:] = torch.tensor(values)
    x, dy = rng.normal(size=(2, 3, T, d))
    x_torch = torch.tensor(x, requires_grad=True)
    later = torch.triu(torch.ones(T, T, dtype=torch.bool), 1)
    y_torch = theirs(x_torch, src_mask=later)
    (y_torch * torch.tensor(dy)).sum().backward()
    assert relative_error(net(x), y_torch.detach().numpy()) < 1e-10
    assert relative_error(net.backward(dy), x_torch.grad.numpy()) < 1e-10
    for (to, _), dW in zip(torch_layers(theirs, attention, wide, narrow),
                           (attention.mix.dW, wide.dW, narrow.dW), strict=True):  # fmt: skip
        assert relative_error(dW.T, to.weight.grad.numpy()) < 1e-10


def torch_layers(theirs, attention, wide, narrow):
    """Their dense layers, each with ours."""
    return [
        (theirs.self_attn.out_proj, attention.mix),
        (theirs.linear1, wide),
        (theirs.linear2, narrow),
    ]
