"""Explorers: a picture with sliders that works in a notebook and in a page without a kernel.

In a live notebook a frame is drawn when a reader first asks for it, and kept; its controls are
widgets. When the book is built (the environment variable ``NNLIB_EXPLORERS`` is ``page``) all
frames are drawn, and the output is a card with the browser's own controls (`nnbook.card`).
"""

import importlib
import inspect
import itertools
import os
import sys
import warnings
from collections import Counter
from html import escape
from math import prod
from pathlib import Path
from types import ModuleType

import ipywidgets as widgets
import numpy as np
from IPython import get_ipython

from .between import some_between
from .card import Control, card, frames_script, layers_html, still
from .drag import Drag, axes_box
from .frames import Frames, png_base64

MAX_FRAMES = 1000
MAX_TRIES = 3
MIME = "application/vnd.nnbook.explorer+json"  # rendered by the book's build
WIDGET = "application/vnd.jupyter.widget-view+json"
CSS_FILE = Path(__file__).with_name("explorer.css")
NAMES = Counter()  # of the explorers that this kernel has made


def explore(
    draw,
    *,
    question="",
    caption="",
    tries=None,
    backdrop=None,
    panels=1,
    size=(5.6, 3.6),
    start=None,
    play=None,
    labels=None,
    drag=None,
    **controls,
):
    """Turn a drawing function into a picture with controls.

    Parameters
    ----------
    draw : callable
        ``draw(ax, **values)`` draws one frame on Matplotlib axes and returns the read-out, a
        sentence with the numbers that the frame shows. With ``panels > 1``, ``ax`` is a list.
    question : str
        What the reader shall find out, above the picture.
    caption : str
        What the marks in the picture are, below it. What will be seen is the reader's to find.
    tries : dict, optional
        At most three links to settings worth a look: text to a dict from control to value.
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
    drag : str, optional
        An argument of ``draw`` with a default, which readers drag in the first panel where Python
        runs in the page, and which keeps its default elsewhere: a point ``(x, y)``, an array (n, 2)
        of points, or another array (rows, columns) of pixels from 0 to 1 (`nnbook.drag`).
    **controls : sequence
        For each argument of ``draw`` the values it takes: numbers make a slider, booleans a
        switch, names buttons or a menu.

    Returns
    -------
    Explorer
        As the last expression of a cell it is shown: a widget, or a card of the built page.

    Raises
    ------
    TypeError
        ``draw`` and the controls do not fit together, a control is not a sequence of values, or
        ``draw`` draws elsewhere than on its axes.
    ValueError
        No controls, no values, a value in ``start`` or ``tries`` that is not offered, more than
        1,000 frames, or a ``drag`` that is no point, points or pixels, or a control as well.

    Examples
    --------
    >>> def draw(ax, slope):
    ...     ax.plot([0, 1], [0, slope])
    ...     return f"The line climbs to {slope}."
    >>> explore(draw, slope=[1, 2, 3])
    Explorer(slope: 3 values)
    """
    _check_options(question, caption, tries, panels, size, start, labels)
    controls = {name: _values(name, values) for name, values in controls.items()}
    _check_controls(draw, controls)
    start = {name: values[0] for name, values in controls.items()} | dict(start or {})
    labels = {name: name for name in controls} | dict(labels or {})
    _check_names(controls, start=start, labels=labels, play=[] if play is None else [play])
    start = _offered(controls, "start", start)
    drag = None if drag is None else Drag(draw, drag)
    if drag and drag.name in controls:
        raise ValueError(f"{drag.name} is a control: it cannot be dragged, too")
    tries = dict(tries or {})
    for text, setting in tries.items():
        _check_names(controls, **{f"tries[{text!r}]": setting})
        tries[text] = _offered(controls, f"tries[{text!r}]", setting)
    name = _name(draw)
    frames = Frames(draw, backdrop, panels, size, name)
    controls = {
        key: Control(key, labels[key], values, plays=key == play)
        for key, values in controls.items()
    }
    return _kind()(frames, controls, start, question, caption, tries, drag)


def _called(draw):
    """How the notebook writes the function: ``draw``, or ``module.draw`` of one it has imported."""
    name, known = draw.__name__, vars(sys.modules["__main__"])
    if known.get(name) is draw:
        return name
    homes = (
        there
        for there, value in known.items()
        if isinstance(value, ModuleType) and getattr(value, name, None) is draw
    )
    return f"{home}.{name}" if (home := next(homes, None)) else name


def _name(draw):
    """What an explorer is called in its page's addresses: as its function, numbered if need be."""
    name = getattr(draw, "__name__", "draw").strip("<>_").replace("_", "-")
    NAMES[name] += 1
    return f"{name}-explorer" if NAMES[name] == 1 else f"{name}-explorer-{NAMES[name]}"


