"""The scripts of the pages, from node_modules into the site: nothing loads from another host."""

import shutil
import subprocess
from pathlib import Path

from sphinx.util import logging

from .paths import ROOT

logger = logging.getLogger(__name__)
MODULES = ROOT / "node_modules"
INSTALLED = MODULES / ".package-lock.json"
MATHJAX = ["tex-chtml.js", "output/chtml", "input/tex/extensions", "a11y", "sre", "ui"]
WASI = "@bjorn3/browser_wasi_shim"
COPIES = {  # where it is in node_modules: where it goes below _static
    **{f"mathjax/es5/{part}": f"mathjax/{part}" for part in MATHJAX},
    f"{WASI}/dist": "live/shim",
    f"{WASI}/LICENSE-MIT": "live/shim/LICENSE-MIT",
    "dompurify/dist/purify.min.js": "live/purify.js",
    "dompurify/LICENSE": "live/purify.LICENSE",
}


def configure(config, build: Path):
    """Have the pages load what they need from the site, or else from a CDN."""
    config.nb_ipywidgets_js = {}  # explorers need no widget manager
    if install_scripts():
        config.html_static_path.append(str(collect_scripts(build / "scripts")))
        config.mathjax_path = "mathjax/tex-chtml.js"


def install_scripts():
    """Whether the scripts are there, fetching them with npm where it is installed."""
    lock = ROOT / "package-lock.json"
    if INSTALLED.exists() and INSTALLED.stat().st_mtime >= lock.stat().st_mtime:
        return True
    npm = shutil.which("npm")
    if npm is None:
        logger.info(
            "npm is not installed: the pages will load MathJax from a CDN, so formulas need a "
            "network connection, and their cells cannot run."
        )
        return False
    result = subprocess.run([npm, "ci"], cwd=ROOT, capture_output=True, text=True)
    if result.returncode:
        logger.info("npm failed, so the pages will load MathJax from a CDN:\n%s", result.stderr)
        return False
    INSTALLED.touch()
    return True


def collect_scripts(folder):
    """Copy what the pages need out of node_modules, unless the copy is current."""
    done = folder / ".done"
    if done.exists() and done.stat().st_mtime >= INSTALLED.stat().st_mtime:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    for source, target in COPIES.items():
        source, target = MODULES / source, folder / target
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    done.touch()
    return folder
