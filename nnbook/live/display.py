"""What is shown of a value: the forms it offers, as a notebook asks for them."""

import base64
import io
import json
import pprint
import sys

FORMS = {
    "_repr_html_": "text/html",
    "_repr_markdown_": "text/markdown",
    "_repr_latex_": "text/latex",
    "_repr_svg_": "image/svg+xml",
    "_repr_png_": "image/png",
}
WIDTH = 79  # of a line, before a list or a dict takes several


def tell(kind, **what):
    """Send one event to the page. Its worker hands Python the module ``_host``."""
    import _host

    for stream in (sys.stdout, sys.stderr):  # what was printed before comes before
        stream.flush()
    _host.call(json.dumps({"kind": kind, **what}).encode())


def display(*values):
    """Show values in the page, one below the other."""
    for value in values:
        tell("display", data=bundle(value))


def bundle(value):
    """The forms that a value offers: mime type to text, pictures in base64."""
    forms = {"text/plain": plain(value)}
    if isinstance(value, type):  # its methods are for its instances
        return forms
    if hasattr(value, "_repr_mimebundle_"):
        return forms | value._repr_mimebundle_()
    if _is_figure(value):
        return forms | {"image/png": _png(value)}
    for method, mime in FORMS.items():
        form = getattr(value, method, lambda: None)()
        if form is not None:
            forms[mime] = base64.b64encode(form).decode() if isinstance(form, bytes) else form
    return forms


def plain(value):
    """A value as text: containers over several lines where one is too short."""
    if type(value) in (dict, list, tuple, set):
        return pprint.pformat(value, width=WIDTH, sort_dicts=False)
    return repr(value)


def _is_figure(value):
    figure = sys.modules.get("matplotlib.figure")
    return figure is not None and isinstance(value, figure.Figure)


def _png(figure):
    """Cut to what is drawn, and sharp on dense screens."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=2 * figure.dpi, bbox_inches="tight")
    return base64.b64encode(file.getvalue()).decode()
