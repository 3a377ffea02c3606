"""nnlib: the neural networks of this book, in NumPy, small enough to read in an evening.

Read the files in this order; each holds one idea and needs only those before it.

    activations  losses  init          what a neuron computes, how wrong it is, where it starts
    layers  network  autodiff          forward, backward, one flat vector of parameters
    optim  schedules  landscapes       parameters and gradient, lr(t), places to practise
    descend  train                     the two loops: down a landscape, through the data
    gradcheck  metrics  mnist  data    proofs, digits and toys

Aside from that road, each readable by itself once you know ``layers``:

    penalties  norms                   what keeps weights small, and activations in scale
    convolution  sequence              images; attention and recurrence

The pages of the book also use ``nnbook`` (plots, explorers, exercise checks), the only part
that needs Matplotlib and ipywidgets. Nothing else here imports it.

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
