"""The MNIST loader: real files where they are, and a server on this machine that misbehaves."""

import gzip
import hashlib
import socket
import struct
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

import nnlib.mnist
from nnlib.data import DataUnavailable, mnist
from nnlib.mnist import MIRRORS, SHA256, _load, parse_idx

NAMES = list(SHA256)


def idx(array) -> bytes:
    """An IDX file, written independently of the code that reads it."""
    array = np.asarray(array, dtype=np.uint8)
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return header + array.tobytes()


def fixture_files(n_train=7, n_test=3, labels=10) -> dict[str, bytes]:
    """Four small files with the names of the real ones: random 5 x 4 images and their labels."""
    rng = np.random.default_rng(0)
    arrays = []
    for n in (n_train, n_test):
        arrays += [rng.integers(0, 256, (n, 5, 4)), rng.integers(0, labels, n)]
    return {name: idx(array) for name, array in zip(NAMES, arrays, strict=True)}


def hashes(files: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(raw).hexdigest() for name, raw in files.items()}


FILES = fixture_files()


# ---------------------------------------------------------------------------- the server


class Handler(BaseHTTPRequestHandler):
    """Serves ``/<behaviour>/<name>.gz``; the server's ``log`` keeps the behaviours asked for."""

    def do_GET(self):
        _, behaviour, file = self.path.split("/")
        self.server.log.append(behaviour)
        raw = FILES[file.removesuffix(".gz")]
        body = gzip.compress(raw)
        getattr(self, behaviour)(body, raw, file)

    def reply(self, body, length=None, status=200, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def good(self, body, raw, file):
        self.reply(body)

    def recompressed(self, body, raw, file):
        self.reply(gzip.compress(raw, compresslevel=1, mtime=1))

    def plain(self, body, raw, file):
        self.reply(raw)

    def encoded(self, body, raw, file):  # compressed for the journey only
        self.reply(body, Content_Encoding="gzip")

    def lengthless(self, body, raw, file):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def truncates(self, body, raw, file):  # promises everything, delivers half, hangs up
        self.reply(body[: len(body) // 2], length=len(body))

    def shortens(self, body, raw, file):  # half, and says that this is all
        self.reply(body[: len(body) // 2])

    def corrupts(self, body, raw, file):
        middle = len(body) // 2
        self.reply(body[:middle] + bytes([body[middle] ^ 0xFF]) + body[middle + 1 :])

    def alters(self, body, raw, file):  # valid gzip, valid IDX, one pixel off
        self.reply(gzip.compress(raw[:-1] + bytes([raw[-1] ^ 1])))

    def empties(self, body, raw, file):
        self.reply(b"")

    def portal(self, body, raw, file):  # the login page of a café
        self.reply(b"<html>Please log in</html>", Content_Type="text/html")

    def stalls(self, body, raw, file):
        self.reply(body[: len(body) // 2], length=len(body))
        self.server.closing.wait(20)

    def silent(self, body, raw, file):
        self.server.closing.wait(20)

    def dies(self, body, raw, file):  # the connection is reset in the middle
        self.reply(body[: len(body) // 2], length=len(body))
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def absent(self, body, raw, file):
        self.reply(b"no such file", status=404)

    def fails(self, body, raw, file):
        self.reply(b"out of order", status=500)

    def pairs(self, body, raw, file):  # answers two at once or nobody
        self.server.pair.wait()
        self.reply(body)

    def redirects(self, body, raw, file):
        self.reply(b"", status=302, Location=f"/good/{file}")

    def circles(self, body, raw, file):
        self.reply(b"", status=302, Location=f"/circles/{file}")

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.log = []
        self.closing = threading.Event()
        self.pair = threading.Barrier(2, timeout=30)

    def handle_error(self, request, client_address):
        pass  # clients hang up on a server that misbehaves

    def mirror(self, behaviour):
        return f"http://127.0.0.1:{self.server_port}/{behaviour}/"


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def load(server, tmp_path):
    """Load the small files from mirrors that behave as named, through the cache in tmp_path."""

    def load(*behaviours, folder=None, files=FILES):
        mirrors = [server.mirror(behaviour) for behaviour in behaviours]
        return _load(folder, tmp_path / "cache", mirrors, hashes(files), timeout=0.3)

    return load


@pytest.fixture
def cached(tmp_path):
    """Every file that a loader has left behind, anywhere below the cache."""
    return lambda: {
        str(path.relative_to(tmp_path / "cache")): path.read_bytes()
        for path in (tmp_path / "cache").rglob("*")
        if path.is_file()
    }


def write(folder: Path, files: dict[str, bytes], suffix="") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, raw in files.items():
        (folder / (name + suffix)).write_bytes(gzip.compress(raw) if suffix else raw)
    return folder


def assert_loaded(data, files=FILES):
    for X, images in ((data.X_train, files[NAMES[0]]), (data.X_test, files[NAMES[2]])):
        pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 20)
        assert X.dtype == np.float32 and X.flags.writeable
        assert (X == (pixels / 255).astype(np.float32)).all() and X.shape == pixels.shape
    for y, labels in ((data.y_train, files[NAMES[1]]), (data.y_test, files[NAMES[3]])):
        assert y.dtype == np.int64
        assert y.tolist() == list(labels[8:])


# ---------------------------------------------------------------------------- from the network


@pytest.mark.parametrize(
    "behaviour", ["good", "recompressed", "plain", "encoded", "lengthless", "redirects"]
)
def test_a_working_mirror_fills_the_cache(behaviour, server, load, cached):
    assert_loaded(load(behaviour, "absent"))
    assert cached() == FILES
    assert "absent" not in server.log  # the second mirror is for emergencies
    server.log.clear()
    assert_loaded(load())  # no mirror at all: from the cache
    assert server.log == []


BROKEN = {
    "truncates": "failed with",
    "shortens": "is damaged",
    "corrupts": "is (damaged|not the original)",
    "alters": "is not the original",
    "empties": "is not the original",
    "portal": "is not the original",
    "stalls": "failed with",
    "silent": "failed with ReadTimeout",
    "dies": "failed with",
    "absent": "failed with HTTP 404",
    "fails": "failed with HTTP 500",
    "circles": "failed with HTTP 302",
}


@pytest.mark.parametrize("behaviour", BROKEN)
def test_a_broken_mirror_leaves_nothing_and_says_what_to_do(behaviour, load, cached, tmp_path):
    with pytest.raises(DataUnavailable) as caught:
        load(behaviour)
    message = str(caught.value)
    assert caught.match(f"/{behaviour}/{NAMES[0]}.gz {BROKEN[behaviour]}")
    assert "set MNIST_DIR" in message and "\n" not in message
    assert cached() == {}
    assert caught.value.__context__ is None  # one error to read, not a chain of five


@pytest.mark.parametrize("behaviour", BROKEN)
def test_the_second_mirror_is_tried(behaviour, server, load, cached):
    assert_loaded(load(behaviour, "good"))
    assert cached() == FILES
    assert server.log.count("good") == 4 and behaviour in server.log


def test_both_mirrors_are_blamed_when_both_fail(load, cached):
    with pytest.raises(DataUnavailable, match="HTTP 404.*; .*HTTP 500"):
        load("absent", "fails")
    assert cached() == {}


def test_nobody_listens(tmp_path, cached, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        mirror = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        with pytest.raises(DataUnavailable, match="failed with ConnectionError.*set MNIST_DIR"):
            _load(None, tmp_path / "cache", [mirror], hashes(FILES), timeout=1)
    assert cached() == {}


def test_what_has_arrived_is_not_downloaded_again(server, load, tmp_path, cached):
    write(tmp_path / "cache", {name: FILES[name] for name in NAMES[:3]})
    assert_loaded(load("good"))
    assert server.log == ["good"]  # the fourth file only


def test_a_damaged_cache_heals(server, load, tmp_path, cached):
    write(tmp_path / "cache", FILES | {NAMES[0]: FILES[NAMES[0]][:-5], NAMES[3]: b""})
    assert_loaded(load("good"))
    assert cached() == FILES
    assert len(server.log) == 2


def test_a_damaged_cache_is_not_loaded_without_network(load, tmp_path):
    write(tmp_path / "cache", FILES | {NAMES[2]: FILES[NAMES[2]][:-5]})
    with pytest.raises(DataUnavailable, match=f"{NAMES[2]}.gz failed with HTTP 404"):
        load("absent")


def test_an_interruption_leaves_nothing_half_written(load, cached, monkeypatch):
    def interrupted(source, target):
        assert Path(source).read_bytes() in FILES.values()  # whole before it gets its name
        raise KeyboardInterrupt

    monkeypatch.setattr(nnlib.mnist.os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load("good")
    assert cached() == {}


def test_a_cache_that_cannot_be_written_costs_only_a_warning(load, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.warns(UserWarning, match="cannot be kept for the next time"):
        assert_loaded(load("good"))


def test_a_full_disk_costs_only_a_warning(load, cached, monkeypatch):
    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(nnlib.mnist.os, "replace", full)
    with pytest.warns(UserWarning, match="No space left on device"):
        assert_loaded(load("good"))
    assert cached() == {}


def test_two_programs_may_download_at_once(server, tmp_path, cached):
    program = (
        "import sys; from pathlib import Path; from nnlib.mnist import _load; "
        f"data = _load(None, Path(sys.argv[1]), [sys.argv[2]], {hashes(FILES)!r}, 30); "
        "print(data.X_train.sum(), data.y_test.sum())"
    )
    arguments = [sys.executable, "-c", program, str(tmp_path / "cache"), server.mirror("pairs")]
    programs = [
        subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outputs = [program.communicate(timeout=60) for program in programs]
    assert [program.returncode for program in programs] == [0, 0], outputs
    assert outputs[0][0] == outputs[1][0] != ""
    assert cached() == FILES


def test_threads_that_download_at_once_all_succeed(load, cached):
    results = []
    threads = [threading.Thread(target=lambda: results.append(load("good"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 6
    for data in results:
        assert_loaded(data)
    assert cached() == FILES


def test_progress_is_shown(load, capsys, monkeypatch):
    shown = []
    bar = nnlib.mnist.tqdm
    monkeypatch.setattr(nnlib.mnist, "tqdm", lambda **kw: shown.append(bar(**kw)) or shown[-1])
    load("good")
    assert [bar.desc.rstrip(": ") for bar in shown] == NAMES
    assert all(bar.n == bar.total > 0 for bar in shown)


def test_the_mirrors_are_two_and_secure():
    assert len({mirror.split("/")[2] for mirror in MIRRORS}) == 2
    assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in MIRRORS)


# ---------------------------------------------------------------------------- from a folder


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_folder_needs_no_network(suffix, server, load, tmp_path, cached):
    folder = write(tmp_path / "mine", FILES, suffix)
    assert_loaded(load("good", folder=folder))
    assert_loaded(load("good", folder=str(folder)))
    assert server.log == [] and cached() == {}


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_the_name_with_a_dot_that_unpackers_and_kaggle_write(suffix, load, tmp_path):
    folder = write(tmp_path / "mine", FILES, suffix)
    for name in NAMES[:3]:  # the last one keeps its name: a folder may hold both forms
        (folder / f"{name}{suffix}").rename(folder / f"{name.replace('-idx', '.idx')}{suffix}")
    (folder / NAMES[0]).mkdir()  # Kaggle also packs folders of the files' names
    assert_loaded(load(folder=folder))


def test_torchvisions_folder_holds_both_forms(load, tmp_path):
    write(tmp_path / "raw", FILES, ".gz")
    assert_loaded(load(folder=write(tmp_path / "raw", FILES)))


def test_a_folder_without_a_file(server, load, tmp_path):
    folder = write(tmp_path / "mine", {name: FILES[name] for name in NAMES[:2]})
    with pytest.raises(DataUnavailable, match=f"mine has no {NAMES[2]} and no .*set MNIST_DIR"):
        load("good", folder=folder)
    with pytest.raises(DataUnavailable, match=f"elsewhere has no {NAMES[0]}"):
        load("good", folder=tmp_path / "elsewhere")
    assert server.log == []  # a folder that is named is meant


@pytest.mark.parametrize(
    "content, message",
    [
        (FILES[NAMES[0]][:-1], "not the original"),
        (gzip.compress(FILES[NAMES[0]], mtime=0)[:-20], "damaged"),
        (gzip.compress(FILES[NAMES[0]], mtime=0)[:30] + bytes(50), "damaged"),
        (b"\x80\x04\x95 a pickle, which is never opened", "not the original"),
        (b"", "not the original"),
    ],
)
def test_a_damaged_file_in_a_folder_is_named_and_kept(content, message, load, tmp_path):
    folder = write(tmp_path / "mine", FILES)
    (folder / NAMES[0]).write_bytes(content)
    with pytest.raises(DataUnavailable, match=f"{NAMES[0]} is {message}.*replace it or name"):
        load(folder=folder)
    assert (folder / NAMES[0]).read_bytes() == content


def test_images_without_their_labels(load, tmp_path):
    files = FILES | {NAMES[1]: idx(np.zeros(8))}
    with pytest.raises(ValueError, match=r"must agree, got \(7, 5, 4\) and \(8,\)"):
        load(folder=write(tmp_path / "mine", files), files=files)
    files = FILES | {NAMES[0]: FILES[NAMES[1]], NAMES[1]: FILES[NAMES[0]]}  # exchanged
    with pytest.raises(ValueError, match=r"must agree, got \(7,\) and \(7, 5, 4\)"):
        load(folder=write(tmp_path / "mine", files), files=files)


def test_a_label_out_of_range(load, tmp_path):
    files = FILES | {NAMES[3]: idx([3, 10, 1])}
    with pytest.raises(ValueError, match=r"labels must lie in 0 \.\.\. 9, got 10"):
        load(folder=write(tmp_path / "mine", files), files=files)


def test_where_mnist_looks(tmp_path, monkeypatch):
    """The argument before MNIST_DIR before the cache; an empty MNIST_DIR is none."""
    monkeypatch.setattr(nnlib.mnist, "MIRRORS", ())
    monkeypatch.setattr(nnlib.mnist, "SHA256", hashes(FILES))
    cache = tmp_path / "cache"
    monkeypatch.setattr(nnlib.mnist.pooch, "os_cache", lambda project: cache / project)
    (tmp_path / "empty").mkdir()

    monkeypatch.setenv("MNIST_DIR", str(tmp_path / "empty"))
    with pytest.raises(DataUnavailable, match="empty has no"):
        mnist()
    assert_loaded(mnist(write(tmp_path / "mine", FILES)))
    monkeypatch.setenv("MNIST_DIR", str(tmp_path / "mine"))
    assert_loaded(mnist())
    monkeypatch.setenv("MNIST_DIR", "")
    with pytest.raises(DataUnavailable, match="cannot be downloaded"):
        mnist()
    write(cache / "nnlib" / "mnist", FILES)
    monkeypatch.delenv("MNIST_DIR")
    assert_loaded(mnist())


def test_a_folder_in_the_home_directory(load, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write(tmp_path / "mine", FILES)
    assert_loaded(load(folder="~/mine"))


# ---------------------------------------------------------------------------- the format


@pytest.mark.parametrize("shape", [(5,), (2, 3), (4, 3, 2), (0, 3, 2)])
def test_idx(shape, rng):
    array = rng.integers(0, 256, shape)
    assert (parse_idx(idx(array)) == array).all()
    assert parse_idx(idx(array)).shape == shape


def test_idx_sizes_are_big_endian():
    raw = b"\x00\x00\x08\x02" + b"\x00\x00\x00\x02" + b"\x00\x00\x01\x00" + bytes(512)
    assert parse_idx(raw).shape == (2, 256)


@pytest.mark.parametrize(
    "raw, message",
    [
        (b"", "must begin with 00 00 08"),
        (b"\x00\x00\x08", "must begin with 00 00 08"),
        (b"\x1f\x8b\x08\x00", "must begin with 00 00 08.*got 1f 8b 08"),
        (idx([1, 2])[1:], "must begin with 00 00 08"),
        (b"\x00\x00\x0d\x01" + bytes(8), "must begin with 00 00 08"),  # floats
        (idx([1, 2]) + b"\x00", r"must be 10 bytes long for shape \(2,\), got 11"),
        (idx([1, 2])[:-1], r"must be 10 bytes long for shape \(2,\), got 9"),
        (idx(np.zeros((2, 2)))[:7], "bytes long"),  # ends within the header
        (idx(np.zeros((2, 2)))[:4], "bytes long"),
    ],
)
def test_idx_refuses(raw, message):
    with pytest.raises(ValueError, match=message):
        parse_idx(raw)


# ---------------------------------------------------------------------------- the real files


def test_the_real_mnist(real_folder):
    data = mnist(real_folder)
    assert data.X_train.shape == (60000, 784) and data.X_test.shape == (10000, 784)
    assert data.X_train.dtype == data.X_test.dtype == np.float32
    assert data.y_train.shape == (60000,) and data.y_test.shape == (10000,)
    assert np.bincount(data.y_train).tolist() == [
        5923,
        6742,
        5958,
        6131,
        5842,
        5421,
        5918,
        6265,
        5851,
        5949,
    ]
    assert np.bincount(data.y_test).tolist() == [
        980,
        1135,
        1032,
        1010,
        982,
        892,
        958,
        1028,
        974,
        1009,
    ]
    assert data.X_train.min() == 0 and data.X_train.max() == 1
    assert data.X_train.mean(dtype=float) == pytest.approx(0.1307, abs=5e-5)
    assert data.X_train.std(dtype=float) == pytest.approx(0.3081, abs=5e-5)
    pixels = (255 * data.X_train[0]).round().astype(np.uint8).reshape(28, 28)
    assert pixels[5, 12:17].tolist() == [3, 18, 18, 18, 126]  # the first image, a five
