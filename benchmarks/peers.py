"""The same training in other libraries, each written as its own documentation recommends."""

import time

import jax
import jax.numpy as jnp
import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.utils._testing import ignore_warnings

NAMES = {
    "torch": "PyTorch eager, fused",
    "loader": "PyTorch with DataLoader",
    "default": "PyTorch, default Adam",
    "fused": "PyTorch, fused Adam",
    "sklearn": "scikit-learn",
    "jax": "JAX, one jitted scan",
}
torch.set_flush_denormal(True)


def set_threads(threads):
    torch.set_num_threads(threads)


def torch_net(sizes, normed=False):
    layers = []
    for n_in, n_out in zip(sizes[:-2], sizes[1:-1], strict=True):
        layers += [torch.nn.Linear(n_in, n_out, bias=not normed)]
        layers += [torch.nn.BatchNorm1d(n_out)] if normed else []
        layers += [torch.nn.ReLU()]
    return torch.nn.Sequential(*layers, torch.nn.Linear(*sizes[-2:]))


def torch_lenet():
    """The network of `benchmarks.convolution.lenet`."""
    nn = torch.nn
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 120), nn.ReLU()),
        *(nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )


def torch_optimizer(net, kind, fused):
    if kind == "adam":
        return torch.optim.Adam(net.parameters(), lr=1e-3, fused=fused)
    weights = [p for p in net.parameters() if p.ndim > 1]
    others = [p for p in net.parameters() if p.ndim == 1]
    groups = [{"params": weights, "weight_decay": 4e-4}, {"params": others}]
    return torch.optim.SGD(groups, lr=0.02, fused=fused)


def torch_epoch(X, y, batch, net, kind, *, fused):
    torch.manual_seed(0)
    net = net()
    optimizer = torch_optimizer(net, kind, fused)
    loss = torch.nn.CrossEntropyLoss()
    start = time.perf_counter()
    X, y = torch.from_numpy(X), torch.from_numpy(y)
    for rows in torch.randperm(len(X)).split(batch):
        optimizer.zero_grad()
        loss(net(X[rows]), y[rows]).backward()
        optimizer.step()
    return time.perf_counter() - start


def torch_steps(sizes, kind, steps):
    """Seconds of so many updates by a fused optimizer, by one gradient."""
    torch.manual_seed(0)
    net = torch_net(sizes)
    optimizer = torch_optimizer(net, kind, fused=True)
    for p in net.parameters():
        p.grad = 1e-3 * torch.randn_like(p)
    start = time.perf_counter()
    for _ in range(steps):
        optimizer.step()
    return time.perf_counter() - start


def torch_loader_epoch(X, y, batch, sizes):
    torch.manual_seed(0)
    net = torch_net(sizes)
    optimizer = torch_optimizer(net, "sgd", fused=True)
    loss = torch.nn.CrossEntropyLoss()
    start = time.perf_counter()
    data = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(y))
    for inputs, labels in torch.utils.data.DataLoader(data, batch_size=batch, shuffle=True):
        optimizer.zero_grad()
        loss(net(inputs), labels).backward()
        optimizer.step()
    return time.perf_counter() - start


@ignore_warnings(category=ConvergenceWarning)
def sklearn_epoch(X, y, batch, sizes):
    net = MLPClassifier(
        sizes[1:-1],
        solver="sgd",
        batch_size=batch,
        learning_rate_init=0.02,
        alpha=4e-4,
        momentum=0,
        max_iter=1,
        random_state=0,
    )
    start = time.perf_counter()
    net.fit(X, y)
    return time.perf_counter() - start


def _jax_loss(params, x, labels):
    (W1, b1), (W2, b2) = params
    logits = jax.nn.relu(x @ W1 + b1) @ W2 + b2
    return -jnp.mean(jax.nn.log_softmax(logits)[jnp.arange(len(labels)), labels])


@jax.jit
def _jax_scan(params, X, y, rows):
    def step(params, batch):
        grads = jax.grad(_jax_loss)(params, X[batch], y[batch])
        decay = 1 - 0.02 * 4e-4
        return [
            (decay * W - 0.02 * dW, b - 0.02 * db)
            for (W, b), (dW, db) in zip(params, grads, strict=True)
        ], None

    return jax.lax.scan(step, params, rows)[0]


def jax_epoch(X, y, batch, sizes):
    rng = np.random.default_rng(0)
    params = [
        (jnp.asarray(rng.normal(0, (2 / m) ** 0.5, (m, n)), jnp.float32), jnp.zeros(n))
        for m, n in zip(sizes[:-1], sizes[1:], strict=True)
    ]
    X, y = jnp.asarray(X), jnp.asarray(y)
    start = time.perf_counter()
    rows = rng.permutation(len(X))[: len(X) // batch * batch].reshape(-1, batch)
    jax.block_until_ready(_jax_scan(params, X, y, rows))
    return time.perf_counter() - start


def torch_recipe(X, y, recipe, seed):
    """Train by a recipe with one hidden layer, Adam and one-cycle: its seconds, and predict."""
    start = time.perf_counter()
    torch.manual_seed(seed)
    net = torch_net((X.shape[1], *recipe.hidden, 10))
    X, y = torch.from_numpy(X), torch.from_numpy(y)
    optimizer = torch.optim.Adam(net.parameters(), lr=recipe.lr, betas=(0.9, 0.99), fused=True)
    steps = recipe.epochs * -(-len(X) // recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.lr, total_steps=steps)
    loss = torch.nn.CrossEntropyLoss(label_smoothing=recipe.smoothing)
    for _ in range(recipe.epochs):
        for rows in torch.randperm(len(X)).split(recipe.batch):
            optimizer.zero_grad()
            loss(net(X[rows]), y[rows]).backward()
            optimizer.step()
            schedule.step()
    seconds = time.perf_counter() - start

    def predict(images):
        with torch.no_grad():
            return net(torch.from_numpy(images)).argmax(1).numpy()

    return seconds, predict
