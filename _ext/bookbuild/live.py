"""Pages whose cells can be run: the engine is served beside them, and they say so in their head."""

from pathlib import Path

from . import scripts
from .engine import make_engine, megabytes


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
    """Tell `run.js` the page's name and how many megabytes Python is."""
    if app.engine is not None:
        size = megabytes(app.engine)
        context["metatags"] = context.get("metatags", "") + (  # an index has none
            f'<meta name="nn-engine" content="{size}"/><meta name="nn-page" content="{pagename}"/>'
        )
