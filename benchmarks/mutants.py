"""Mutants: is every formula of nnlib guarded by a test?

A test that cannot fail proves nothing. This script breaks a copy of the library in one place, a
flipped sign, a lost term, a wrong axis, another constant, and runs that file's unit tests, which
have to fail. It does so for every line of the table below, prints a table, and ends with exit
code 1 if

- a mutant survives: the tests are green although the library is wrong, or
- the text that a mutant replaces is no longer there, exactly once, in the function it names, so
  that the table is kept up to date with the library.

Run it with ``make mutants`` (a few minutes; it is not part of the test run), or for some files
only: ``python benchmarks/mutants.py optim losses``.
"""

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 300  # seconds; a mutant that never ends is caught, too

# file of nnlib: its mutants, one a line: function: old text => new text
TABLE = {
    "activations": """
        heaviside: z >= 0 => z > 0
        sigmoid: 1 + np.exp => 1 - np.exp
        sigmoid: np.minimum(z, 0) => np.maximum(z, 0)
        sigmoid_derivative: np.square(1 + e) => (1 + e)
        sigmoid_derivative: -np.abs => np.abs
        tanh_derivative: 1 - np.square(tanh(z)) => 1 - tanh(z)
        relu: np.maximum => np.minimum
        relu_derivative: z > 0 => z >= 0
        leaky_relu_derivative: (1 - step) => step
        prelu: slope * np.minimum(z, 0) => np.minimum(z, 0)
        elu: + number => - number
        elu_derivative: (1 - step) *  =>
        selu: SELU_ALPHA => 1.0
        selu_derivative: SELU_SCALE *  =>
        SELU_SCALE: 1.0507009873554805 => 1.0507
        normal_cdf: -math.sqrt(0.5) => math.sqrt(0.5)
        gelu_derivative: + near * np.exp => - near * np.exp
        gelu_derivative: math.sqrt(2 * math.pi) => math.sqrt(math.pi)
        silu_derivative: (1 + floats => (1 - floats
        softplus: + np.log1p => - np.log1p
        softmax: e.sum(axis, keepdims=True) => e.sum(0, keepdims=True)
        _minus_max: z.max(axis, keepdims=True) => z.max()
        log_softmax: z - np.log => z + np.log
    """,
    "losses": """
        _pair: .reshape(pred.shape) =>
        mse: 2 / error.size => 1 / error.size
        mse: 2 / error.size => 2 / len(error)
        mae: np.sign(error) => np.abs(error)
        mae: error.size => len(error)
        huber: error - clipped / 2 => error - clipped
        huber: -delta, delta => -1, 1
        hinge: margin > 0, -y => margin > 0, y
        hinge: 1 - y * score => 1 + y * score
        hinge: margin > 0 => margin > 1
        binary_cross_entropy: softplus(-z) => softplus(z)
        binary_cross_entropy: (1 - y) * softplus(z) => softplus(z)
        binary_cross_entropy: sigmoid(z) - y => y - sigmoid(z)
        _rows: np.count_nonzero(one_hot) < n => False
        _rows: np.newaxis] == np => np.newaxis] >= np
        softmax_cross_entropy: -float => float
        softmax_cross_entropy: + s / k =>
        softmax_cross_entropy: (1 - s) * q => q
        softmax_cross_entropy: (np.exp(log_p) - q) / n => np.exp(log_p) - q
        kl_divergence: log_q - log_p => log_p - log_q
        kl_divergence: (np.exp(log_p) - q) / len(q) => (np.exp(log_p) - q) / q.size
    """,
    "penalties": """
        L2.gradient: (2 * self.strength) * w => self.strength * w
        L2.value: self.strength * float => 0.5 * self.strength * float
        L1.value: np.abs(w) => w
        L1.gradient: np.sign(w) => w
        ElasticNet.value: self.l2.value(w) => self.l1.value(w)
        ElasticNet.gradient: + self.l2.gradient(w) =>
        max_norm: 0 if W.ndim == 2 => 1 if W.ndim == 2
        max_norm: np.sqrt(np.sum(squares, axis=incoming, keepdims=True)) => np.linalg.norm(W)
        max_norm: np.square(W, dtype=np.float64) => np.square(W)
        max_norm: else (1, 2, 3) => else (0, 2, 3)
        max_norm: np.maximum(norms, c) => norms
    """,
    "init": """
        fans: return shape[0], shape[1] => return shape[1], shape[0]
        fans: shape[1] * math.prod(shape[2:]) => shape[1]
        lecun_normal: 1 / fan_in => 2 / fan_in
        glorot_normal: 2 / sum => 1 / sum
        glorot_uniform: 6 / sum => 3 / sum
        he_normal: math.sqrt(2 / fan_in) => 2 / fan_in
        he_uniform: 6 / fan_in => 2 / fan_in
        uniform: -limit, limit => 0, limit
        orthogonal: q *= np.sign(np.diag(r)) => pass
    """,
    "layers": """
        Linear.forward: y += self.b => y -= self.b
        Linear.backward: dy @ self.W.T => dy @ self.W.T / len(dy)
        Linear.backward_params: self.x.T, dy => self.x.T, dy / len(dy)
        Linear.backward_params: dy.sum(axis=0 => dy.mean(axis=0
        Activation.backward: self.derivative(self.x) => self.derivative(self.function(self.x))
        PReLU.backward: np.minimum(x, 0) => np.maximum(x, 0)
        PReLU.backward: (1 - step) => step
        Softmax.backward: dy - np.sum => dy + np.sum
        Softmax.backward: axis=-1 => axis=0
        Dropout.forward: 1 / (1 - self.p) => 1 / self.p
        Dropout.forward: >= self.p => < self.p
        Dropout.forward: training and self.p > 0 => self.p > 0
        Dropout.backward: dy * self.scale => dy
        all_but_channels: (0, *range(2, x.ndim)) => (0,)
    """,
    "network": """
        Network._bind: self.params[part].reshape(shape) => self.params[part].reshape(shape).copy()
        Network._bind: state_start = part.stop => state_start = 0
        Network._bind: self.grads[part] => self.params[part]
        Network._bind: self.weight_mask[part] = True => self.weight_mask[part] = False
        Network._backward_to: reversed(self.layers[first:]) => self.layers[first:]
        Network.value_and_grad: training=True => training=False
        Network.value_and_grad: value += penalty.value(W) => value = penalty.value(W)
        Network.value_and_grad: dW += penalty.gradient(W) => dW -= penalty.gradient(W)
        Network.value_and_grad: self._backward_to(first + 1 => self._backward_to(first + 2
        Network.objective.value_and_grad: grads.copy() => grads
        Network.decide: >= (0.5 => > (0.5
        Network.decide: 0.5 if => 0 if
        Network.decide: argmax(axis=1) => argmax(axis=0)
    """,
    "norms": """
        average: x.size / max(total.size, 1) => len(x)
        average: max(total.size, 1) => total.size
        moments: mean = average(x, axes) => mean = x.mean()
        moments: np.square(centred) => np.square(x)
        moments: centred = x - mean => centred = x - 0
        standardize: variance + eps => variance
        standardize: np.sqrt(variance + eps) => np.sqrt(variance) + eps
        standardize_backward: - x_hat * average(dx_hat * x_hat, axes) =>
        standardize_backward: dx -= average(dx_hat, axes) => pass
        standardize_backward: dx -= => dx +=
        standardize_backward: dx /= std => dx *= std
        Norm.sum_gradients: (dy * self.x_hat).sum(shared, => (dy * self.x_hat).mean(shared,
        Norm.sum_gradients: dy.sum(shared, => dy[:1].sum(shared,
        Norm.dx_hat: per_channel(self.gamma, dy) * dy => dy
        Norm.scale_and_shift: y += per_channel => y -= per_channel
        standardize: centred /= std => centred / std
        BatchNorm.update_averages: 1 - self.decay => self.decay
        BatchNorm.update_averages: new * m / (m - 1) => new
        BatchNorm.update_averages: self.running_mean *= self.decay => pass
        BatchNorm.update_averages: self.running_var *= self.decay => pass
        BatchNorm.forward: if training: => if True:
        BatchNorm.backward: / self.std) => )
        BatchNorm.backward: if self.training: => if True:
        BatchNorm.backward: dy.size // self.n => len(dy)
        BatchNorm.backward: per_channel(self.gamma, dy) / => 1 /
        BatchNorm.backward: self.x_hat * per_channel => per_channel
        BatchNorm.backward: dy -= per_channel => dy += per_channel
        BatchNorm.backward: self.dbeta / m => self.dbeta
        InstanceNorm.axes: range(2, x.ndim) => range(1, x.ndim)
        GroupNorm.grouped: self.groups, -1 => -1, self.groups
        LayerNorm.__init__: range(-len(self.shape), 0) => range(-1, 0)
        LayerNorm.backward: (dy * self.x_hat).sum(samples) => dy.sum(samples)
        LayerNorm.backward: self.gamma * dy => dy
        LayerNorm.backward: self.axes, self.center) => self.axes)
        RMSNorm.center: False => True
    """,
    "convolution": """
        windows: axis=(2, 3) => axis=(3, 2)
        add_windows: += dwindows => = dwindows
        add_windows: i + stride * rows => i + rows
        add_windows: dwindows[..., i, j] => dwindows[..., j, i]
        Conv2d.forward: y += self.b => y -= self.b
        Conv2d.forward: cut.transpose(0, 2, 3, 1, 4, 5) => cut.transpose(0, 2, 3, 1, 5, 4)
        Conv2d.forward: .transpose(0, 3, 1, 2) => .transpose(0, 3, 2, 1)
        Conv2d.backward: .transpose(0, 3, 1, 2, 4, 5) => .transpose(0, 3, 1, 2, 5, 4)
        Conv2d.backward: dx[:, :, p : dx.shape[2] - p => dx[:, :, 0 : dx.shape[2] - 2 * p
        Conv2d.backward_params: dy.T, self.patches => dy.T, -self.patches
        Conv2d.backward_params: dy.sum(axis=0 => dy.mean(axis=0
        MaxPool2d.forward: argmax => argmin
        MaxPool2d.backward: == self.winner => != self.winner
    """,
    "sequence": """
        attention_weights: math.sqrt(Q.shape[-1]) => Q.shape[-1]
        attention_weights: math.sqrt(Q.shape[-1]) => math.sqrt(K.shape[-2])
        attention_backward: A.swapaxes(-1, -2) @ dY => A @ dY if A.shape[-1] == A.shape[-2] else dY
        attention_backward: dA - np.sum => dA + np.sum
        attention_backward: dA * A, axis=-1 => dA * A, axis=-2
        attention_backward: dscores /= math.sqrt(Q.shape[-1]) => pass
        attention_backward: dscores.swapaxes(-1, -2) @ Q => dscores.swapaxes(-1, -2) @ Q / 2
        recurrent: + b) => - b)
        recurrent: h @ Wh => h @ Wh.T
        recurrent_backward: 1 - np.square(h_new) => 1 - h_new
        recurrent_backward: dz @ Wh.T => dz @ Wh
        recurrent_backward: dz.sum(axis=0) => dz.mean(axis=0)
    """,
    "autodiff": """
        Value.__sub__: lambda g: -g => lambda g: g
        Value.__mul__: g * self.data => g * other.data
        Value.__truediv__: -g * self.data => g * self.data
        Value.__truediv__: other.data**2 => other.data
        Value.__matmul__: g @ other.data.T => g @ other.data
        Value.__pow__: n - 1 if n else 0 => n
        Value.__pow__: n - 1 if n else 0 => n - 1
        Value.__neg__: lambda g: -g => lambda g: g
        Value.__rsub__: self._value(other) - self => self - other
        Value.__rtruediv__: self._value(other) / self => self / other
        Value.exp: g * y => g
        Value.log: g / self.data => g * self.data
        Value.tanh: 1 - y * y => 1 - y
        Value.sigmoid: g * y * (1 - y) => g * (1 - y)
        Value.relu: self.data > 0 => self.data < 0
        Value.sum: np.expand_dims(g, axis) => np.expand_dims(g, 0)
        Value.graph: stack.append((value, True)) => order.append(value)
        Value.graph: seen.add(value) => pass
        Value.backward: np.zeros_like(value.data) => value.grad
        Value.backward: parent.grad + _unbroadcast => _unbroadcast
        Value.backward: reversed(order) => order
        _unbroadcast: g = g.sum(axis=tuple(range(g.ndim - len(shape)))) => pass
        _unbroadcast: n == 1 => n == 0
    """,
    "optim": """
        Optimizer.step: 1 - self.lr * self.weight_decay => 1 - self.weight_decay
        Optimizer._begin: range(0, theta.size, CHUNK) => range(0, min(theta.size, CHUNK), CHUNK)
        Optimizer._advance: self.t += 1 => self.t += 2
        Optimizer._begin: np.flatnonzero(flips) => np.flatnonzero(flips)[:2]
        Optimizer._begin: mask[piece], prepend => mask[:CHUNK], prepend
        _flush_denormals: >= 1e8 => <= 1e8
        _flush_denormals: np.finfo(a.dtype).tiny => 1e-38
        _average: 1 - beta => beta
        SGD._update: theta -= s => theta += s
        Momentum._update: v += g => v += (1 - self.mu) * g
        Momentum._update: v *= self.mu => v *= 0.9
        Nesterov._update: s += g => pass
        Nesterov._update: np.multiply(v, self.mu, out=s) => np.copyto(s, v)
        AdaGrad._update: G += s => G[:] = s
        AdaGrad._update: s += self.eps => pass
        RMSprop._update: np.square(g, out=s) => np.abs(g, out=s)
        RMSprop._update: s += self.eps => s += self.eps**2
        Adadelta._update: np.add(u, self.eps, out=d) => np.copyto(d, u)
        Adadelta._update: d *= self.lr => pass
        Adadelta._update: _average(u, s, self.rho, s) => _average(u, d, self.rho, s)
        Adam._advance: (1 - self._last_beta1) / (1 - self.beta1) => 1.0
        Adam._advance: self._last_beta1 = self.beta1 => self._last_beta1 = self.beta2
        Adam._advance: 1 - self.beta1**self.t => 1 - self.beta1
        Adam._moments: m *= self._kept => m *= self.beta2
        Adam._moments: np.square(g, out=s) => np.abs(g, out=s)
        Adam._moments: v *= self.beta2 => v *= self.beta1
        Adam._denominator: self.beta2**self.t => self.beta2**2
        Adam._denominator: self.eps / r => self.eps
        Adam._denominator: (1 - self.beta2) / => 1 /
        Adam._denominator: self.beta2**self.t => self.beta2
        Adam._denominator: s += self.eps => s -= self.eps
        Adam._update: self._to_m_hat / r => self._to_m_hat
        Adam._update: self.lr * self._to_m_hat => self.lr
        AdaMax._update: m *= self._kept => m *= self.beta2
        AdaMax._update: self.lr * self._to_m_hat => self.lr
        AdaMax._update: np.maximum(u, s, out=u) => u += s
        AdaMax._update: u *= self.beta2 => u *= self.beta1
        AdaMax._update: s += self.eps => pass
        Nadam._mu: 1 - 0.5 * => 1 - 0.4 *
        Nadam._mu: 0.96 => 0.9
        Nadam._update: self.t + 1 => self.t
        Nadam._update: self.lr / r => self.lr
        Nadam._update: mu_next * (1 - self.beta1) => mu_next
        Nadam._update: (1 - mu) / (1 - self.mu_product) => (1 - mu)
        Nadam._update: self.mu_product * mu_next => self.mu_product
        AMSGrad._update: self._to_m_hat / r => self._to_m_hat
        AMSGrad._update: np.maximum(v_max, v, out=v_max) => np.copyto(v_max, v)
        AdamW.__init__: non_negative("weight_decay", weight_decay) => weight_decay / 2
        Lion._update: np.sign(c, out=s) => np.copyto(s, c)
        Lion._update: _average(m, g, self.beta2, s) => _average(m, g, self.beta1, s)
        Lion._update: np.copyto(c, m) => np.copyto(c, g)
        shorten: max_norm < norm => norm < max_norm
        shorten: max_norm / norm => max_norm
        shorten: .astype(np.float64, copy=False) =>
        clip_value: -limit, limit => -limit, 1
    """,
    "schedules": """
        step_decay: t // every => t / every
        step_decay: factor ** (t // every) => factor ** (t > every)
        exponential: -k * t => -k * t * t
        inverse_time: 1 + k * t => 1 + k + t
        polynomial: 1 - min(t / steps, 1) => min(t / steps, 1)
        polynomial: (lr - final) * => lr *
        cosine: min(t / steps, 1) => min(t / (steps - 1), 1)
        warm_restarts.schedule: length * growth => length + growth
        warm_restarts.schedule: t >= length => t > length
        warmup: (t + 1) / steps => t / steps
        warmup: schedule(t - steps) => schedule(t)
        triangular.schedule: 2 * cycle + 1 => 2 * cycle - 1
        triangular.schedule: (1 - x) => x
        one_cycle: rise * steps - 1 => rise * steps
        one_cycle: start / positive => max_lr / positive
        one_cycle: low_momentum, high_momentum, t => low_momentum, low_momentum, t
        _half_wave: 1 + math.cos => 1 - math.cos
        Plateau.report: > self.patience => >= self.patience
        Plateau.report: 1 - self.threshold => 1 + self.threshold
        range_test: (t / (steps - 1)) => (t / steps)
        range_test: not math.isfinite(average) or average => average
        range_test: average = total / (1 - 0.9 ** (t + 1)) => average = total
        range_test: 0.9 * total + 0.1 * losses[-1] => losses[-1]
        range_test: best = min(best, average) => best = average
        set_rate: schedule.momentum(t)) => schedule(t))
        rates_kept: vars(optimizer).update(rates) => pass
    """,
    "landscapes": """
        McCormick.f: + 2.5 * y => - 2.5 * y
        McCormick.df: + 2.5 => - 2.5
        McCormick.df: c - 2 * (x - y) => c + 2 * (x - y)
        McCormick.d2f: -2 - s => 2 - s
        McCormick.__init__: math.sqrt(3) / 2 => math.sqrt(3)
        mccormick_shifted: offset=3 => offset=2
        Rosenbrock.f: 100 * => 10 *
        Rosenbrock.df: - 400 * x * r => - 400 * r
        Rosenbrock.d2f: y - 3 * x * x => y - x * x
        Himmelblau.df: 4 * y * b => 4 * b
        Himmelblau.d2f: 4 * (x + y) => 4 * (x - y)
        Himmelblau.minima: 3.5844283403304917 => 3.4844283403304917
        Beale.terms: (3, 2.625) => (3, 2.5)
        Beale.df: 2 * r * k * x => 2 * r * x
        Beale.d2f: rx * ry + r * k => rx * ry - r * k
        Beale.d2f: (k - 1) * x => k * x
        Saddle.df: -2 * y => 2 * y
        quadratic.__init__: (1 - condition) * c * s => (condition - 1) * c * s
        quadratic.__init__: self.d = s * s + => self.d = c * c +
        quadratic.df: self.b * x + self.d * y => self.b * x - self.d * y
        Landscape.hessian: np.stack([fxy, fyy], -1) => np.stack([fyy, fxy], -1)
    """,
    "gradcheck": """
        relative_error: np.subtract(a, b) => np.add(a, b)
        relative_error: np.linalg.norm(a) + np.linalg.norm(b) => np.linalg.norm(a)
        numeric_gradient: kept - h => kept
        numeric_gradient: 2 * h => h
        numeric_gradient: theta[i] = kept\\n => pass\\n
        relative_error: size != 0 => size > 0
        _float64: theta.copy() => theta
        _gradient: np.array(value_and_grad(theta)[1]) => value_and_grad(theta)[1]
        check_direction: v /= np.linalg.norm(v) => pass
        check_direction: 2 * h => h
    """,
    "descend": """
        descend: optimizer = fresh(optimizer) => pass
        descend: thetas.append(theta.copy()) => thetas.append(theta)
        descend: walking &= ~(lost | done) => walking &= ~lost
        descend: set_rate(optimizer, schedule, t) => set_rate(optimizer, schedule, t + 1)
        descend: <= tol => < 0
        descend: stopped = lost | ~walking => stopped = ~walking
        descend: with rates_kept(optimizer), np => with np
        _is_well: & np.isfinite(grad).all(-1) =>
        _is_well: <= limit => <= limit * 1e9
    """,
    "train": """
        minibatches: y.take(rows, axis=0) => y[: len(rows)]
        minibatches: len(X), batch_size => len(X) - batch_size + 1, batch_size
        train: fresh(optimizer) => optimizer
        train: t += 1 => t = epoch
        train: set_rate(optimizer, schedule, t) => set_rate(optimizer, schedule, epoch)
        train: optimizer.step(net.params, grads) => optimizer.step(net.params, -grads)
        train: X_batch, y_batch, penalty) => X_batch, y_batch)
        train: evaluate(net, loss, *validation) => evaluate(net, loss, X, y)
        train: val_loss < best_loss => val_loss > best_loss
        train: net.params.copy(), net.state.copy() => net.params, net.state
        train: >= early_stopping: => > early_stopping:
        train: net.params[:], net.state[:] = best => pass
        _Notes.__call__: len(y) * value => value
        _Notes.loss: self.total / self.n => self.total
        _Notes.__call__: and y.size == len(y) =>
        _Notes.__call__: np.maximum(y.ravel(), 0) => y.ravel()
        train: shorten(grads, max_norm) => 0.0
        train: not np.isfinite(net.params).all() => False
        train: not math.isfinite(val_loss) => False
    """,
    "metrics": """
        accuracy: pred == labels => pred != labels
        confusion_matrix: n_classes * labels + pred => n_classes * pred + labels
        calibration: np.arange(1, bins) => np.arange(bins)
        calibration: right - total => right + total
        calibration: error = np.abs(right - total).sum() => error = abs((right - total).sum())
        calibration: probabilities.max(axis=1) => probabilities.mean(axis=1)
    """,
}
ALSO_TESTED_IN = {}  # file of nnlib: further test files that guard it


