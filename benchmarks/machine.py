"""The machine that measures: its processor, and settings that would slow it down."""

import os
import platform
import re
import sys
from pathlib import Path

from threadpoolctl import threadpool_info

# Without these OpenBLAS picks the fastest kernels for this processor, as PyTorch's own BLAS does.
FORCED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")


def unforced(package):
    """Start ``python -m package`` anew if the environment forces something; before NumPy loads."""
    if any(name in os.environ for name in FORCED):
        free = {name: value for name, value in os.environ.items() if name not in FORCED}
        os.execve(sys.executable, [sys.executable, "-m", package, *sys.argv[1:]], free)


def processor():
    """The processor's name and the number of cores, as Linux tells them."""
    info = Path("/proc/cpuinfo")
    text = info.read_text(encoding="utf-8") if info.exists() else ""
    names = re.findall(r"model name\s*: (.*)", text) or [platform.processor()]
    return f"{names[0]}, {os.cpu_count()} cores"


def blas():
    """NumPy's library of matrix products, and the kind of processor whose kernels it has chosen."""
    info = next(i for i in threadpool_info() if i["user_api"] == "blas")
    return f"{info['internal_api']} {info['version']}, {info['architecture']}"
