"""What several notebooks need: the library's own code, shown where the text speaks of it."""

import ast
import inspect
from textwrap import dedent

from IPython.display import Markdown


def source(*things, docstrings=True):
    """The code of functions, methods and classes, as it is on your machine, one after the other.

    Parameters
    ----------
    things : functions, methods, classes or modules
    docstrings : bool
        False leaves the docstrings out: where the text says already what the code does.

    Returns
    -------
    IPython.display.Markdown
        One highlighted block of Python.
    """
    codes = [dedent(inspect.getsource(thing)).strip("\n") for thing in things]
    if not docstrings:
        codes = [_without_docstrings(code) for code in codes]
    code = "\n\n".join(codes)
    return Markdown(f"```python\n{code}\n```")


def _without_docstrings(code):
    """Comments and line breaks stay. So does a docstring that is all that a body has."""
    lines = code.split("\n")
    for node in ast.walk(ast.parse(code)):
        body = getattr(node, "body", None)
        if _documented(node) and len(body) > 1:
            first, last = body[0].lineno - 1, body[0].end_lineno
            last += lines[last : last + 1] == [""]  # with the blank line that may follow
            lines[first:last] = [None] * (last - first)
    return "\n".join(line for line in lines if line is not None)


def _documented(node):
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return isinstance(node, kinds) and ast.get_docstring(node) is not None