class Mutant(NamedTuple):
    module: str
    function: str
    old: str
    new: str


class TargetGone(Exception):
    """The text that a mutant replaces isn't there, or not only once."""


def read_table(modules):
    for module in modules:
        for line in TABLE[module].strip().splitlines():
            function, _, change = line.strip().partition(": ")
            old, arrow, new = change.replace("\\n", "\n").partition(" =>")
            assert arrow, f"a mutant is written 'function: old => new', not {line!r}"
            yield Mutant(module, function, old, new.removeprefix(" "))


def mutate(source: str, mutant: Mutant) -> str:
    """The source with the mutant's text replaced, within the body of the function it names."""
    node = ast.parse(source)
    for name in mutant.function.split("."):
        found = [child for child in node.body if name in names(child)]
        if len(found) != 1:
            raise TargetGone(f"there is no {mutant.function}")
        node = found[0]
    documented = isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node)
    first = node.body[1] if documented else node
    lines = source.splitlines(keepends=True)
    before, body = lines[: first.lineno - 1], "".join(lines[first.lineno - 1 : node.end_lineno])
    if body.count(mutant.old) != 1:
        raise TargetGone(f"{mutant.old!r} is there {body.count(mutant.old)} times")
    mutated = body.replace(mutant.old, mutant.new)
    return "".join([*before, mutated, *lines[node.end_lineno :]])


