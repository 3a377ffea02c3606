"""Results as files: small JSON that a person can read, written at once or not at all."""

import json
import os
import platform
import subprocess
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

import nnlib
from nnbook.machine import blas, processor

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).with_name("results")


def circumstances():
    """Under which an experiment runs: date, commit, versions, processor."""
    try:
        torch = version("torch")
    except PackageNotFoundError:
        torch = None
    folders = ("nnlib", "nnbook", "experiments", ":!experiments/results")
    return {
        "date": date.today().isoformat(),
        "commit": git("rev-parse", "HEAD"),
        "uncommitted_changes": bool(git("status", "--porcelain", "--", *folders)),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch,
        "nnlib": nnlib.__version__,
        "processor": processor(),
        "blas": blas(),
    }


def git(*command):
    try:
        run = subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True)
        found = run.returncode == 0
    except FileNotFoundError:
        found = False
    if not found:
        raise SystemExit(
            "A record names the commit that made it: run this in a checkout, with git."
        )
    return run.stdout.strip()


def store(name, record, folder=RESULTS):
    """Write ``<name>.json``: into a file beside it, which then takes its place."""
    path = Path(folder, f"{name}.json")
    path.parent.mkdir(exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(pretty(record) + "\n", encoding="utf-8")
    os.replace(unfinished, path)
    return path


def load(name):
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def pretty(value, indent=""):
    """JSON with one entry a line, but lists of numbers or words in one; 6 digits of a float."""
    inner = indent + " "
    if isinstance(value, dict):
        rows = [f"{inner}{json.dumps(key)}: {pretty(item, inner)}" for key, item in value.items()]
        return _lines("{", rows, "}", indent)
    if isinstance(value, list | tuple):
        if not any(isinstance(item, dict | list | tuple) for item in value):
            return f"[{', '.join(pretty(item) for item in value)}]"
        return _lines("[", [inner + pretty(item, inner) for item in value], "]", indent)
    if isinstance(value, float):
        value = float(f"{value:.6g}")
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _lines(opening, rows, closing, indent):
    return "\n".join([opening, ",\n".join(rows), indent + closing])
