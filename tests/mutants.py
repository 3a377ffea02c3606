"""Mutants: is every formula of nnlib guarded by a test?

A test that cannot fail proves nothing. This script breaks the library in one place, a flipped sign,
a lost term, a wrong axis, another constant, and runs that file's unit tests, which have to fail. It
does so for every line of the table ``mutants.txt``, says which test noticed, and ends with exit
code 1 if a mutant survives: the tests are green although the library is wrong.

That each line of the table still fits the library, `tests/unit/test_mutants.py` sees on every test
run. The mutants themselves take a few minutes: ``make mutants``, or for some files only
``python tests/mutants.py nnlib.optim nnlib.losses``.

A mutant lives in the memory of a process of its own, a fork of one that has imported NumPy, PyTorch
and pytest already (on Windows it starts anew, which takes longer).
"""

import argparse
import ast
import gc
import io
import multiprocessing
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
TABLE = Path(__file__).with_suffix(".txt")
TESTED_IN = {f"nnlib.{name}": "optim" for name in ("stepping", "_in_place", "clipping")}
TESTED_IN |= {"nnbook.optimizers.race": "race", "nnbook.schedules.tuning": "tuning"}
PATIENCE = 300  # seconds; a mutant that never ends is caught, too
PRELOAD = ["numpy", "pytest", "hypothesis", "mpmath", "torch", "torch._dynamo"]  # slow to import


class Mutant(NamedTuple):
    module: str  # nnlib.optim
    function: str  # Adam.direction
    old: str
    new: str

    def __str__(self):
        return f"{self.module}.{self.function}: {self.old} => {self.new or '(nothing)'}"


class TargetGone(Exception):
    """The text that a mutant replaces isn't there, or not only once."""


def read_table(text):
    """The mutants of a table: ``[module]``, then lines ``function: old text => new text``."""
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("["):
            module = line.strip("[]")
            continue
        function, colon, change = line.partition(": ")
        old, arrow, new = change.partition(" =>")
        if not (colon and arrow):
            raise ValueError(f"a mutant is written 'function: old => new', not {line!r}")
        yield Mutant(module, function, old, new.strip())


def file_of(module):
    return ROOT / f"{module.replace('.', '/')}.py"


def tests_of(module):
    """The unit tests of a file: in the folder of its package, with its name or as said above."""
    package, _, name = module.partition(".")
    name = TESTED_IN.get(module, name.removeprefix("_"))
    return ROOT / f"tests/unit/{package}/test_{name}.py"


def mutate(source, mutant):
    """The source with the mutant's text replaced, within the body of the function it names."""
    start, end = place(source, mutant.function)
    body = source[start:end]
    if body.count(mutant.old) != 1:
        raise TargetGone(f"{mutant}: the text is there {body.count(mutant.old)} times")
    return source[:start] + body.replace(mutant.old, mutant.new) + source[end:]


@cache
def place(source, function):
    """Where a definition begins and ends in the source; of a documented one, its body."""
    node = parsed(source)
    for name in function.split("."):
        found = [child for child in node.body if name in names(child)]
        if len(found) != 1:
            raise TargetGone(f"{function} is defined {len(found)} times")
        node = found[0]
    documented = isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node)
    first = node.body[1].lineno if documented else node.lineno
    lines = source.splitlines(keepends=True)
    return len("".join(lines[: first - 1])), len("".join(lines[: node.end_lineno]))


parsed = cache(ast.parse)


def names(node):
    """What a statement defines: a function, a class or variables."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    return [target.id for target in targets if isinstance(target, ast.Name)]


def judge(mutant, context):
    """Whether the tests catch a mutant, and which one does, or what went wrong."""
    mutated = mutate(file_of(mutant.module).read_text(encoding="utf-8"), mutant)
    code, how = in_a_process(context, mutant.module, mutated)
    if code == 0:
        return False, "SURVIVED"
    caught = code in (1, 2)  # a test has failed, or the tests could not even import it
    return caught, how if caught else f"NOT TESTED: pytest ended with {code}\n{how}"


def in_a_process(context, module, source):
    """pytest's exit code on the tests of a module that has this source; which test failed."""
    ours, theirs = context.Pipe()
    process = context.Process(target=trial, args=(theirs, module, source), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(PATIENCE):
            return 1, f"no end after {PATIENCE} s"
        return ours.recv()
    except EOFError:
        return 3, "the process crashed"
    finally:
        process.join(1)  # by itself it leaves nothing behind
        process.kill()


def trial(connection, module, source):
    """In the process of one mutant: put its source in the module's place, then test."""
    gc.freeze()  # nothing that was imported before needs a look by the garbage collector
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    import pytest

    with redirect_stdout(io.StringIO()) as printed:
        failures = Failures()
        take_the_place(module, source)
        options = ["-x", "-q", "--tb=short", "-o", "addopts=--import-mode=importlib"]
        options += ["-p", "no:cacheprovider", "-p", "_hypothesis_pytestplugin"]
        options += ["--hypothesis-seed=0", "-W", "ignore:Module already imported"]
        code = pytest.main([*options, str(tests_of(module))], plugins=[failures])
    connection.send((int(code), failures.first or printed.getvalue()[-1000:]))


class Failures:
    """A plugin of pytest that keeps the name of the first test that failed."""

    first = None

    def pytest_runtest_logreport(self, report):
        if report.failed and not self.first:
            self.first = report.nodeid.partition("::")[2] or f"importing {report.nodeid}"

    pytest_collectreport = pytest_runtest_logreport


def take_the_place(module, source):
    """From here on, whoever imports the module gets one made from this source."""
    package, _, name = module.rpartition(".")
    spec = spec_from_file_location(module, file_of(module))
    made = module_from_spec(spec)
    sys.modules[module] = made
    exec(compile(source, spec.origin, "exec"), made.__dict__)
    setattr(import_module(package), name, made)


def main():
    sys.path.insert(0, str(ROOT))
    from nnbook.machine import cores

    mutants = list(read_table(TABLE.read_text(encoding="utf-8")))
    modules = list(dict.fromkeys(mutant.module for mutant in mutants))
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="*", default=modules, help=", ".join(modules))
    parser.add_argument("--jobs", type=int, default=cores())
    options = parser.parse_args()
    if unknown := set(options.modules) - set(modules):
        parser.error(f"no mutants for {', '.join(unknown)}")

    os.environ |= {"OMP_NUM_THREADS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    forks = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if forks else "spawn")
    context.set_forkserver_preload(PRELOAD)
    for module in options.modules:
        code, how = in_a_process(context, module, file_of(module).read_text(encoding="utf-8"))
        if code != 0:
            sys.exit(f"The tests of {module} fail without any mutant:\n{how}")

    mutants = [mutant for mutant in mutants if mutant.module in options.modules]
    caught = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        verdicts = pool.map(lambda mutant: judge(mutant, context), mutants)
        for mutant, (ok, how) in zip(mutants, verdicts, strict=True):
            caught += ok
            print(f"{'caught' if ok else '  >>>>'}  {mutant}\n        {how}", flush=True)
    print(f"{caught} of {len(mutants)} mutants caught")
    sys.exit(caught < len(mutants))


if __name__ == "__main__":
    main()
