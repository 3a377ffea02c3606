"""An explorer as a piece of a page: there before any script runs, with the browser's controls.

The card holds the picture and the sentence at the start; `frames_script` holds all others, in a
file that ``explorer.js`` loads when a reader comes near.
"""

import json
import re
from html import escape
from urllib.parse import quote, urlencode

from .between import some_between

AXES, TITLE = 24, 14  # points from a picture's top: where axes begin, and room that titles need
TEXT = re.compile(r'<text [^>]*?\by="(-?[\d.]+)"')
CARD = "nn-card"
FRAMES = "{frames}"  # in a card: where the address of its frames goes


def card(
    name, frames, controls, *, question, caption, tries, start, draw, frame, longest, drag=None
):
    """The HTML of an explorer, with `FRAMES` for the address of its frames' file.

    Parameters
    ----------
    name : str
        Its id, and the beginning of all ids in it.
    frames : Frames
        Where the backdrop comes from.
    controls : dict of str: Control
    question, caption : str
        Above the picture and below it; may be empty.
    tries : dict of str: dict
        Text of a link to the setting that it leads to.
    start : dict
        The setting whose ``frame`` (pictures, sentence) is shown at first.
    draw : str
        Name of the function that draws, for a line of Python.
    longest : str
        The longest sentence of all frames: the card keeps room for it.
    drag : Drag, optional
        What readers drag where Python runs.
    """
    pictures, sentence = frame
    beside = frames.panels == 1 and frames.size[0] <= 6
    head = f'<p class="nn-ask" id="{name}-ask">{escape(question)}</p>' if question else ""
    links = ", ".join(
        f'<a href="#{name}?{escape(urlencode(to, quote_via=quote))}">{escape(text)}</a>'
        for text, to in tries.items()
    )
    parts = [
        f'<div class="nn-head{"" if head else " nn-bare"}">{head}'
        '<button type="button" class="nn-reset">Reset</button></div>',
        f'<div class="nn-stage{" nn-beside" if beside else ""}">',
        pictures_html(frames, pictures, f'role="img" aria-labelledby="{name}-says"'),
        '<div class="nn-controls">',
        *(control.html(name, start[key]) for key, control in controls.items()),
        "</div></div>",
        f'<p class="nn-says" data-longest="{escape(longest)}">'
        f'<span id="{name}-says">{escape(sentence)}</span></p>',
        f'<p class="nn-tries">Try {links}</p>' if links else "",
        f'<p class="nn-caption">{escape(caption)}</p>' if caption else "",
        '<p class="nn-share"><button type="button" class="nn-copy-link">Copy link</button> '
        f'<button type="button" class="nn-copy-python" data-call="{escape(draw)}(ax, {{}})">'
        "Copy as Python</button></p>",
        '<output class="nn-voice" aria-live="polite"></output>',
    ]
    dragged = f'data-drag="{drag.name}" data-kind="{drag.kind}" ' if drag else ""
    return (
        f'<nn-explorer id="{name}" class="{CARD}" data-frames="{FRAMES}" {dragged}'
        f'style="{frames.colours.css()}"><figure>{"".join(parts)}</figure></nn-explorer>'
    )


def still(card, css):
    """A card without its controls, with its style: for pages that other programs make."""
    html = card.replace(CARD, f"{CARD} nn-still", 1).replace(FRAMES, "")
    return f"<style>{css}</style>{html}"


def pictures_html(frames, pictures, attributes):
    """The panels: what stays, and over it the given fragments of a frame."""
    backdrop, frame = _groups(frames, pictures)
    return _panels(frames, pictures, map("".join, zip(backdrop, frame, strict=True)), attributes)


def layers_html(frames, pictures, attributes):
    """What stays, and the frame, as panels that lie over each other and are sent by themselves."""
    backdrop, frame = _groups(frames, pictures)
    return (
        _panels(frames, pictures, backdrop, 'aria-hidden="true"'),
        _panels(frames, pictures, frame, attributes),
    )


def _groups(frames, pictures):
    return (
        [f'<g class="nn-backdrop">{still}</g>' for still in frames.still],
        [f'<g class="nn-frame">{picture}</g>' for picture in pictures],
    )


