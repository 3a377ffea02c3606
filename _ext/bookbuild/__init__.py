"""What this build does beside Jupyter Book's own work, for plain ``jupyter-book build .`` too.

- Kernels draw every frame of every explorer (`nnbook.explore` looks at NNLIB_EXPLORERS).
- Notebooks are executed one on each core, before the pages are read one after the other, and again
  when something that they import has changed, not only when their own text has (`execution`,
  `dependencies`). With BOOK_PAGE set, one page is built and the others are left alone (`pages`).
- Explorers become cards in the pages, and files with their frames beside them (`explorers`).
- Beside each page lies a file with its code cells and what each needs before it (`cells`, `slices`,
  `effects`).
- Python for the pages is made ready (`engine`), and the pages say that they have it (`live`).
- MathJax and other scripts are copied into the site (`scripts`); scripts in the pages move into
  files and wait for the text (`light`), style sheets get shorter (`sheets`), the theme's script
  lays a page out less often (`theme`), formulas have room before they are set (`formulas`).
- The appendix collects the chapters' common mistakes from their headings (`mistakes`), and what
  they claim from their stored outputs (`claims`).
- The glossary's terms have addresses, and chapters link to them from their first use (`terms`).
- Search leads what readers type when a network doesn't learn to its section (`asked`).
- The landing page shows an explorer, and a card for each chapter with what it takes (`landing`,
  `reading`).
- The notebooks and all that they need become one archive to download (`archive`), with their text
  in plain Markdown (`plain`).
- The playground's page gets its first picture (`playground`).
- The page *Draw a digit* gets its tool and its recorded numbers (`digit`).
- The site's address without a page leads to the first one (`front`).
"""

import os
import re
from pathlib import Path

import yaml

from . import (
    archive,
    asked,
    cells,
    digit,
    explorers,
    front,
    landing,
    light,
    live,
    pages,
    playground,
    scripts,
    terms,
)
from .claims import collect_claims
from .mistakes import collect_mistakes
from .paths import ROOT


def setup(app):
    app.connect("config-inited", configure, priority=1)
    app.connect("source-read", collect_mistakes)
    app.connect("source-read", collect_claims)
    app.connect("autodoc-process-docstring", one_formula_a_line)
    pages.setup(app)
    explorers.setup(app)
    cells.setup(app)
    live.setup(app)
    digit.setup(app)
    archive.setup(app)
    landing.setup(app)
    terms.setup(app)
    asked.setup(app)
    light.setup(app)
    front.setup(app)
    playground.setup(app)
    app.add_css_file("book.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def configure(app, config):
    os.environ["NNLIB_EXPLORERS"] = "page"
    build = Path(app.outdir).parent
    config.html_static_path.append(str(Path(__file__).with_name("static")))
    config.myst_substitutions["version"] = version()
    config.nb_execution_cache_path = str(build / ".jupyter_cache")
    scripts.configure(config, build)
    live.configure(app, build)


def version() -> str:
    """The book's version, as it is cited."""
    return yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"]


def one_formula_a_line(app, what, name, obj, options, lines):
    """Keep formulas, lines of code by themselves in a docstring, from running into a paragraph."""
    lines[:] = [re.sub(r"^(\s*)(``[^`]+``)$", r"\1| \2", line) for line in lines]
