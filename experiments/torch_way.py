"""The PyTorch way: a Module, a DataLoader, Adam with weight decay, 30 epochs. How good is it?

PyTorch's own initialization, Adam with lr 2e-4 and ``weight_decay=2e-4`` (added to the gradient, of
biases too), batches of 64, a constant learning rate: 784-600-10, as a tutorial would train it.
"""

from time import perf_counter

import numpy as np

from .running import arrays, held, percent

COST = "5 minutes"
SEEDS = [0, 1, 2]
RECIPE = {
    "hidden": [600],
    "optimizer": "Adam",
    "lr": 2e-4,
    "weight_decay": 2e-4,
    "batch": 64,
    "epochs": 30,
}


def experiment(run):
    records = run(one_seed, [{"seed": seed} for seed in SEEDS])
    return {"recipe": RECIPE, "test_accuracy": percent(records), "runs": records}


def one_seed(seed, recipe=RECIPE, threads=1):
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = torch.nn.Linear(784, *recipe["hidden"])
            self.output = torch.nn.Linear(*recipe["hidden"], 10)

        def forward(self, x):
            return self.output(torch.relu(self.hidden(x)))

    X, y, X_test, y_test = arrays("test")
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    data = TensorDataset(torch.from_numpy(X), torch.from_numpy(y))
    loader = DataLoader(data, batch_size=recipe["batch"], shuffle=True)
    net, cross_entropy = Net(), torch.nn.CrossEntropyLoss()
    adam = torch.optim.Adam(net.parameters(), lr=recipe["lr"], weight_decay=recipe["weight_decay"])
    losses, start = [], perf_counter()
    for _ in range(recipe["epochs"]):
        total = 0.0
        for inputs, labels in loader:
            adam.zero_grad()
            loss = cross_entropy(net(inputs), labels)
            loss.backward()
            adam.step()
            total += len(labels) * loss.item()
        losses.append(total / len(X))
    seconds = perf_counter() - start
    with torch.no_grad():
        pred = net(torch.from_numpy(X_test)).argmax(1).numpy().astype(np.int64)
    return {"seed": seed, "loss": losses, "seconds": seconds} | held(pred, y_test)
