"""Explorers: a picture with sliders that works in a notebook and in a page without a kernel.

In a live notebook a frame is drawn when a reader first asks for it, and kept. When the book is
built (the environment variable ``NNLIB_EXPLORERS`` is ``page``) all frames are drawn and stacked,
and ``jsdlink`` ties each control to the stack it turns over: the browser needs nothing else.
"""

import inspect
import itertools
import os
from html import escape
from math import prod
from pathlib import Path

import ipywidgets as widgets
import numpy as np

from .frames import Frames, png_base64

MAX_FRAMES = 1000
FRAME_NUMBERS = itertools.count()  # of all frames in a page
CSS = Path(__file__).with_name("explorer.css").read_text(encoding="utf-8")


def explore(
    draw,
    *,
    caption="",
    backdrop=None,
    panels=1,
    size=(5.6, 3.6),
    start=None,
    play=None,
    labels=None,
    **controls,
):
    """Turn a drawing function into a picture with controls.

    Parameters
    ----------
    draw : callable
        ``draw(ax, **values)`` draws one frame on Matplotlib axes and returns the read-out, a
        sentence with the numbers that the frame shows. With ``panels > 1``, ``ax`` is a list.
    caption : str
        The thesis: what to try, and what will be seen.
    backdrop : callable, optional
        ``backdrop(ax)`` draws, once, what no control changes, and fixes limits and labels.
    panels : int
        Number of axes side by side.
    size : (float, float)
        Width and height of a panel in inches.
    start : dict, optional
        Control's name to the value it starts at; the first value where nothing is said.
    play : str, optional
        Name of a control that a play button runs through.
    labels : dict, optional
        Control's name to the label beside it; the name where nothing is said.
    **controls : sequence
        For each argument of ``draw`` the values it takes: numbers make a slider, booleans a
        switch, names buttons or a menu.

    Returns
    -------
    Explorer
        A widget; as the last expression of a cell it is shown.

    Raises
    ------
    TypeError
        ``draw`` and the controls do not fit together, or a control is not a sequence.
    ValueError
        No controls, no values, a start value that is not offered, or more than 1,000 frames.

    Examples
    --------
    >>> def draw(ax, slope):
    ...     ax.plot([0, 1], [0, slope])
    ...     return f"The line climbs to {slope}."
    >>> explore(draw, slope=[1, 2, 3])
    Explorer(slope: 3 values)
    """
    _check_options(caption, panels, size, start, labels)
    controls = {name: _values(name, values) for name, values in controls.items()}
    _check_controls(draw, controls)
    start = {name: values[0] for name, values in controls.items()} | dict(start or {})
    labels = {name: name for name in controls} | dict(labels or {})
    _check_names(controls, start=start, labels=labels, play=[] if play is None else [play])
    for name, value in start.items():
        if value not in controls[name]:
            offered = ", ".join(map(str, controls[name]))
            raise ValueError(f"start[{name!r}] is {value!r}, but {name} takes one of {offered}")
    return Explorer(Frames(draw, backdrop, panels, size), caption, controls, start, labels, play)


class Explorer(widgets.VBox):
    """Controls, the picture with its read-out, and the caption below; made by `explore`."""

    def __init__(self, frames, caption, controls, start, labels, play):
        self.frames, self.options, self.start = frames, controls, start
        self.seen, self.error = {}, None
        self.controls = {
            name: _control(labels[name], values, start[name]) for name, values in controls.items()
        }
        picture = self._page() if _for_page() else self._live()
        bar = widgets.HBox(
            [*self.controls.values(), *([self._player(play, labels)] if play else [])],
            layout=widgets.Layout(flex_flow="row wrap"),
        )
        bar.add_class("nn-controls")
        below = widgets.HTML(f'<p class="nn-caption">{escape(caption)}</p><style>{CSS}</style>')
        super().__init__([bar, picture, below])
        self.add_class("nn-explorer")

    def html(self, **values):
        """The frame for these values, drawn once and kept."""
        key = tuple(values[name] for name in self.options)
        if key not in self.seen:
            self.seen[key], _ = self.frames.frame(**values)
        return self.seen[key]

    def _live(self):
        """One picture, redrawn by the kernel."""
        frame = widgets.HTML(layout=_cell())

        def show(_=None):
            values = {
                name: self.options[name][control.index] for name, control in self.controls.items()
            }
            try:
                frame.value, self.error = self.html(**values), None
            except Exception as error:  # whatever a reader's draw raises is for the reader to see
                self.error = f"{type(error).__name__}: {error}"
                frame.value = f'<p class="nn-error" role="alert">{escape(self.error)}</p>'

        show()
        for control in self.controls.values():
            control.observe(show, "index")
        return self._over_backdrop(frame)

    def _page(self):
        """All pictures, turned over in the browser. An error in ``draw`` is raised."""
        shared = {"layout": widgets.Layout(overflow="visible"), "style": widgets.HTML().style}
        stack = self._stack({}, list(self.options), shared)
        if self.frames.frame(**self.start)[0] != self.html(**self.start):
            raise ValueError(
                f"draw must draw the same picture each time for {self.start}; now it "
                "drew another, so it depends on something besides the controls"
            )
        return self._over_backdrop(stack)

    def _stack(self, values, names, shared):
        if not names:
            # numbered, so that a page that sorts its widgets by their ids keeps pictures that are
            # alike together: it is a quarter smaller when compressed
            number = f"{next(FRAME_NUMBERS):032x}"
            return widgets.HTML(self.html(**values), model_id=number, **shared)
        name, *rest = names
        children = [self._stack(values | {name: v}, rest, shared) for v in self.options[name]]
        stack = widgets.Stack(
            children, selected_index=self.controls[name].index, layout=shared["layout"]
        )
        widgets.jsdlink((self.controls[name], "index"), (stack, "selected_index"))
        if len(names) == len(self.options):
            stack.layout = _cell()
        return stack

    def _over_backdrop(self, picture):
        backdrop = widgets.HTML(self.frames.backdrop_html(), layout=_cell())
        return widgets.GridBox(
            [backdrop, picture],
            layout=widgets.Layout(grid_template_columns="minmax(0, 1fr)", overflow="visible"),
        )

    def _player(self, name, labels):
        control = self.controls[name]
        play = widgets.Play(
            min=0,
            max=len(self.options[name]) - 1,
            value=control.index,
            interval=250,
            show_repeat=False,
        )
        play.add_class("nn-control")
        play.tooltip = labels[name]
        widgets.jslink((play, "value"), (control, "index"))
        return play

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        if _for_page():  # what paper shows
            bundle["image/png"] = png_base64(self.frames.png(**self.start))
        return bundle

    def __repr__(self):
        if self.error:
            return f"Explorer({self.error})"
        sizes = ", ".join(f"{name}: {len(values)} values" for name, values in self.options.items())
        return f"Explorer({sizes})"


