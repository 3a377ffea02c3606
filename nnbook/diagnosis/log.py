"""What a training run prints while it goes on, as most programs print it."""


def log(history, epochs=None):
    """Print lines of a `History`: the loss and the accuracy of training, then of validation.

    ``epochs`` are those to be printed, from 1 on: every one if nothing is said.
    """
    for epoch in epochs or range(1, len(history.loss) + 1):
        line = f"epoch {epoch:2}: loss {history.loss[epoch - 1]:.3f}"
        if history.accuracy:
            line += f", accuracy {history.accuracy[epoch - 1]:4.0%}"
        if history.val_loss:
            line += f"; validation {history.val_loss[epoch - 1]:.3f}"
        if history.val_accuracy:
            line += f", {history.val_accuracy[epoch - 1]:4.0%}"
        print(line)
