"""What a notebook's output depends on beside its own cells, found by reading and not by running.

A notebook depends on the book's modules that it imports, on what these import in turn, and on
every file or folder of the book that one of them names: ``Path("../experiments/results")``,
``root.glob("tests/*.py")``, ``Path(__file__).with_name("book.mplstyle")``. A name that is put
together while the program runs is not seen, as long as no part of it is a folder's name.
"""

import ast
import hashlib
import importlib.util
import json
import os
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

MNIST = "MNIST"
PATH = re.compile(r"(?!/)[\w./-]*\w[\w./-]*")
BUILT = {"__pycache__", ".ipynb_checkpoints", "_build", "node_modules", ".venv"}


def digests(notebooks: list[Path], root: Path, mnist: bool) -> dict[Path, str]:
    """A short hash for each notebook, of all that its output depends on but its own cells.

    ``mnist`` says whether the files of MNIST are here. Only what calls ``mnist()`` asks for it.
    """
    read = cache(lambda path: _direct(path, root))
    return {path: _digest(dependencies(path, root, read), root, mnist) for path in notebooks}


def dependencies(start: Path, root: Path, read: Callable | None = None) -> set[Path | str]:
    """The files that a notebook or module depends on, and the other packages that it imports.

    A call of ``mnist()`` counts as one more package, `MNIST`.
    """
    read = read or (lambda path: _direct(path, root))
    code, new, others = set(), {start}, {root / "requirements.txt"}
    while new:
        code |= new
        direct = [read(path) for path in new]
        others = others.union(*(named for _, named in direct))
        new = set().union(*(modules for modules, _ in direct)) - code
    return (code | others) - {start}


def _digest(needed: set[Path | str], root: Path, mnist: bool) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in needed if isinstance(path, Path)):
        digest.update(f"{path.relative_to(root).as_posix()}\n".encode() + path.read_bytes())
    for name in sorted(name for name in needed if isinstance(name, str)):
        here = mnist if name == MNIST else importlib.util.find_spec(name) is not None
        digest.update(f"{name} {here}\n".encode())
    return digest.hexdigest()[:16]


def _direct(path: Path, root: Path) -> tuple[set[Path], set[Path | str]]:
    """The book's modules that a notebook or module imports itself, and what else it names."""
    tree = _tree(path)
    modules, others = set(), files_named(tree, path.parent, root)
    for node in ast.walk(tree):
        for name in _imported(node, path, root):
            top = name.split(".")[0]
            if (root / top / "__init__.py").is_file():
                modules |= _module(name, root)
            elif top not in sys.stdlib_module_names:
                others.add(top)
        if isinstance(node, ast.Call) and _last_name(node.func) == "mnist":
            others.add(MNIST)
    return modules, others


def files_named(tree: ast.AST, folder: Path, root: Path) -> set[Path]:
    """The book's files that strings in this code name, as seen from a folder or from the root."""
    names = filter(None, map(_spelled, ast.walk(tree)))
    return set().union(*(_named(name, folder, root) for name in names))


def _tree(path: Path) -> ast.Module:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
        text = "\n".join("".join(cell["source"]) for cell in cells)
        text = re.sub(r"^\s*[%!].*$", "pass", text, flags=re.M)  # commands to IPython or a shell
    return ast.parse(text, path)


def _imported(node: ast.AST, path: Path, root: Path) -> list[str]:
    """Full names of the modules, and perhaps names in them, that an import statement asks for."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = [node.module] if node.module else []
    if node.level:
        package = path.relative_to(root).parent.parts
        base = [*package[: len(package) - node.level + 1], *base]
    return [".".join([*base, alias.name]) for alias in node.names]


def _module(name: str, root: Path) -> set[Path]:
    """The book's files that an import of ``name`` runs: the module, and the packages around it."""
    parts = name.split(".")
    folders = [root.joinpath(*parts[: i + 1]) for i in range(len(parts))]
    files = [f for folder in folders for f in (folder / "__init__.py", folder.with_suffix(".py"))]
    return {file for file in files if file.is_file()}


def _spelled(node: ast.AST) -> str | None:
    """The end of a path that is written out: "b/c" for ``a / "b" / "c"``, and a string itself."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        left, right = _spelled(node.left), _spelled(node.right)
        return f"{left}/{right}" if left and right else right
    return None


def _named(name: str, folder: Path, root: Path) -> set[Path]:
    """Files of the book that a string names, as seen from its own folder or from the root.

    A folder stands for all that is in it, a pattern for the folder before its first star. One word
    alone may name a folder, but not a package: "network" is more often just a word.
    """
    if "*" in name:
        name = name[: name.rfind("/", 0, name.index("*")) + 1]
    if not PATH.fullmatch(name):
        return set()
    found = set()
    for path in (Path(os.path.normpath(start / name)) for start in (folder, root)):
        if root not in path.parents or BUILT.intersection(path.parts):
            continue
        if path.is_dir() and ("/" in name or not (path / "__init__.py").exists()):
            found |= {f for f in path.rglob("*") if f.is_file() and not BUILT.intersection(f.parts)}
        elif path.is_file():
            found.add(path)
    return found


def _last_name(node: ast.AST) -> str:
    return getattr(node, "attr", getattr(node, "id", ""))
