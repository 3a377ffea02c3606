"""Pictures for explorers: a backdrop drawn once, and one frame for each setting of the controls.

A frame is only what changes. It is drawn on axes at the same place and with the same limits as the
backdrop's, and laid over the backdrop by the page. SVG rather than pixels: sharp on every screen,
in the page's own colours, and hundreds of frames that share most of their text compress well.
"""

import base64
import io
import re
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from textwrap import wrap

import matplotlib as mpl
import matplotlib.pyplot as plt
import matplotlib.style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .colours import Colours
from .svg import RAISED, fragment

STYLE = Path(__file__).with_name("book.mplstyle")
PLACES = ("left", "center", "right")  # of titles
MARGINS = {"left": 0.66, "right": 0.14, "bottom": 0.52, "top": 0.34}  # inches around the axes


class Frames:
    """Draw the backdrop and the frames of one explorer.

    Parameters
    ----------
    draw : callable
        ``draw(ax, **values)`` draws what depends on the controls and returns the read-out, a
        sentence. With several panels, ``ax`` is the list of their axes.
    backdrop : callable or None
        ``backdrop(ax)`` draws what stays the same and sets limits and labels. A panel that it
        leaves empty is drawn whole, axes and all, in every frame.
    panels : int
        Axes side by side; on a narrow screen they stand below each other.
    size : (float, float)
        Width and height of one panel in inches.
    name : str
        Begins the ids in the pictures, which no two explorers of a page share.
    """

    def __init__(self, draw, backdrop=None, panels=1, size=(5.6, 3.6), name="explorer"):
        self.draw, self.backdrop, self.panels, self.size = draw, backdrop, panels, size
        self.name, self.colours, self.shown = name, Colours(), False
        self.axes = None  # of the frame that was drawn last
        with book_style():
            self.base = [self._new_axes() for _ in range(panels)]
            if backdrop is not None:
                backdrop(self._argument(self.base))
            self.fixed = [_is_drawn(ax) for ax in self.base]
            self.overlays = [
                Overlay(self._new_axes, base) if fixed else None
                for base, fixed in zip(self.base, self.fixed, strict=True)
            ]

    def _new_axes(self):
        width, height = self.size
        ax = Figure(figsize=self.size).add_subplot()
        ax.figure.subplots_adjust(
            left=MARGINS["left"] / width,
            right=1 - MARGINS["right"] / width,
            bottom=MARGINS["bottom"] / height,
            top=1 - MARGINS["top"] / height,
        )
        return ax

    def _argument(self, axes):
        return axes[0] if self.panels == 1 else axes

    def _draw(self, axes, values):
        with _no_pyplot_figure():
            sentence = self.draw(self._argument(axes), **values)
        if not isinstance(sentence, str) or not sentence.strip():
            raise TypeError(
                f"draw must return the read-out, a sentence for the reader, got {sentence!r}"
            )
        return readable(sentence)

    @staticmethod
    def _has_drawn(ax, overlay):
        return overlay.has_more() if overlay else _is_drawn(ax)

    @cached_property
    def still(self):
        """What doesn't change: a fragment of SVG for each panel, empty where there is none."""
        with book_style():
            return [
                fragment(ax.figure, self.colours, f"{self.name}-b{k}-") if fixed else ""
                for k, (ax, fixed) in enumerate(zip(self.base, self.fixed, strict=True))
            ]

    def frame(self, **values):
        """Draw one frame: a fragment of SVG for each panel, and the sentence."""
        with book_style():
            axes = [overlay.clean() if overlay else self._new_axes() for overlay in self.overlays]
            sentence = self._draw(axes, values)
            if not self.shown and not any(map(self._has_drawn, axes, self.overlays)):
                raise TypeError(f"draw has drawn nothing for {values}, what a reader sees first")
            self.shown, self.axes = True, axes
            for overlay in filter(None, self.overlays):
                overlay.keep_limits()
            pictures = [
                fragment(ax.figure, self.colours, f"{self.name}-f{k}-") for k, ax in enumerate(axes)
            ]
        return pictures, sentence

    def png(self, caption="", /, **values):
        """The whole picture with its sentence and a caption as PNG bytes, for paper."""
        width, height = self.size[0] * self.panels, self.size[1]
        with book_style(), mpl.rc_context({"savefig.facecolor": "white"}):
            fig = Figure(figsize=(width, height), layout="constrained")
            FigureCanvasAgg(fig)
            axes = list(fig.subplots(1, self.panels, squeeze=False)[0])
            if self.backdrop is not None:
                self.backdrop(self._argument(axes))
            limits = [(ax.get_xlim(), ax.get_ylim()) for ax in axes]
            for ax in axes:
                ax.set_prop_cycle(None)  # as in a frame, which starts with the first colour
            sentence = self._draw(axes, values)
            for ax, fixed, (xlim, ylim) in zip(axes, self.fixed, limits, strict=True):
                if fixed:
                    ax.set(xlim=xlim, ylim=ylim)
            words = [line for text in (sentence, caption) for line in wrap(text, int(13 * width))]
            fig.supxlabel("\n".join(words), fontsize=10, parse_math=False)
            fig.set_figheight(height + 0.1 + 0.2 * len(words))
            buffer = io.BytesIO()
            fig.savefig(buffer, format="png", dpi=200)
        return buffer.getvalue()


