import inspect
from textwrap import dedent

import pytest
from IPython.display import Markdown

from nnbook.notebook import source
from nnlib import init, schedules
from nnlib.autodiff import Value
from nnlib.layers import Dropout


class Example:
    """What it is.

    And more of it.
    """

    size = '    """no docstring"""'

    def twice(self, x):
        """x + x."""
        # a comment stays

        def add(a, b):
            """Inside of another."""
            return a + b  # so does this one

        return add(
            x,
            x,
        )

    def nothing(self):
        """A docstring is all there is."""


def shown(*things, **options):
    text = source(*things, **options).data
    assert text.startswith("```python\n") and text.endswith("\n```")
    return text.removeprefix("```python\n").removesuffix("\n```")


@pytest.mark.parametrize("thing", [init.he_normal, Value.backward, Dropout])
def test_code_is_the_files_own(thing):
    assert shown(thing) + "\n" == dedent(inspect.getsource(thing))


def test_several_stand_one_after_the_other():
    both = shown(Value.__add__, init.zeros)
    assert both == shown(Value.__add__) + "\n\n" + shown(init.zeros)
    assert both.startswith("def __add__") and "\n\ndef zeros" in both


def test_docstrings_are_left_out_and_nothing_else():
    assert shown(Example, docstrings=False).splitlines() == [
        "class Example:",
        '    size = \'    """no docstring"""\'',
        "",
        "    def twice(self, x):",
        "        # a comment stays",
        "",
        "        def add(a, b):",
        "            return a + b  # so does this one",
        "",
        "        return add(",
        "            x,",
        "            x,",
        "        )",
        "",
        "    def nothing(self):",
        '        """A docstring is all there is."""',
    ]


@pytest.mark.parametrize("thing", [schedules.one_cycle, schedules.Plateau, Value, init])
def test_what_is_left_of_the_library_is_code_without_docstrings(thing):
    code = shown(thing, docstrings=False)
    compile(code, "shown", "exec")
    assert '"""' not in code and code.count("\n") < inspect.getsource(thing).count("\n")


def test_a_notebook_shows_it_as_markdown():
    assert isinstance(source(init.zeros), Markdown)