def _for_page():
    return os.environ.get("NNLIB_EXPLORERS") == "page"


def _cell():
    return widgets.Layout(grid_area="1 / 1", min_width="0", overflow="visible")


def _control(label, values, start):
    """The widget that suits the values: a switch, buttons, a menu or a slider."""
    index = values.index(start)
    if all(isinstance(v, bool) for v in values):
        make, names = widgets.ToggleButtons, ["on" if v else "off" for v in values]
    elif any(isinstance(v, str) for v in values):
        make = widgets.ToggleButtons if len(values) <= 4 else widgets.Dropdown
        names = [str(v) for v in values]
    else:
        make, names = widgets.SelectionSlider, [f"{v:g}" for v in values]
        if len(set(names)) < len(names) or any("e+" in name for name in names):
            names = [f"{v:,}" for v in values]
    # "initial": ipywidgets otherwise fixes a width that is too narrow for a label or a slider
    control = make(
        options=names,
        index=index,
        description=label,
        tooltip=label,
        style={"description_width": "initial"},
    )
    control.layout = widgets.Layout(
        flex="1 1 18rem" if make is widgets.SelectionSlider else "0 1 auto", width="auto"
    )
    control.add_class("nn-control")
    return control


def _values(name, values):
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise TypeError(f"control {name} must be a list of values, got {values!r}")
    values = [v.item() if isinstance(v, np.generic) else v for v in values]
    for v in values:
        if not isinstance(v, bool | int | float | str):
            raise TypeError(f"control {name} takes numbers, names or booleans, got {v!r}")
    if not values:
        raise ValueError(f"control {name} has no values; give it a list with at least one")
    if len(set(values)) < len(values):
        raise ValueError(f"control {name} offers a value twice: {values}")
    return values


def _check_options(caption, panels, size, start, labels):
    if not isinstance(caption, str):
        raise TypeError(f"caption must be a text, got {caption!r}")
    if not isinstance(panels, int) or panels < 1:
        raise ValueError(f"panels must be a whole number >= 1, got {panels!r}")
    if not isinstance(size, tuple) or len(size) != 2 or min(size) <= 0:
        raise ValueError(f"size must be (width, height) in inches, and no control, got {size!r}")
    for argument, value in (("start", start), ("labels", labels)):
        if not (value is None or isinstance(value, dict)):
            raise TypeError(f"{argument} must be a dict from control to value, got {value!r}")


def _check_controls(draw, controls):
    if not controls:
        raise ValueError("explore needs at least one control, for example lr=[0.01, 0.1, 1]")
    count = prod(map(len, controls.values()))
    if count > MAX_FRAMES:
        raise ValueError(
            f"these controls make {count:,} frames, at most {MAX_FRAMES:,} fit a page;"
            " offer fewer values"
        )
    names = ", ".join(controls)
    try:
        inspect.signature(draw).bind(None, **controls)
    except TypeError as error:
        raise TypeError(
            f"draw must take the axes and then the controls ({names}) as arguments: {error}"
        ) from None


def _check_names(controls, **uses):
    for argument, names in uses.items():
        for name in names:
            if name not in controls:
                known = ", ".join(controls)
                raise ValueError(f"{argument} names {name!r}, which is not a control ({known})")
