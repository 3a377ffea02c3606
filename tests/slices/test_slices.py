"""Every cell, run in a fresh interpreter with only its slice, gives its stored output.

All cells take many minutes: ``--slices all``, as `make test-all` and the weekly job say. Otherwise
a sample is run, another one every day; ``--slices 20421`` repeats that of day 20421. Interpreters
are forked, so this needs Linux or macOS.
"""

import datetime
import json
import os
import subprocess
import sys

from book_files import ROOT, notebooks

SAMPLE = 30  # cells, of all notebooks
EPOCH = datetime.date(1970, 1, 1)


def code_cells(notebook):
    cells = json.loads((ROOT / notebook).read_text(encoding="utf-8"))["cells"]
    return sum(cell["cell_type"] == "code" for cell in cells)


def chosen(which):
    """The cells to run of each notebook: all, or one of every n cells, day by day another."""
    everything = [(name, k) for name in notebooks() for k in range(code_cells(name))]
    if which != "all":
        step = len(everything) // SAMPLE
        everything = everything[int(which) % step :: step]
    return {name: [k for other, k in everything if other == name] for name in notebooks()}


def pytest_generate_tests(metafunc):
    which = metafunc.config.getoption("--slices")
    which = which or str((datetime.date.today() - EPOCH).days)
    metafunc.parametrize(
        "notebook, cells",
        [(name, cells) for name, cells in chosen(which).items() if cells],
        ids=[f"{name} --slices {which}" for name, cells in chosen(which).items() if cells],
    )


def test_a_cell_needs_no_more_than_its_slice(notebook, cells):
    run = subprocess.run(
        [sys.executable, "tests/slices/forks.py", notebook, *map(str, cells)],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        encoding="utf-8",
    )
    assert run.returncode == 0, run.stderr
    results = [json.loads(line) for line in run.stdout.splitlines()]
    problems = [f"cell {r['cell']}: {r['problem']}" for r in results if r["problem"]]
    assert not problems, "\n\n".join(problems)
    assert sorted(result["cell"] for result in results) == cells
