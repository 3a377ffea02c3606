"""A page's explorers have the browser's own controls, so nothing of ipywidgets is called there."""


class VBox:
    """What `nnbook.explore.Explorer` derives from."""
