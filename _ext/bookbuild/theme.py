"""What scripts of the theme and of Sphinx do late, dear or wrong, put right in the site's copies.

The theme's looks whether each block of code or output scrolls, to make those that do a stop for the
Tab key, when a page has loaded, and again after each new picture of an explorer. Block by block it
measures and then writes, so that a browser styles and lays out a chapter some hundred times. Here
it measures all of them, then writes what has changed. And a page has its theme at once, at a
reader's first visit, too: the theme's script gives it when the text has long been there without
colours.

Sphinx's script that marks the words of a search empties the state of the page's entry in the
history, where explorers keep their settings: a reload lost them. It leaves the state as it is here.

Bootstrap hears each click of a page a dozen times, and each key press twice. Each time it collects
all elements of the page that might be meant, to see whether the target is one of them. Here it asks
the target.
"""

import re
from pathlib import Path

SCRIPT = "scripts/pydata-sphinx-theme.js"
ONE_BY_ONE = re.compile(
    r"(document\.querySelectorAll\([^()]*\([^()]*\)\))\.forEach\((\w+)=>\{\2\.tabIndex=([^{}]*)\?0:-1\}\)"
)
MEASURED = r"Array.from(\1,\2=>[\2,\3?0:-1])"
WRITTEN = ".forEach(([e,t])=>{e.tabIndex!==t&&(e.tabIndex=t)})"

MARKS = "sphinx_highlight.js"
EMPTIED = re.compile(r"history\.replaceState\(\{\}, ")
KEPT = "history.replaceState(history.state, "

BOOTSTRAP = "scripts/bootstrap.js"
COLLECTED = re.compile(
    r"const (\w)=\w\.querySelectorAll\((\w)\);"
    r"(for\(let\{target:(\w)\}=\w;\4&&\4!==this;\4=\4\.parentNode\))"
    r"for\(const (\w) of \1\)if\(\5===\4\)"
)
ASKED = r"\3if(\4.matches?.(\2))"
ASKS = ".matches?.("

AT_ONCE = """
{
  const { dataset } = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  dataset.theme = dataset.mode === "auto" ? system : dataset.mode;
}
"""


def measure_first(static: Path):
    """Have the theme's script measure all that may scroll before it writes.

    Raises
    ------
    LookupError
        If the theme's script no longer does it as it did.
    """
    put_right(static / SCRIPT, ONE_BY_ONE, MEASURED + WRITTEN, WRITTEN, "sets tabIndex")


def keep_state(static: Path):
    """Have Sphinx's script leave what the page's entry in the history holds.

    Raises
    ------
    LookupError
        If Sphinx's script no longer does it as it did.
    """
    put_right(static / MARKS, EMPTIED, KEPT, KEPT, "empties the state")


def ask_the_target(static: Path):
    """Have Bootstrap ask an event's target whether it is meant, and look through no page for it.

    Raises
    ------
    LookupError
        If Bootstrap no longer does it as it did.
    """
    put_right(static / BOOTSTRAP, COLLECTED, ASKED, ASKS, "looks for targets")


def put_right(script, wrong, right, done, what):
    """Replace the one place of a script that the pattern ``wrong`` finds, unless it is ``done``."""
    text = script.read_text(encoding="utf-8")
    if done in text and not wrong.search(text):  # since an earlier build
        return
    text, count = wrong.subn(right, text)
    if count != 1:
        raise LookupError(f"{script.name} {what} in {count} places, not in one")
    script.write_text(text, encoding="utf-8")
