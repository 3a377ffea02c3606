"""What only the chapter on regularization draws."""

import numpy as np
from matplotlib.patches import Circle, Polygon

from .. import plots


def draw_parts(ax, x, parts, noise):
    """Squared bias, variance, noise and their sum over x, and the measured error as dots.

    Parameters
    ----------
    ax : matplotlib Axes; its vertical axis becomes logarithmic
    x : (n,)
    parts : array (n, 3): squared bias, variance, measured error
    noise : float
        Variance of the noise.

    Returns
    -------
    int
        Number of the x with the lowest measured error.
    """
    x, (bias2, variance, measured) = np.asarray(x), np.asarray(parts).T
    ax.set_yscale("log")
    curves = [
        ("bias²", bias2, plots.BLUE),
        ("variance", variance, plots.ORANGE),
        ("sum", bias2 + variance + noise, plots.BLACK),
    ]
    for name, y, colour in curves:
        ax.plot(x, y, color=colour, label=name)
    ax.axhline(noise, color="#777777", ls=":", label="noise")
    ax.plot(x, measured, "o", color=plots.BLACK, label="measured")
    ax.legend(ncols=2)
    return int(measured.argmin())


def draw_curves(ax, runs, *, names=("training", "validation"), at=None):
    """Training and validation loss over the steps: each network thin, their mean thick.

    ``at`` is the step at which the names stand; near the end if it isn't given. Returns the two
    mean losses at the end.
    """
    at = runs.steps[int(0.7 * len(runs.steps))] if at is None else at
    losses = runs.train_loss.T, runs.val_loss.T  # (times, networks)
    gap = (losses[1] - losses[0]).mean(axis=1)
    below = 0 if np.interp(at, runs.steps, gap) >= 0 else 1
    for k, (name, loss) in enumerate(zip(names, losses, strict=True)):
        mean = loss.mean(axis=1)
        ax.plot(runs.steps, loss, color=plots.COLOURS[k], lw=0.8, alpha=0.35)
        ax.plot(runs.steps, mean, color=plots.COLOURS[k])
        plots.label(
            ax,
            name,
            (at, np.interp(at, runs.steps, mean)),
            (0, -14 if k == below and mean[-1] > 0.2 * loss.max() else 14),
            color=plots.COLOURS[k],
            ha="center",
        )
    ax.set(xlabel="step", ylabel="cross-entropy", xlim=(0, runs.steps[-1]), ylim=(0, None))
    return losses[0][-1].mean(), losses[1][-1].mean()


def draw_learning(ax, counts, training, validation):
    """A learning curve: errors in % on training and validation data by the number of samples."""
    for name, errors, colour in zip(
        ("training", "validation"), (training, validation), plots.COLOURS, strict=False
    ):
        ax.plot(counts, errors, "o-", color=colour)
        below = np.mean(errors) < np.mean([training, validation])
        plots.label(ax, name, (counts[1], errors[1]), (0, -14 if below else 10), color=colour)
    ax.set(xscale="log", xlabel="samples", ylabel="error in %", ylim=(-12, 100))
    ax.set_xticks(counts, counts)
    ax.minorticks_off()


def best_in_budget(shape, A, centre):
    """Where (w - centre)ᵀ A (w - centre) is lowest with |w₁| + |w₂| ≤ 1 or w₁² + w₂² ≤ 1.

    Parameters
    ----------
    shape : "diamond" or "disc"
    A : array (2, 2), positive definite
    centre : array (2,)

    Returns
    -------
    array (2,)
        On the diamond exactly; on the disc's rim to a ten-thousandth of a turn.
    """
    centre = np.asarray(centre, dtype=float)
    if np.sum(np.abs(centre)) <= 1 if shape == "diamond" else centre @ centre <= 1:
        return centre
    if shape == "diamond":
        corners = np.array([[1.0, 0], [0, 1], [-1, 0], [0, -1], [1, 0]])
        points = []
        for start, end in zip(corners[:-1], corners[1:], strict=True):
            along = end - start
            t = along @ A @ (centre - start) / (along @ A @ along)
            points.append(start + np.clip(t, 0, 1) * along)
        points = np.array(points)
    else:
        angle = np.linspace(0, 2 * np.pi, 10_000) + 1e-5  # no point exactly on an axis
        points = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    off = points - centre
    return points[np.einsum("ni,ij,nj->n", off, A, off).argmin()]


