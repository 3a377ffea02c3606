"""Texts that say in which form they are to be shown, and `display`."""

from nnbook.live.display import display


class _Text:
    def __init__(self, data):
        self.data = data

    def __repr__(self):
        return f"<IPython.core.display.{type(self).__name__} object>"

    def _repr_mimebundle_(self):
        return {self.mime: self.data}


class HTML(_Text):
    mime = "text/html"


class Markdown(_Text):
    mime = "text/markdown"


class Math(_Text):
    mime = "text/latex"


class SVG(_Text):
    mime = "image/svg+xml"


__all__ = ["HTML", "SVG", "Markdown", "Math", "display"]
