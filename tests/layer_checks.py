"""Help for the tests of layers: gradient checks, and the same computation in PyTorch."""

import numpy as np

from nnlib.gradcheck import check_gradient, relative_error
from nnlib.network import Network


def build(layers, rng, dtype=np.float64):
    """A network whose biases, shifts and scales are not the tidy 0 and 1 that hide mistakes."""
    net = Network(layers, rng=rng, dtype=dtype)
    net.params += rng.normal(size=net.params.shape).astype(dtype) * 0.3
    return net


def gradient_errors(net, x, rng, training=True):
    """Relative errors of the gradients of sum(r * y), for random r: (of params, of the input)."""
    r = rng.normal(size=net.forward(x, training).shape)

    def of_params(theta):
        net.params[:] = theta
        y = net.forward(x, training)
        net.backward(r)
        return float(np.sum(r * y)), net.grads.copy()

    def of_input(x):
        y = net.forward(x, training)
        return float(np.sum(r * y)), net.backward(r)

    return check_gradient(of_params, net.params.copy()), check_gradient(of_input, x)


def torch_errors(torch, net, x, theirs, names, rng, training=True):
    """Relative errors of y, dx and the parameters' gradients against ``theirs(x, **params)``."""
    layer = net.layers[0]
    tensors = {name: torch.tensor(getattr(layer, name), requires_grad=True) for name in names}
    x_torch = torch.tensor(x, requires_grad=True)
    y_torch = theirs(x_torch, **tensors)
    y = net.forward(x, training)
    r = rng.normal(size=y.shape)
    (y_torch * torch.tensor(r)).sum().backward()
    dx = net.backward(r)
    errors = [relative_error(y, y_torch.detach().numpy()), relative_error(dx, x_torch.grad.numpy())]
    for name, tensor in tensors.items():
        errors.append(relative_error(getattr(layer, "d" + name), tensor.grad.numpy()))
    return errors
