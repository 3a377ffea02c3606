"""A page's figures have one format."""


def set_matplotlib_formats(*formats):
    """Nothing to set."""
