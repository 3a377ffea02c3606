"""Experiments: what takes too long for a page, run once, recorded, and partly run again by a test.

    python -m experiments                    lists them, with what they cost
    python -m experiments reference best     runs these two
    python -m experiments all                runs all, as ``make experiments`` does
    … --jobs 4                               in four processes on this machine
    … --dask tcp://host:8786                 on a Dask cluster, by its scheduler's address

Each module here is one experiment. Its docstring says what it asks, ``COST`` about how long it
takes on two cores, ``SEEDS`` which seeds it uses, and ``experiment(run)`` returns what it found:
``run(function, settings)`` calls a function once for each setting, wherever there is a free
processor (see `running`). What comes back goes to ``results/<name>.json``, with the versions, the
processor and the commit that made it (see `record`).

An accuracy depends on the seed and on nothing else, up to the rounding of the matrix products:
another BLAS, or the same on another processor, adds in another order, and after some hundred steps
two runs drift apart, by about as much as two seeds differ. So a record names its BLAS, and every
run uses one thread.
"""

NAMES = (
    "torch_same",
    "fast",
    "search",
    "best",
    "ablation",
    "penalty",
    "reference",
    "torch_way",
    "torch_quoted",
    "first_steps",
    "temperature",
    "curve",
    "together",
    "remedies",
    "depth",
    "digit",
    "shifts",
    "lengths",
    "convolved",
    "factors",
)