def _panels(frames, pictures, contents, attributes):
    width, height = (round(72 * inches, 1) for inches in frames.size)
    words = [float(y) for svg in [*frames.still, *pictures] for y in TEXT.findall(svg)]
    top = 0 if min(words, default=AXES) < AXES else TITLE  # no room for titles where none are
    box = f"0 {top} {width:g} {height - top:g}"
    panels = (
        f'<svg class="nn-panel" viewBox="{box}" aria-hidden="true">{content}</svg>'
        for content in contents
    )
    return f'<div class="nn-pictures" {attributes}>{"".join(panels)}</div>'


def frames_script(name, frames):
    """The file of all frames, [(pictures, sentence)] in the order of the controls' values."""
    rows = [[*pictures, sentence] for pictures, sentence in frames]
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return f"nnFrames({json.dumps(name)},{text});\n"


class Control:
    """One argument of ``draw`` as native controls: its values, how they are written, its label.

    It is ``free`` if it may stand between its values where Python runs.
    """

    def __init__(self, key, label, values, plays=False):
        self.key, self.label, self.values, self.plays = key, label, values, plays
        self.names = names(values)
        self.free = some_between(values) is not None

    @property
    def kind(self):
        """What suits the values: a "slider" for numbers, a "choice" of few names, a "menu"."""
        if all(isinstance(v, bool) for v in self.values):
            return "choice"
        if any(isinstance(v, str) for v in self.values):
            return "choice" if len(self.values) <= 4 else "menu"
        return "slider"

    def html(self, name, start):
        at, label, id = self.values.index(start), escape(self.label), f"{name}-{self.key}"
        text = ' data-text="1"' if any(isinstance(v, str) for v in self.values) else ""
        plays = " nn-plays" if self.plays else ""
        data = f'data-name="{self.key}"{text}'
        if self.kind == "choice":
            wide = " nn-wide" * (len(self.values) > 2) + " nn-many" * (len(self.values) > 3)
            radios = "".join(
                f'<label><input type="radio" name="{id}" value="{escape(str(value))}"'
                f"{' checked' if k == at else ''}><span>{escape(shown)}</span></label>"
                for k, (value, shown) in enumerate(zip(self.values, self.names, strict=True))
            )
            return (
                f'<fieldset class="nn-control nn-choice{plays}{wide}" {data}>'
                f"<legend>{label}</legend>{self._play()}<div>{radios}</div></fieldset>"
            )
        options = "".join(
            f'<option value="{escape(str(value))}"{" selected" if k == at else ""}>'
            f"{escape(shown)}</option>"
            for k, (value, shown) in enumerate(zip(self.values, self.names, strict=True))
        )
        if self.kind == "menu":
            return (
                f'<div class="nn-control nn-menu{plays}" {data}>{self._play()}'
                f'<label for="{id}">{label}</label><select id="{id}">{options}</select></div>'
            )
        steps, free = len(self.values) - 1, ' data-free="1"' if self.free else ""
        return (
            f'<div class="nn-control nn-slider{plays}" {data}{free}>{self._play()}'
            f'<label for="{id}">{label}</label>'
            f'<select class="nn-value" tabindex="-1" aria-label="{label}, value">{options}</select>'
            f'<input type="range" id="{id}" min="0" max="{steps}" step="1" value="{at}" '
            f'style="--steps:{steps}"></div>'
        )

    def _play(self):
        if not self.plays:
            return ""
        label = escape(self.label)
        return f'<button type="button" class="nn-play" aria-label="Play {label}"></button>'


def names(values):
    """How values are written for a reader: 0.001, −4, 10,000; on and off; names as they are."""
    if all(isinstance(v, bool) for v in values):
        return ["on" if v else "off" for v in values]
    if any(isinstance(v, str) for v in values):
        return [str(v) for v in values]
    short = [f"{v:g}" for v in values]
    if len(set(short)) < len(short) or any("e+" in name for name in short):
        short = [f"{v:,}" for v in values]
    return [name.replace("-", "−") for name in short]
