"""MNIST: 70,000 handwritten digits, from a folder, from the cache or from the network.

The data set is four files in the IDX format, a short header and then the numbers, one byte each.
Three rules keep a broken file out, wherever it comes from:

- nothing is read before the SHA-256 of its decompressed bytes is that of the original;
- the header must agree with the bytes that follow it, and the labels with the images;
- a file enters the cache in one step (written beside it, then renamed), so that it is either there
  and whole or not there at all, however many programs do this at once.

Y. LeCun, C. Cortes and C. J. C. Burges (1998), The MNIST database of handwritten digits,
CC BY-SA 3.0.
"""

import gzip
import hashlib
import io
import math
import os
import tempfile
import warnings
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pooch
from tqdm import tqdm

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
# Of the decompressed bytes: a mirror that compresses anew changes the .gz, never these.
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
Timeout = float | tuple[float, float]
TIMEOUT = (5, 30)  # seconds: to connect, and between two arrivals of bytes
BY_HAND = "put the four MNIST files, .gz or not, into a folder and set MNIST_DIR to that folder"


class DataUnavailable(OSError):
    """MNIST can neither be found nor downloaded. The message says why, and what to do."""


class Mnist(NamedTuple):
    """Images as rows of 784 pixels between 0 and 1, and the digit that each of them shows."""

    X_train: np.ndarray  # (60000, 784) float32
    y_train: np.ndarray  # (60000,) int64
    X_test: np.ndarray  # (10000, 784) float32
    y_test: np.ndarray  # (10000,) int64


def mnist(folder: str | os.PathLike | None = None) -> Mnist:
    """Load the handwritten digits of MNIST, downloading them (11 MB) the first time.

    Pixels come divided by 255, as float32 from 0 (paper) to 1 (ink). That is what training takes
    and what `digits` gives, so one can stand in for the other, and no page divides twice. The
    bytes of the files are ``(255 * X).round()``.

    Parameters
    ----------
    folder : path, optional
        Where the four files are, with or without ``.gz``, named ``train-images-idx3-ubyte`` or
        ``train-images.idx3-ubyte`` (``MNIST/raw`` of torchvision is such a folder). Without it: the
        folder that the environment variable ``MNIST_DIR`` names, else the user's cache, else a
        download into that cache from one of two public mirrors. Files that have arrived stay;
        after an interruption only the others are downloaded.

    Returns
    -------
    Mnist
        ``X_train`` (60000, 784) and ``X_test`` (10000, 784), float32; ``y_train`` and ``y_test``,
        int64. ``X_train[i].reshape(28, 28)`` is image i.

    Raises
    ------
    DataUnavailable
        If the folder lacks a file or holds a damaged one, or if no mirror has delivered.
    """
    folder = folder or os.environ.get("MNIST_DIR")
    return _load(folder, cache_folder(), MIRRORS, SHA256, TIMEOUT)


def cache_folder() -> Path:
    """The folder of the user's cache in which downloaded files stay."""
    return pooch.os_cache("nnlib") / "mnist"


def parse_idx(raw: bytes) -> np.ndarray:
    """Read the bytes of an IDX file: a header that gives the shape, then one byte per entry.

    Two zero bytes, 8 (the code of unsigned bytes), the number of axes, then the length of each
    axis as four bytes, the most significant first; the entries follow in C order.

    Returns
    -------
    array uint8, read-only (it shares the memory of ``raw``)

    Raises
    ------
    ValueError
        If the first four bytes are others, or if the shape does not account for every byte.
    """
    if raw[:3] != b"\x00\x00\x08" or len(raw) < 4:
        raise ValueError(f"raw must begin with 00 00 08 as IDX bytes do, got {raw[:3].hex(' ')}")
    start = 4 + 4 * raw[3]
    shape = tuple(int.from_bytes(raw[i : i + 4], "big") for i in range(4, start, 4))
    if len(raw) != start + math.prod(shape):
        raise ValueError(
            f"raw must be {start + math.prod(shape)} bytes long for shape {shape}, got {len(raw)}"
        )
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape)