class Shown:
    """What both kinds of explorer are: frames, controls, and a setting to start with."""

    def _keep(self, frames, controls, start, question, caption, tries, drag):
        self.frames, self.options, self.start = frames, controls, start
        self.question, self.caption, self.tries, self.drag = question, caption, tries, drag
        self.seen, self.error = {}, None

    def frame(self, **values):
        """The frame for these values (pictures, sentence), drawn once and kept."""
        key = tuple(values[name] for name in self.options)
        if key not in self.seen:
            self.seen[key] = self.frames.frame(**values)
        return self.seen[key]

    def card(self, longest):
        """The card that it starts with; ``longest`` is the longest sentence it has room for."""
        return card(
            self.frames.name,
            self.frames,
            self.options,
            question=self.question,
            caption=self.caption,
            tries=self.tries,
            start=self.start,
            draw=_called(self.frames.draw),
            frame=self.frame(**self.start),
            longest=longest,
            drag=self.drag,
        )

    def __repr__(self):
        if self.error:
            return f"Explorer({self.error})"
        sizes = ", ".join(f"{name}: {len(c.values)} values" for name, c in self.options.items())
        return f"Explorer({sizes})"


class PageExplorer(Shown):
    """An explorer of a built page: all its frames. An error in ``draw`` is raised."""

    def __init__(self, *what):
        self._keep(*what)
        first = self.frame(**self.start)
        if self.drag:
            axes_box(self.frames.axes[0])  # or it could not be dragged
        self.all = [
            self.frame(**dict(zip(self.options, values, strict=True)))
            for values in itertools.product(*(c.values for c in self.options.values()))
        ]
        if self.frames.frame(**self.start) != first:
            raise ValueError(
                f"draw must draw the same picture each time for {self.start}; now it "
                "drew another, so it depends on something besides the controls"
            )
        for control in self.options.values():
            control.free = control.free and self._draws_between(control)

    def _draws_between(self, control):
        """Whether ``draw`` takes more than the values offered: some look theirs up in a table."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", RuntimeWarning)  # the mean of nothing, say
                self.frames.frame(**self.start | {control.key: some_between(control.values)})
        except Exception:  # whatever it raises, it takes no such value
            return False
        return True

    def bundle(self):
        """Name, card and the script of all frames, in the order of the controls' values."""
        longest = max((sentence for _, sentence in self.all), key=len)
        name = self.frames.name
        return {
            "name": name,
            "card": self.card(longest),
            "frames": frames_script(name, self.all),
        }

    def _repr_mimebundle_(self, **kwargs):
        bundle = self.bundle()
        return {
            "text/plain": repr(self),
            MIME: bundle,
            "text/html": still(bundle["card"], CSS_FILE.read_text(encoding="utf-8")),
            "image/png": png_base64(self.frames.png(self.caption, **self.start)),  # for paper
        }


class Explorer(Shown, widgets.VBox):
    """An explorer of a live notebook: question, picture, controls, sentence, settings to try."""

    def __init__(self, *what):
        self._keep(*what)
        self.controls = {name: _widget(c, self.start[name]) for name, c in self.options.items()}
        backdrop, picture, self.readout = widgets.HTML(), widgets.HTML(), widgets.HTML()
        ground = self.frames.still and self.frames.colours.css()  # before a frame brings colours

        def show(_=None):
            try:
                pictures, sentence = self.frame(**self.values())
            except Exception as error:  # whatever a reader's draw raises is for the reader to see
                self.error = f"{type(error).__name__}: {error}"
                backdrop.value = ""
                picture.value = f'<p class="nn-error" role="alert">{escape(self.error)}</p>'
                self.readout.value = ""
            else:
                self.error = None
                alt = f'role="img" aria-label="{escape(sentence)}"'
                still, frame = layers_html(self.frames, pictures, alt)
                backdrop.value = f'<div style="{ground}">{still}</div>'  # sent if it has changed
                picture.value = f'<div style="{self.frames.colours.css()}">{frame}</div>'
                self.readout.value = f'<p class="nn-says">{escape(sentence)}</p>'

        show()
        for control in self.controls.values():
            control.observe(show, "index")
        question = f'<p class="nn-ask">{escape(self.question)}</p>' if self.question else ""
        caption = f'<p class="nn-caption">{escape(self.caption)}</p>' if self.caption else ""
        bar = widgets.HBox(
            [self._with_player(name) for name in self.controls],
            layout=widgets.Layout(flex_flow="row wrap"),
        )
        bar.add_class("nn-controls")
        tries = widgets.HBox(
            [self._try(text, to) for text, to in self.tries.items()],
            layout=widgets.Layout(flex_flow="row wrap"),
        )
        css = CSS_FILE.read_text(encoding="utf-8")
        below = widgets.HTML(f"{caption}<style>{css}</style>")
        layers = widgets.Box([backdrop, picture])
        layers.add_class("nn-layers")
        super().__init__([widgets.HTML(question), layers, bar, self.readout, tries, below])
        self.add_class("nn-explorer")

    def _repr_mimebundle_(self, **kwargs):
        """The widget, if somebody may move it, and a still picture for viewers without widgets."""
        bundle = super()._repr_mimebundle_(**kwargs)
        if not _is_live():
            del bundle[WIDGET]
        if self.error:
            return bundle
        return bundle | {"image/png": png_base64(self.frames.png(self.caption, **self.values()))}

    def values(self):
        """The setting that the controls are at."""
        return {
            name: self.options[name].values[control.index]
            for name, control in self.controls.items()
        }

    def _try(self, text, setting):
        """A button that moves the controls to a setting."""
        button = widgets.Button(description=text, layout=widgets.Layout(width="auto"))
        button.add_class("nn-try")

        def move(_):
            for name, value in (self.start | setting).items():
                self.controls[name].index = self.options[name].values.index(value)

        button.on_click(move)
        return button

    def _with_player(self, name):
        """A control's widget; if it plays, a line of its own, which a player begins."""
        control = self.controls[name]
        if not self.options[name].plays:
            return control
        play = widgets.Play(
            min=0,
            max=len(self.options[name].values) - 1,
            value=control.index,
            interval=450,
            show_repeat=False,
        )
        play.add_class("nn-control")
        play.tooltip = self.options[name].label
        widgets.jslink((play, "value"), (control, "index"))
        return widgets.HBox([play, control], layout=widgets.Layout(flex="1 1 100%"))


