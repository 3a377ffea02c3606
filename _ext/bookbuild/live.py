"""Pages whose cells can be run: the engine is served beside them, and they say so at their top."""

from pathlib import Path

from . import scripts
from .engine import make_engine, megabytes

TITLE_ENDS = "</h1>"
NOTE = """
<p class="nn-live"><button type="button" class="nn-button">Run the code on this page</button>
<span role="status">Python comes into the page once, {size} MB. Every cell can then be run and
changed; exercises are checked.</span></p>
"""


def setup(app):
    app.connect("html-page-context", say)
    app.add_js_file("run.js", loading_method="defer")
    app.add_css_file("live.css")


def configure(app, build: Path):
    """Serve the engine, where both the scripts around it and its package can be fetched."""
    app.engine = make_engine(build) if scripts.install_scripts() else None
    if app.engine is not None:
        app.config.html_static_path.append(str(app.engine))


def say(app, pagename, templatename, context, doctree):
    """Tell `run.js` the page's name and how many megabytes Python is, and readers what they can.

    The note is in the page before any script, which would move what is below it.
    """
    if app.engine is None:
        return
    size = megabytes(app.engine)
    context["metatags"] = context.get("metatags", "") + (  # an index has none
        f'<meta name="nn-engine" content="{size}"/><meta name="nn-page" content="{pagename}"/>'
    )
    body = context.get("body", "")
    if "data-cell=" in body:
        note = NOTE.format(size=size)
        context["body"] = body.replace(TITLE_ENDS, TITLE_ENDS + note, 1)
