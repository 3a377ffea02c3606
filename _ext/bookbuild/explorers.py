"""Explorers in the pages: their card goes into the HTML, their frames into a file of their own.

MyST-NB finds `ExplorerRenderer` by the entry point in ``pyproject.toml`` and asks it to render the
output of an explorer.
"""

import hashlib
import shutil
from pathlib import Path

from docutils import nodes

from nnbook.card import FRAMES
from nnbook.explore import CSS_FILE, MIME

FOLDER = "explorers"  # in the build's folder; its contents are copied into the site's _static


def setup(app):
    app.connect("config-inited", serve_frames, priority=2)
    app.connect("env-purge-doc", forget_frames)
    app.add_css_file(CSS_FILE.name)
    app.add_js_file("explorer.js", loading_method="defer")
    app.add_js_file("page.js", loading_method="defer")


def serve_frames(app, config):
    folder(app).mkdir(parents=True, exist_ok=True)
    config.html_static_path += [str(folder(app)), str(CSS_FILE)]


def folder(app) -> Path:
    return Path(app.outdir).parent / FOLDER


def frames_of(app, docname: str) -> Path:
    return folder(app) / "frames" / docname


def forget_frames(app, env, docname):
    """A page is read anew: its explorers may have other names now."""
    shutil.rmtree(frames_of(app, docname), ignore_errors=True)


class ExplorerRenderer:
    """A MyST-NB plug-in for the outputs of `nnbook.explore`."""

    mime_priority_overrides = [("html", MIME, 1)]

    @staticmethod
    def handle_mime(renderer, data, inline):
        if data.mime_type != MIME:
            return None
        html = placed(renderer.renderer.sphinx_env, data.content)
        return [nodes.raw("", html, format="html")]


def placed(env, explorer: dict) -> str:
    """The card of an explorer for the page that is read now; its frames go into their file."""
    path = frames_of(env.app, env.docname) / f"{explorer['name']}.js"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(explorer["frames"], encoding="utf-8")
    version = hashlib.sha256(explorer["frames"].encode()).hexdigest()[:8]
    up = "../" * env.docname.count("/")
    address = f"{up}_static/frames/{env.docname}/{path.name}?v={version}"
    return explorer["card"].replace(FRAMES, address)
