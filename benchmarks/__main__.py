"""`python -m benchmarks [pages] [training]` measures, and writes benchmarks/results.json.

Ratios within one run, medians: the machine may be busy. No test depends on a time.
"""

import json
import platform
import sys
from datetime import date
from pathlib import Path

from nnbook.machine import blas, processor, unforced

unforced("benchmarks")

import numpy as np  # noqa: E402

from . import pages, training  # noqa: E402

RESULTS = Path(__file__).with_name("results.json")


def show(rows):
    """Print rows of (what, value, limit, unit) as they come; return them as a list."""
    kept = []
    for what, value, limit, unit in rows:
        verdict = "" if limit is None else ("ok" if value <= limit else f"over {limit:g}")
        print(f"{what:<74}{value:>9.3g} {unit:<3} {verdict}", flush=True)
        kept.append({"what": what, "value": float(f"{value:.4g}"), "limit": limit, "unit": unit})
    return kept


PARTS = {"pages": pages.measure, "training": training.measure}
results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
for part in sys.argv[1:] or PARTS:
    results[part] = {
        "date": date.today().isoformat(),
        "processor": processor(),
        "blas": blas(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "rows": show(PARTS[part]()),
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
