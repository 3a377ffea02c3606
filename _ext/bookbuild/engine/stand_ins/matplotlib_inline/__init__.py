"""Matplotlib's link to a notebook, which a page does not have."""
