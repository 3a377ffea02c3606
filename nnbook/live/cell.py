"""Run a cell as a notebook does, and tell the page what comes of it.

A page hears of events while a cell runs: text that is printed, things that are displayed, an error.
"""

import ast
import gc
import importlib
import json
import linecache
import sys
import traceback

from .display import display, tell

CELL = "<cell {}>"  # what tracebacks call the file
NAMES = vars(sys.modules["__main__"])  # of all cells
NAMES.setdefault("display", display)  # as in a notebook
count = 0


def run(source):
    """Run a cell's source in ``__main__``; its last expression is shown, then its figures.

    Returns
    -------
    bool
        Whether it ended without an error. An error is told, not raised.
    """
    global count
    count += 1
    name = CELL.format(count)
    linecache.cache[name] = len(source), None, source.splitlines(True), name
    try:
        value = _execute(source, name)
        if value is not None:
            display(value)
        _show_figures()
    except BaseException as error:  # SystemExit, too: a page goes on
        _close_figures()
        tell(
            "error",
            name=type(error).__name__,
            message=str(error),
            traceback=_traceback(error),
        )
        return False
    return True


def _execute(source, name):
    """Execute all statements; the value of the last one, if it is an expression that is shown."""
    tree = ast.parse(source, name)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not source.rstrip().endswith(";"):
        last = ast.Expression(tree.body.pop().value)
    exec(compile(tree, name, "exec"), NAMES)
    return eval(compile(last, name, "eval"), NAMES) if last else None


def ask(module, function, arguments):
    """Call a function of one of the book's modules and tell the page what it returns, as JSON."""
    try:
        value = getattr(importlib.import_module(module), function)(**json.loads(arguments))
        tell("value", value=value)
    except Exception as error:
        tell(
            "error",
            name=type(error).__name__,
            message=str(error),
            traceback=_traceback(error),
        )


def _traceback(error):
    """As Python prints it, from the cell's own line on."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace))


def _show_figures():
    """Display the figures that are open, in order, and close them."""
    for number in _pyplot_numbers():
        display(sys.modules["matplotlib.pyplot"].figure(number))
    _close_figures()


def _close_figures():
    if _pyplot_numbers():
        sys.modules["matplotlib.pyplot"].close("all")
        gc.collect()  # a figure and its parts know each other; a page's memory never shrinks


def _pyplot_numbers():
    pyplot = sys.modules.get("matplotlib.pyplot")
    return pyplot.get_fignums() if pyplot else []
