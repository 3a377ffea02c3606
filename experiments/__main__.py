"""`python -m experiments` lists the experiments; with names it runs them, see `experiments`."""

import argparse
from importlib import import_module
from time import perf_counter

from nnbook.machine import unforced

unforced("experiments")

from . import NAMES  # noqa: E402
from .record import circumstances, store  # noqa: E402
from .running import runner  # noqa: E402

parser = argparse.ArgumentParser(prog="python -m experiments", description="Redo experiments.")
parser.add_argument("names", nargs="*", metavar="name", help=f"{', '.join(NAMES)} or all")
parser.add_argument("--jobs", type=int, default=1, help="processes on this machine")
parser.add_argument("--dask", metavar="ADDRESS", help="a Dask scheduler, such as tcp://host:8786")
arguments = parser.parse_args()
if unknown := set(arguments.names) - {*NAMES, "all"}:
    parser.error(f"name must be one of {', '.join(NAMES)} or all, got {', '.join(unknown)}")

chosen = NAMES if "all" in arguments.names else arguments.names
# The commit is asked for before anything runs: it shall be that of the code in memory.
now = circumstances() if chosen else None
modules = {name: import_module(f"experiments.{name}") for name in chosen or NAMES}
for name, module in modules.items():
    question = module.__doc__.splitlines()[0]
    print(f"{name:<11} {module.COST:<11} {question}", flush=True)
    if chosen:
        start = perf_counter()
        with runner(jobs=arguments.jobs, dask=arguments.dask) as run:
            found = module.experiment(run)
        seconds = round(perf_counter() - start, 1)
        recorded = now | {"seconds": seconds}
        record = {"experiment": name, "question": question, "recorded": recorded}
        path = store(name, record | {"seeds": module.SEEDS} | found)
        print(f"{'':<11} {seconds:.0f} s, {path.name}", flush=True)
