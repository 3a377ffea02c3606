"""nnlib: the neural networks of this book, in NumPy.

**One evening.** These files, in this order, make a network out of neurons and train it. Each holds
one idea and needs only those before it; all together they have fewer than 1,350 lines of code, not
counting what explains it. ::

    activations  losses  init       what a neuron computes, how wrong it is, where it starts
    views  layers  network          forward, backward, windows onto one vector of parameters
    stepping  optim  schedules      the step, its direction, its length
    clipping  train                 too long a gradient; the loop through the data

**Other evenings.** Each file can be read by itself after those. ::

    autodiff                        the same gradients, from a graph of small operations
    landscapes  descend             places to practise, and the loop down
    penalties  norms                what keeps weights small, and activations in scale
    convolution  residual           images; a way around some layers
    sequence  transformer           sequences: attention; tokens, places, heads
    recurrence                      one element after the other, with a memory
    gradcheck  metrics  diagnose    is the gradient right, is the network good, why not
    data  mnist                     digits and toys

**Behind the scenes.** What guards the files above or makes them fast is in no formula. ::

    _check  pitfalls  symptoms      sentences for wrong arguments, and for mistakes with a run
    _in_place                       Adam's step in fewer passes

What only the pages of the book need (explorers, plots, exercise checks) is in ``nnbook``, which
needs Matplotlib and ipywidgets. Nothing here imports it.

Conventions, where the field disagrees:

- Rows are samples: ``X`` is (N, D), ``W`` is (D, K), ``b`` is (K,), and ``Z = X @ W + b``.
- A loss is a mean, and returns its gradient with it: ``(float, dpred)``. It is the mean over all
  numbers of pred for mse, mae, huber, hinge and binary cross-entropy, and over the N rows for
  softmax cross-entropy and KL.
- Classifiers output logits. Sigmoid and softmax live inside the loss, where they are stable.
- Momentum sums, ``v = mu * v + g; theta -= lr * v``, as in PyTorch.
- Adam divides by ``sqrt(v_hat) + eps``; the epsilon is outside of the root.
- The ``decay`` of running statistics is the weight of the *old* value (PyTorch's ``momentum`` is
  the weight of the new one, Keras's that of the old one).
- Randomness is a ``numpy.random.Generator`` that you pass in. There is no global state.
- Training is float32, gradient checks are float64; an array's dtype is never changed on the way.
"""

__version__ = "0.1.0"
