"""Pictures for explorers: a backdrop drawn once, and one frame for each setting of the controls.

A frame is only what changes. It is drawn on axes at the same place and with the same limits as the
backdrop's, saved as a transparent SVG, and laid over the backdrop by the page. SVG rather than
pixels: sharp on every screen, and hundreds of frames that share most of their text compress well.
"""

import base64
import io
import re
from html import escape
from pathlib import Path

import matplotlib as mpl
import matplotlib.style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

STYLE = Path(__file__).with_name("book.mplstyle")
MARGINS = {"left": 0.66, "right": 0.14, "bottom": 0.52, "top": 0.34}  # inches around the axes
COORDINATE = re.compile(r"-?\d+\.\d{2,}")
PATH_DATA = re.compile(r'(?<= d=")[^"]*|(?<= points=")[^"]*')
BOILERPLATE = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", re.S)
DATA_URI = str.maketrans({'"': "'", "%": "%25", "#": "%23", "<": "%3C", ">": "%3E", "&": "%26"})


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
    """

    def __init__(self, draw, backdrop=None, panels=1, size=(5.6, 3.6)):
        self.draw, self.backdrop, self.panels, self.size = draw, backdrop, panels, size
        with book_style():
            self.base = [self._new_axes() for _ in range(panels)]
            if backdrop is not None:
                backdrop(self._argument(self.base))
        self.fixed = [_is_drawn(ax) for ax in self.base]

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

    def _overlay(self, base):
        """Axes without lines and ticks, exactly over those of the backdrop."""
        ax = self._new_axes()
        ax.set_position(base.get_position())
        ax.set_axis_off()
        self._copy_limits(base, ax)
        return ax

    @staticmethod
    def _copy_limits(base, ax):
        ax.set_xscale(base.xaxis._scale)  # the scale itself: its name alone loses its settings
        ax.set_yscale(base.yaxis._scale)
        ax.set(xlim=base.get_xlim(), ylim=base.get_ylim(), aspect=base.get_aspect())

    def _draw(self, axes, values):
        sentence = self.draw(self._argument(axes), **values)
        if not isinstance(sentence, str) or not sentence.strip():
            raise TypeError(
                f"draw must return the read-out, a sentence for the reader, got {sentence!r}"
            )
        return sentence

    def backdrop_html(self):
        """The unchanging part, as HTML, or an empty string where there is none."""
        if not any(self.fixed):
            return ""
        with book_style():
            pictures = [
                picture(ax.figure if fixed else Figure(figsize=self.size), alt="")
                for ax, fixed in zip(self.base, self.fixed, strict=True)
            ]
        return panels_html(pictures, self.size)

    def frame(self, **values):
        """Draw one frame. Returns its HTML (pictures and sentence) and the sentence."""
        with book_style():
            axes = [
                self._overlay(base) if fixed else self._new_axes()
                for base, fixed in zip(self.base, self.fixed, strict=True)
            ]
            sentence = self._draw(axes, values)
            for base, ax, fixed in zip(self.base, axes, self.fixed, strict=True):
                if fixed:
                    self._copy_limits(base, ax)
            pictures = [
                picture(ax.figure, alt=sentence if k == 0 else "") for k, ax in enumerate(axes)
            ]
        html = panels_html(pictures, self.size)
        return html + f'<p class="nn-readout">{escape(sentence)}</p>', sentence

    def png(self, **values):
        """The whole picture with its sentence as PNG bytes, for paper."""
        width, height = self.size
        with book_style(), mpl.rc_context({"savefig.facecolor": "white"}):
            fig = Figure(figsize=(width * self.panels, height + 0.5), layout="constrained")
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
            fig.supxlabel(sentence, fontsize=10, wrap=True)
            buffer = io.BytesIO()
            fig.savefig(buffer, format="png", dpi=200)
        return buffer.getvalue()


def _is_drawn(ax):
    """Whether a backdrop has done anything to these axes: drawn, fixed a limit, or labelled."""
    limits = not (ax.get_autoscalex_on() and ax.get_autoscaley_on())
    return ax.has_data() or limits or bool(ax.get_xlabel() or ax.get_ylabel())


def book_style():
    """The book's style as a context, whatever the notebook has set."""
    return matplotlib.style.context(["default", str(STYLE)])


def picture(fig, alt):
    """A figure as an ``<img>`` that carries its own SVG."""
    buffer = io.StringIO()
    fig.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    svg = slim(buffer.getvalue()).translate(DATA_URI)
    return f'<img class="nn-picture" alt="{escape(alt)}" src="data:image/svg+xml,{svg}">'


def slim(svg):
    """Matplotlib's SVG without its boilerplate, coordinates rounded to a tenth of a point."""
    svg = BOILERPLATE.sub("", svg)
    svg = PATH_DATA.sub(lambda path: COORDINATE.sub(lambda x: f"{float(x[0]):.1f}", path[0]), svg)
    return re.sub(r"\s*\n\s*", " ", svg).strip()


def panels_html(pictures, size):
    """Pictures side by side where there is room, below each other where there is not."""
    width = f"{size[0] * 96:.0f}px"
    cells = "".join(f'<div style="max-width: {width}">{p}</div>' for p in pictures)
    return f'<div class="nn-panels">{cells}</div>'


def png_base64(data):
    """PNG bytes as Jupyter wants them."""
    return base64.b64encode(data).decode("ascii")