def names(node):
    """What a statement defines: a function, a class or variables."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


def run_tests(library: Path, modules) -> tuple[int, str]:
    """pytest's exit code on the tests of these files, with the library that lies in this folder."""
    tested = [name for module in modules for name in (module, *ALSO_TESTED_IN.get(module, ()))]
    files = [f"tests/unit/test_{name}.py" for name in dict.fromkeys(tested)]
    command = [sys.executable, "-P", "-m", "pytest", "-x", "-q", "-rf", "--tb=no"]
    command += ["-o", "addopts=--import-mode=importlib", "-p", "no:nbval", "-p", "no:cacheprovider"]
    command += ["--hypothesis-seed=0", *files]
    environment = os.environ | {"PYTHONPATH": str(library), "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {"OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        return 1, f"FAILED tests (no end after {PATIENCE} s)"
    return done.returncode, done.stdout + done.stderr


def copy_library(folder) -> Path:
    """A copy of nnlib in a new folder, where it is found before the installed one."""
    ignored = shutil.ignore_patterns("__pycache__", "book")
    shutil.copytree(ROOT / "nnlib", Path(folder) / "nnlib", ignore=ignored)
    return Path(folder)


def judge(mutant: Mutant) -> tuple[bool, str]:
    """Whether the tests catch a mutant, and which one does, or what went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        file = copy_library(folder) / "nnlib" / f"{mutant.module}.py"
        try:
            mutated = mutate(file.read_text(encoding="utf-8"), mutant)
            compile(mutated, file.name, "exec")
        except (TargetGone, SyntaxError) as error:
            return False, f"TARGET GONE: {error}"
        file.write_text(mutated, encoding="utf-8")
        code, output = run_tests(Path(folder), [mutant.module])
    if code == 0:
        return False, "SURVIVED"
    failed = re.search(r"^FAILED \S*?(?:::|\()(.*?)(?: - .*)?$", output, re.MULTILINE)
    if code != 1 or not failed:
        return False, f"NOT TESTED: pytest ended with {code}: {output[-300:]}"
    return True, failed[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="*", default=list(TABLE), help=", ".join(TABLE))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    unknown = set(options.modules) - set(TABLE)
    if unknown:
        parser.error(f"no mutants for {', '.join(unknown)}")

    with tempfile.TemporaryDirectory() as folder:
        code, output = run_tests(copy_library(folder), options.modules)
    if code != 0:
        sys.exit(f"The tests fail without any mutant:\n{output}")

    mutants = list(read_table(options.modules))
    caught = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        for mutant, (ok, how) in zip(mutants, pool.map(judge, mutants), strict=True):
            caught += ok
            change = f"{mutant.old.strip()} => {mutant.new.strip() or '(nothing)'}"
            print(f"{'caught' if ok else '  >>>>'}  {mutant.module}.{mutant.function}: {change}")
            print(f"        {how}", flush=True)
    print(f"{caught} of {len(mutants)} mutants caught")
    sys.exit(caught < len(mutants))


if __name__ == "__main__":
    main()