def _kind():
    """The class of explorers for where this runs."""
    where = os.environ.get("NNLIB_EXPLORERS")
    if where == "live":  # in a page's own Python
        return importlib.import_module("nnbook.live.explorer").LiveExplorer
    return PageExplorer if where == "page" else Explorer


def _is_live():
    """Whether there is a reader: a program that executes a notebook answers no ``input()``."""
    kernel = getattr(get_ipython(), "kernel", None)
    return kernel is None or kernel.get_parent()["content"]["allow_stdin"]


def _widget(control, start):
    """The widget for a control: a switch, buttons, a menu or a slider."""
    makes = {
        "choice": widgets.ToggleButtons,
        "menu": widgets.Dropdown,
        "slider": widgets.SelectionSlider,
    }
    make = makes[control.kind]
    # "initial": ipywidgets otherwise fixes a width that is too narrow for a label or a slider
    widget = make(
        options=control.names,
        index=control.values.index(start),
        description=control.label,
        tooltip=control.label,
        style={"description_width": "initial"},
    )
    widget.layout = widgets.Layout(
        flex="1 1 18rem" if control.kind == "slider" else "0 1 auto", width="auto"
    )
    widget.add_class("nn-control")
    return widget


def _values(name, values):
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise TypeError(f"control {name} must be a list of values, got {values!r}")
    if isinstance(values, tuple) and len(values) == 2 and _two_numbers(values):
        low, high = values
        raise TypeError(
            f"control {name} is a pair, {values}; give all its values, such as "
            f"np.linspace({low}, {high}, 11), or a list if these two are all"
        )
    values = [v.item() if isinstance(v, np.generic) else v for v in values]
    for v in values:
        if not isinstance(v, bool | int | float | str):
            raise TypeError(f"control {name} takes numbers, names or booleans, got {v!r}")
    if not values:
        raise ValueError(f"control {name} has no values; give it a list with at least one")
    if len(set(values)) < len(values):
        raise ValueError(f"control {name} offers a value twice: {values}")
    return values


def _two_numbers(values):
    return all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)


def _check_options(question, caption, tries, panels, size, start, labels):
    for argument, value in (("question", question), ("caption", caption)):
        if not isinstance(value, str):
            raise TypeError(f"{argument} must be a text, got {value!r}")
    if not (tries is None or isinstance(tries, dict)) or not all(
        isinstance(text, str) and isinstance(to, dict) and to for text, to in (tries or {}).items()
    ):
        raise TypeError(f"tries must be a dict from a text to a dict of values, got {tries!r}")
    if len(tries or {}) > MAX_TRIES:
        raise ValueError(f"tries must be at most {MAX_TRIES}, got {len(tries)}")
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


def _offered(controls, argument, setting):
    """The setting with each value as its control has it: 0.0 where 0 was written."""
    for name, value in setting.items():
        if value not in controls[name]:
            offered = ", ".join(map(str, controls[name]))
            raise ValueError(
                f"{argument}[{name!r}] is {value!r}, but {name} takes one of {offered}"
            )
    return {name: controls[name][controls[name].index(value)] for name, value in setting.items()}
