"""The same network in PyTorch: same first weights, same batches. Are the losses the same?

100 steps of the `reference` network, in float32, with gradient descent and its L2 penalty.
"""

from dataclasses import asdict
from itertools import islice

import numpy as np

from nnlib.train import minibatches

from .reference import RECIPE
from .running import arrays

COST = "5 seconds"
SEEDS = [0]
STEPS = 100


def experiment(run):
    (pair,) = run(both, [{"seed": SEEDS[0]}])
    return {"recipe": asdict(RECIPE), "steps": STEPS, "limit": 1e-5, **pair}


def both(seed):
    import torch

    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    X, y, *_ = arrays("test")
    net = RECIPE.network(X.shape[1], rng)
    twin = in_torch(net)
    batches = list(islice(minibatches(X, y, RECIPE.batch, rng), STEPS))

    optimizer, ours = RECIPE.make_optimizer(net), []
    for X_batch, y_batch in batches:
        value, grads = net.value_and_grad(RECIPE.loss, X_batch, y_batch)
        optimizer.step(net.params, grads)
        ours.append(value)

    weights = [p for p in twin.parameters() if p.ndim > 1]
    biases = [p for p in twin.parameters() if p.ndim == 1]
    groups = [{"params": weights, "weight_decay": 2 * RECIPE.l2}, {"params": biases}]
    optimizer, theirs = torch.optim.SGD(groups, lr=RECIPE.lr), []
    for X_batch, y_batch in batches:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(
            twin(torch.from_numpy(X_batch)), torch.from_numpy(y_batch)
        )
        loss.backward()
        optimizer.step()
        theirs.append(loss.item())

    differences = [a - b for a, b in zip(ours, theirs, strict=True)]
    return {
        "nnlib_losses": ours,
        "differences": differences,
        "largest_difference": max(map(abs, differences)),
    }


def in_torch(net):
    """A dense ReLU network of ours as one of PyTorch's, whose W is (out, in)."""
    import torch

    layers = []
    for layer in net.layers[::2]:
        linear = torch.nn.Linear(layer.n_in, layer.n_out)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(layer.W.T))
            linear.bias.copy_(torch.from_numpy(layer.b))
        layers += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])
