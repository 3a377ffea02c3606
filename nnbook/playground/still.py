"""What the page shows until a reader starts the playground: how far the first setting gets."""

import numpy as np

from ..card import pictures_html
from ..frames import Frames
from ..plots import draw_boundary, scatter_classes
from .session import Session
from .setting import start

EPOCHS, SIZE = 60, (3.4, 3.4)  # inches, of each panel
ALT = f"Two moons, the line that a network has drawn between them, its losses in {EPOCHS} epochs"


def still() -> str:
    """HTML in the page's colours: the plane after some epochs, and the losses until then."""
    session = Session(start())
    session.step(EPOCHS)

    def draw(axes):
        plane, curves = axes
        _draw_plane(plane, session)
        _draw_losses(curves, session.history)
        return "The playground."

    frames = Frames(draw, panels=2, size=SIZE, name="playground")
    panels, _ = frames.frame()
    return pictures_html(frames, panels, f'role="img" aria-label="{ALT}"')


def _draw_plane(ax, session):
    left, right, bottom, top = session.data()["window"]
    ax.set(xlim=(left, right), ylim=(bottom, top))
    draw_boundary(ax, session.net, n=40)
    scatter_classes(ax, session.names["X"], session.names["y"], size=20)


def _draw_losses(ax, history):
    epochs = np.arange(1, EPOCHS + 1)
    ax.plot(epochs, history.loss, color="#009e73", label="training")
    ax.plot(epochs, history.val_loss, "--", color="#cc79a7", label="validation")
    ax.set(xlabel="epoch", ylim=(0, None))
    ax.set_title("loss")
    ax.legend()
