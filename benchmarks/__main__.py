"""`python -m benchmarks [PART ...]` measures; without a name, everything.

    python -m benchmarks training          measures all of it, and writes benchmarks/results.json
    python -m benchmarks training.sgd16    shows one piece (or all that begin so), writes nothing
    python -m benchmarks live.Firefox      runs all cells, and writes each notebook to live.json

Ratios within one run, medians: the machine may be busy. No test depends on a time.
"""

import argparse
import json
import platform
from datetime import date
from importlib import import_module
from pathlib import Path

from nnbook.machine import blas, processor, unforced

unforced("benchmarks")

import numpy as np  # noqa: E402

RESULTS = Path(__file__).with_name("results.json")
PARTS = ("pages", "frames", "training", "convolution", "live")
IN_PIECES = ("training", "live")  # a piece is shown; `live` records each by itself


def show(rows):
    """Print rows of (what, value, limit, unit) as they come; return them as a list."""
    kept = []
    for what, value, limit, unit in rows:
        verdict = ""
        if limit is not None:
            verdict = f"at most {limit:<5g} {'ok' if value <= limit else 'OVER'}"
        print(f"{what:<78}{value:>9.3g} {unit:<3} {verdict}", flush=True)
        kept.append({"what": what, "value": float(f"{value:.4g}"), "limit": limit, "unit": unit})
    return kept


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", default=PARTS, metavar="part")
    for name in parser.parse_args().names:
        part, _, piece = name.partition(".")
        if part not in PARTS or (piece and part not in IN_PIECES):
            parser.error(f"a part is one of {', '.join(PARTS)} or <part>.<piece>, got {name!r}")
        machine = {"date": date.today().isoformat(), "processor": processor(), "blas": blas()}
        machine |= {"python": platform.python_version(), "numpy": np.__version__}
        print(f"{name}:", *(f"{key} {value}," for key, value in machine.items()), flush=True)
        module = import_module(f"benchmarks.{part}")
        rows = show(module.measure(piece) if piece else module.measure())
        if piece and not rows:
            parser.error(f"a piece begins one of {', '.join(module.PARTS)}, got {piece!r}")
        if not piece:
            text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else "{}"
            results = json.loads(text) | {part: machine | {"rows": rows}}
            RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


main()
