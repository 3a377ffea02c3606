"""Averages of the weights that a training passes through."""


class WeightAverage:
    """An exponential moving average of a stack's weights, which replaces them in the end.

    For ``after_step`` of `nnbook.runs.train_digits`. The training itself goes on with the weights,
    not with their average.

    Parameters
    ----------
    decay : float in [0, 1)
        How much of the old average each step keeps.
    steps : int
        After so many the weights become their average.
    """

    def __init__(self, decay, steps):
        self.decay, self.steps = decay, steps
        self.t, self.average = 0, 0.0

    def __call__(self, net):
        self.t += 1
        self.average = self.decay * self.average + (1 - self.decay) * net.params
        if self.t == self.steps:
            net.params[:] = self.average / (1 - self.decay**self.t)  # it began at 0
