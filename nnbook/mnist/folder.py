"""Where the build, the tests and the benchmarks find the files of MNIST, by one rule for all."""

import os
from pathlib import Path

from nnlib.mnist import SHA256, cache_folder

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data" / "mnist"


def mnist_folder() -> Path | None:
    """The folder with the four files of MNIST on this machine, or None.

    It is the one that the environment variable ``MNIST_DIR`` names. If it names none: the one that
    development keeps beside the checkout, else the user's cache, which `nnlib.mnist.mnist` fills.
    """
    named = os.environ.get("MNIST_DIR")
    places = [named] if named else [BESIDE, cache_folder()]
    return next((folder for folder in map(Path, places) if _has_all(folder.expanduser())), None)


def _has_all(folder: Path) -> bool:
    """Whether each file is there, compressed or not, under the name of any unpacker."""
    return all(any(folder.glob(name.replace("-idx", "?idx") + "*")) for name in SHA256)
