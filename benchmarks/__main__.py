"""`python -m benchmarks` measures everything and writes benchmarks/results.json.

Ratios within one run, medians: the machine may be busy. No test depends on a time.
"""

import json
import platform
from datetime import date
from pathlib import Path

import numpy as np

from . import pages, training

RESULTS = Path(__file__).with_name("results.json")


def show(rows):
    """Print rows of (what, value, limit, unit) as they come; return them as a list."""
    kept = []
    for what, value, limit, unit in rows:
        verdict = "" if limit is None else ("ok" if value <= limit else f"over {limit:g}")
        print(f"{what:<74}{value:>9.3g} {unit:<3} {verdict}", flush=True)
        kept.append({"what": what, "value": float(f"{value:.4g}"), "limit": limit, "unit": unit})
    return kept


results = {
    "date": date.today().isoformat(),
    "python": platform.python_version(),
    "numpy": np.__version__,
    "pages": show(pages.measure()),
    "training": show(training.measure()),
}
RESULTS.write_text(json.dumps(results, indent=1) + "\n")
