"""The picture that the playground's page shows until a reader starts it."""

from nnbook.playground.still import still

PAGE, PLACE = "playground", "<!-- the still picture -->"


def setup(app):
    app.connect("env-get-outdated", read_anew)
    app.connect("source-read", draw)


def read_anew(app, env, added, changed, removed):
    """What the library draws may have changed, though the page's text has not."""
    return {PAGE} & env.found_docs


def draw(app, docname, source):
    """Put the picture into its place."""
    if docname == PAGE:
        source[0] = source[0].replace(PLACE, still())
