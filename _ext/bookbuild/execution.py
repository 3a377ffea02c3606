"""Execute notebooks, one on each core, and keep what they gave until something they need changes.

MyST-NB looks for a notebook's outputs in a cache, by its code cells and its ``kernelspec``. So the
digest of all else that the outputs depend on is written into the kernelspec: of what is executed
here, and of what MyST-NB reads (`marked`). The files themselves stay as they are.
"""

import math
import os
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Lock

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import single_nb_execution
from sphinx.errors import SphinxError
from sphinx.util import logging

from nnbook.explore import MIME
from nnbook.machine import cores
from nnbook.mnist.folder import mnist_folder
from nnlib.mnist import DataUnavailable, mnist

from .dependencies import MNIST, dependencies, digests
from .paths import ROOT, notebooks

logger = logging.getLogger(__name__)
KEPT = 60  # executed notebooks: the book five times


class Outputs:
    """The outputs of the book's notebooks as they are now, in a folder that outlives a build.

    What notebooks depend on is read once, so that what an author changes while they run is not
    taken for what they ran with.
    """

    def __init__(self, folder: Path, timeout: float):
        self.timeout = timeout  # seconds, for a cell
        self.cache = get_cache(str(folder))
        self.cache.change_cache_limit(KEPT)
        self.storing = Lock()  # or else one thread, making room, deletes what another brings
        self.look()

    def look(self):
        """Take the state of all that the notebooks depend on."""
        folder = mnist_folder()
        if folder:
            os.environ["MNIST_DIR"] = str(folder)
        self.digests = digests(list(notebooks().values()), ROOT, folder is not None)

    def marked(self, path: Path, text: str | None = None) -> nbformat.NotebookNode:
        """The notebook with the digest in its kernelspec."""
        notebook = nbformat.reads(text or path.read_text(encoding="utf-8"), as_version=4)
        notebook.metadata.kernelspec["digest"] = self.digests[path]
        return notebook

    def __contains__(self, path: Path) -> bool:
        try:
            self.cache.match_cache_notebook(self.marked(path))
        except KeyError:
            return False
        return True

    def seconds(self, path: Path) -> list[float]:
        """How long each code cell took when the notebook was executed; [] if nobody looked."""
        if path not in self:
            return []
        return self.cache.match_cache_notebook(self.marked(path)).data.get("cell_seconds", [])

    def explorers(self, path: Path) -> list[dict]:
        """What each explorer of an executed notebook gave, in their order; [] if it was not."""
        if path not in self:
            return []
        executed = self.cache.match_cache_notebook(self.marked(path))
        cells = self.cache.get_cache_bundle(executed.pk).nb.cells
        outputs = [output for cell in cells for output in cell.get("outputs", ())]
        return [output.data[MIME] for output in outputs if MIME in output.get("data", ())]

    def execute(self, paths: list[Path]):
        """Execute those of these notebooks whose outputs are not here, and keep what they give.

        Raises
        ------
        SphinxError
            If notebooks fail: the traceback of the cell of each. The others' outputs are kept.
        """
        missing = [path for path in paths if path not in self]
        if missing and not mnist_folder() and any(MNIST in dependencies(p, ROOT) for p in missing):
            fetch_mnist()
            self.look()
            missing = [path for path in missing if path not in self]
        # the longest first, that no core waits at the end
        missing.sort(key=lambda path: pictures(path.read_text(encoding="utf-8")), reverse=True)
        # products get one thread each: two notebooks with two threads keep each other waiting
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        with ThreadPoolExecutor(cores()) as pool:
            failures = [text for text in pool.map(self._execute, missing) if text]
        if failures:
            raise SphinxError("\n\n".join(failures))

    def _execute(self, path: Path) -> str | None:
        """Execute one notebook; what went wrong, or None."""
        name, notebook = path.relative_to(ROOT).as_posix(), self.marked(path)
        logger.info("executing %s", name)
        result = single_nb_execution(
            notebook, str(path.parent), self.timeout, allow_errors=False, record_timing=True
        )
        if result.err:
            return f"{name} failed after {result.time:.0f} s:\n{result.err}"
        logger.info("executed %s in %.0f s", name, result.time)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        # the cache finds a notebook by its cells and all their metadata: no time may stay there
        seconds = [_seconds(cell.metadata.pop("execution")) for cell in code]
        data = {"execution_seconds": result.time, "cell_seconds": seconds}
        bundle = CacheBundleIn(notebook, str(path), data=data)
        with self.storing:
            self.cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        return None


def _seconds(times: dict[str, str]) -> float:
    """From the time when a cell began to the one when the kernel's answer was there."""
    begin, end = times["iopub.execute_input"], times["shell.execute_reply"]
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()


def pictures(outputs: str) -> int:
    """How many pictures explorers have, by their stored outputs: most of a notebook's time."""
    shapes = re.findall(r'"Explorer\((.*?)\)"', outputs)
    return sum(math.prod(map(int, re.findall(r"(\d+) values", shape))) for shape in shapes)


def fetch_mnist():
    """Have MNIST downloaded into the user's cache before a notebook is executed that wants it."""
    try:
        mnist()
    except DataUnavailable:
        pass  # the notebook says so, and what it does without
