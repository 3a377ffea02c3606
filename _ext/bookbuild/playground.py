"""The picture that the playground's page shows until a reader starts it."""

from nnbook.playground.still import still

PLACE = "<!-- the still picture -->"


def draw_still(app, docname, source):
    """Put the picture, made by the library of today, into its place in the page."""
    if docname == "playground":
        source[0] = source[0].replace(PLACE, still())