def draw_budget(ax, shape, A, centre):
    """Ellipses of equal loss, the budget, and the best weights within; returns these."""
    best = best_in_budget(shape, A, centre)
    x, y = np.linspace(-1.3, 2.4, 121), np.linspace(-1.3, 2.7, 121)
    off = np.stack(np.meshgrid(x, y), axis=-1) - centre
    loss = np.einsum("yxi,ij,yxj->yx", off, A, off)
    touch = (best - centre) @ A @ (best - centre)
    ax.contour(
        x,
        y,
        loss,
        levels=touch * np.array([0.15, 0.5, 1, 1.7, 2.6]),
        colors=[plots.BLUE],
        linewidths=[1, 1, 2, 1, 1],
    )
    style = {"facecolor": plots.AMBER, "alpha": 0.35, "edgecolor": plots.BLACK}
    if shape == "diamond":
        ax.add_patch(Polygon([(1, 0), (0, 1), (-1, 0), (0, -1)], **style))
    else:
        ax.add_patch(Circle((0, 0), 1, **style))
    ax.axhline(0, color="#777777", lw=1)
    ax.axvline(0, color="#777777", lw=1)
    ax.plot(*centre, "x", color=plots.BLUE, ms=9, mew=2)
    ax.plot(*best, "o", color=plots.ORANGE, ms=9)
    ax.set(aspect="equal", xlabel="w₁", ylabel="w₂", title=shape)
    return best


def draw_gains(ax, early, late):
    """A row for each method: where its mean gain was early and where it is late, as an arrow.

    Parameters
    ----------
    ax : matplotlib Axes
    early, late : {method: array (n,)}
        Gains of n networks; the late ones are also drawn as small dots.

    Returns
    -------
    list of str
        The methods, from the lowest mean gain late to the highest.
    """
    ax.axvline(0, color="#777777", lw=1)
    names = sorted(late, key=lambda name: np.mean(late[name]))
    for row, name in enumerate(names):
        before, after = np.mean(early[name]), np.mean(late[name])
        ax.plot(late[name], np.full(len(late[name]), row), "o", ms=4, color=plots.BLUE, alpha=0.35)
        ax.plot([before, after], [row, row], color=plots.ORANGE, lw=1.5)
        ax.plot(before, row, "o", ms=8, mfc="none", color=plots.ORANGE)
        ax.plot(after, row, "o", ms=10, color=plots.ORANGE)
    ax.set_yticks(range(len(names)), names)
    return names


def draw_penalty_axes(axes, small, kinds):
    """What stays the same in the four pictures of a penalty.

    Empty axes for points, losses and weights; in the last one how many weights are small,
    ``small[k]`` for each kind of penalty over 11 strengths.
    """
    axes[0].set(xlim=(-2, 3), ylim=(-1.7, 2.2), xlabel="x₁", ylabel="x₂")
    axes[1].set(ylim=(0, 1.6), ylabel="cross-entropy")
    axes[2].set(xlim=(-2.05, 2.05), ylim=(0, 130), xlabel="weight", ylabel="number of weights")
    axes[3].set(ylim=(-0.03, 1.03), ylabel="share below 0.01")
    for ax in (axes[1], axes[3]):
        ax.set(xlim=(-0.5, 10.5), xlabel="strength λ", xticks=[0, 4, 7, 10])
        ax.set_xticklabels(["0", "0.001", "0.01", "0.1"])
    places = [(5.0, 0.3), (2.8, 0.75)]
    for kind, shares, place, colour in zip(kinds, small, places, plots.COLOURS[2:], strict=False):
        axes[3].plot(shares, color=colour)
        plots.label(axes[3], kind, place, (0, 0), color=colour)


def draw_rate_axes(axes):
    """What stays the same in the two pictures of a dropout rate: losses left, accuracies right."""
    axes[0].set(xlim=(0, 150), ylim=(0, 4.2), xlabel="step", ylabel="loss")
    axes[1].set(xlim=(-0.03, 0.68), ylim=(0.15, 1.15))
    axes[1].set(xlabel="dropout rate p", ylabel="accuracy")
    names = [("training", 1.08), ("validation", 0.28)]
    for (name, y), colour in zip(names, plots.COLOURS, strict=False):
        plots.label(axes[1], name, (0.02, y), (0, 0), color=colour)


def stop_at(losses, patience):
    """Epoch of the stop and epoch of the best weights, both counted from 0."""
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        if epoch - best >= patience:
            break
    return epoch, best


def draw_stop(ax, losses, end, best):
    """Validation losses by epoch: faint all of them, full until the stop, a dot at the best.

    ``end`` and ``best`` are counted from 0, the axis from 1.
    """
    epochs = np.arange(1, len(losses) + 1)
    ax.plot(epochs, losses, color=plots.ORANGE, alpha=0.35)
    ax.plot(epochs[: end + 1], losses[: end + 1], color=plots.ORANGE)
    ax.axvline(end + 1, color=plots.BLACK, lw=1.5)
    ax.plot(best + 1, losses[best], "o", ms=10, color=plots.GREEN)
