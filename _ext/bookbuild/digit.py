"""The page *Draw a digit*: its tool, as it stands there before a reader starts it, and its numbers.

``digit.html`` is the tool. Before Python runs it shows one of the example images, and what the
network says of it: computed here, by the functions that a reader's browser will call.
"""

import base64
import json
from pathlib import Path

from nnbook import digit

from .paths import ROOT

PAGE = "digit"
TEMPLATE = Path(__file__).with_name("digit.html")
RECORD = ROOT / "experiments/results/digit.json"
EXAMPLE = 3


def setup(app):
    app.connect("source-read", fill_in)
    app.connect("html-page-context", add_style)


def add_style(app, pagename, templatename, context, doctree):
    if pagename == PAGE:
        app.add_css_file("live/digit.css")


def fill_in(app, docname, source):
    """Put the tool and the recorded numbers where the page's text names them."""
    if docname == PAGE:
        source[0] = filled(source[0], {"tool": tool(), **recorded()})
        for path in (TEMPLATE, RECORD, ROOT / "nnbook/digit.py", ROOT / "nnbook/digit.npz"):
            app.env.note_dependency(str(path))


def filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{{ {name} }}}}", value)
    return text


def recorded() -> dict[str, str]:
    """What the experiment says of the network, before and after its weights went into 8 bits."""
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    [before], after = record["runs"], record["eight_bits"]
    readings = [set(zip(run["wrong"], run["read_as"], strict=True)) for run in (before, after)]
    return {
        "before": f"{100 * before['held_accuracy']:.2f}",
        "after": f"{100 * after['held_accuracy']:.2f}",
        "changed": str(len({image for image, _ in readings[0] ^ readings[1]})),
        "parameters": f"{digit.network()[0].params.size:,}",
        "megabytes_before": f"{digit.network()[0].params.nbytes / 1e6:.1f}",
        "kilobytes": str(round(record["bytes"] / 1000)),
    }


def tool() -> str:
    example = digit.examples()[EXAMPLE]
    reading = digit.read(example["picture"])
    return filled(
        TEMPLATE.read_text(encoding="utf-8").strip(),
        {
            "picture": svg(base64.b64decode(reading["picture"])),
            "bars": "\n".join(map(bar, range(10), reading["probabilities"])),
            "says": reading["says"],
            "truths": "".join(f'<button type="button" value="{k}">{k}</button>' for k in range(10)),
            "units": '<li><canvas role="img"></canvas><span></span></li>' * digit.UNITS,
        },
    )


def svg(pixels: bytes) -> str:
    """A picture of 28 x 28 bytes, in the colour of the text around it."""
    squares = "".join(
        f'<rect x="{k % 28}" y="{k // 28}" width="1" height="1" opacity="{ink / 255:.2f}"/>'
        for k, ink in enumerate(pixels)
        if ink
    )
    look = 'viewBox="0 0 28 28" fill="currentColor" shape-rendering="crispEdges"'
    return f'<svg aria-hidden="true" {look}>{squares}</svg>'


def bar(k: int, p: float) -> str:
    most = ' class="nn-most"' if p > 0.5 else ""
    percent = f"{100 * p:.0f} %" if p < 0.995 else "> 99 %"
    return (
        f'<li{most}><label>{k} <progress value="{p:.4f}"></progress></label> '
        f"<span>{percent}</span></li>"
    )