def _load(
    folder: str | os.PathLike | None,
    cache: Path,
    mirrors: Sequence[str],
    sha256: Mapping[str, str],
    timeout: Timeout,
) -> Mnist:
    """Load the four files that ``sha256`` names: images and labels to train, then to test."""
    if folder:
        raw = [_from_folder(Path(folder).expanduser(), name, sha) for name, sha in sha256.items()]
    else:
        raw = [_from_cache(cache, name, sha, mirrors, timeout) for name, sha in sha256.items()]
    X_train, y_train, X_test, y_test = map(parse_idx, raw)
    return Mnist(*_samples(X_train, y_train), *_samples(X_test, y_test))


def _samples(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scale and flatten the images (N, H, W), after a check that the labels (N,) are theirs."""
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise ValueError(
            f"images (N, H, W) and labels (N,) must agree, got {images.shape} and {labels.shape}"
        )
    if labels.max(initial=0) > 9:
        raise ValueError(f"labels must lie in 0 ... 9, got {labels.max()}")
    X = images.reshape(len(images), -1).astype(np.float32)  # (N, H * W)
    X /= 255
    return X, labels.astype(np.int64)


def _from_folder(folder: Path, name: str, sha256: str) -> bytes:
    """The verified bytes of a file that the reader has put into a folder."""
    dotted = name.replace("-idx", ".idx")  # as some unpackers and Kaggle write it
    for path in (folder / f"{stem}{end}" for stem in (name, dotted) for end in ("", ".gz")):
        if path.is_file():
            try:
                return _verified(path.read_bytes(), sha256, path)
            except OSError as error:
                raise DataUnavailable(f"{error}: replace it or name another folder") from None
    raise DataUnavailable(f"{folder} has no {name} and no {name}.gz: {BY_HAND}")


def _from_cache(
    cache: Path, name: str, sha256: str, mirrors: Sequence[str], timeout: Timeout
) -> bytes:
    """The verified bytes of a file in the cache; if it is absent or damaged, of a new download."""
    path = cache / name
    try:
        return _verified(path.read_bytes(), sha256, path)
    except OSError:
        pass
    raw = _download(name, sha256, mirrors, timeout)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            Path(folder, name).write_bytes(raw)
            os.replace(Path(folder, name), path)
    except OSError as error:  # no space, no permission: the data is here all the same
        warnings.warn(f"{name} cannot be kept for the next time: {error}", stacklevel=2)
    return raw


def _download(name: str, sha256: str, mirrors: Sequence[str], timeout: Timeout) -> bytes:
    """The verified bytes of a file from the first mirror that delivers it whole."""
    problems = []
    for mirror in mirrors:
        url = f"{mirror}{name}.gz"
        body = io.BytesIO()
        try:
            with tqdm(total=1, desc=name, unit="B", unit_scale=True) as bar:
                get = pooch.HTTPDownloader(progressbar=bar, chunk_size=2**16, timeout=timeout)
                get(url, body, None)
            return _verified(body.getvalue(), sha256, url)
        except DataUnavailable as error:
            problems.append(str(error))
        except OSError as error:  # every network error of requests, which pooch uses
            reason = type(error).__name__
            response = getattr(error, "response", None)
            if response is not None:
                reason = f"HTTP {response.status_code}"
                response.close()
            problems.append(f"{url} failed with {reason}")
    raise DataUnavailable(f"MNIST cannot be downloaded ({'; '.join(problems)}): {BY_HAND}")


def _verified(raw: bytes, sha256: str, source: str | Path) -> bytes:
    """Decompress ``raw`` if it is gzipped, and return it if it is the original, byte for byte."""
    if raw[:2] == b"\x1f\x8b":  # what every gzip file begins with
        try:
            raw = gzip.decompress(raw)
        except (EOFError, OSError, zlib.error) as error:
            raise DataUnavailable(f"{source} is damaged ({error})") from None
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise DataUnavailable(f"{source} is not the original (its SHA-256 differs)")
    return raw