class Overlay:
    """Axes without lines and ticks, exactly over the backdrop's, for one frame after another.

    To make axes takes ten times as long as to draw on them, so these are used again: what a frame
    has drawn is taken off before the next one.
    """

    def __init__(self, new_axes, base):
        self.new_axes, self.base = new_axes, base
        self._renew()

    def _renew(self):
        self.ax = self.new_axes()
        self.keep_limits()
        self.own = {*self.ax.get_children(), *self.ax.figure.get_children()}

    def _more(self):
        children = [*self.ax.get_children(), *self.ax.figure.get_children()]
        return [artist for artist in children if artist not in self.own]

    def has_more(self):
        """Whether something has been drawn on them."""
        return bool(self._more() or any(self.ax.get_title(loc=place) for place in PLACES))

    def clean(self):
        """The axes as they were at first."""
        if len(self.ax.figure.axes) > 1:  # a colour bar, say: it holds on to these axes
            self._renew()
        for artist in self._more():
            artist.remove()
        self.ax.containers.clear()  # or a legend would list what is gone
        for place in PLACES:
            self.ax.set_title("", loc=place)
        self.ax.set_prop_cycle(None)
        self.keep_limits()
        return self.ax

    def keep_limits(self):
        """Place, scales and limits of the backdrop, whatever a frame has done to them."""
        self.ax.set_position(self.base.get_position())
        self.ax.set_axis_off()
        for name in ("x", "y"):
            scale = getattr(self.base, f"{name}axis")._scale  # its name loses its settings
            if getattr(self.ax, f"{name}axis")._scale is not scale:  # to set it takes long
                self.ax.set(**{f"{name}scale": scale})
        self.ax.set(
            xlim=self.base.get_xlim(), ylim=self.base.get_ylim(), aspect=self.base.get_aspect()
        )


def readable(sentence):
    """A sentence with numbers as they are set: −2 and 1.5 × 10⁻⁵ for -2 and 1.5e-05."""
    power = re.compile(r"(?<=\d)e\+?(-?)0*(\d+)")
    sentence = power.sub(lambda m: f"\u00a0×\u00a010{(m[1] + m[2]).translate(RAISED)}", sentence)
    return re.sub(r"(?<![\w.)])-(?=\d)", "−", sentence)


@contextmanager
def _no_pyplot_figure():
    """See that ``draw`` draws on the axes it is given, and not by pyplot on a figure of its own."""
    before = plt.get_fignums()
    yield
    made = [n for n in plt.get_fignums() if n not in before]
    for n in made:
        plt.close(n)
    if made:
        raise TypeError("draw must draw on the axes it is given: ax.plot(…), not plt.plot(…)")


def _is_drawn(ax):
    """Whether a backdrop has done anything to these axes: drawn, fixed a limit, or labelled."""
    limits = not (ax.get_autoscalex_on() and ax.get_autoscaley_on())
    return ax.has_data() or limits or bool(ax.get_xlabel() or ax.get_ylabel())


def book_style():
    """The book's style as a context, whatever the notebook has set."""
    return mpl.rc_context(_style())


@cache  # to read it takes as long as to draw a frame
def _style():
    with matplotlib.style.context(["default", str(STYLE)]):
        return {name: value for name, value in mpl.rcParams.items() if "backend" not in name}


def png_base64(data):
    """PNG bytes as Jupyter wants them."""
    return base64.b64encode(data).decode("ascii")
