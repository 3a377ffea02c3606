"""The machine that measures: its processor, its cores, and settings that would slow it down."""

import math
import os
import platform
import re
import sys
from pathlib import Path

# Without these OpenBLAS picks the fastest kernels for this processor, as PyTorch's own BLAS does.
FORCED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
QUOTA = Path("/sys/fs/cgroup/cpu.max")  # of a container: microseconds of work in each period


def unforced(package):
    """Start ``python -m package`` anew if the environment forces something; before NumPy loads."""
    if any(name in os.environ for name in FORCED):
        free = {name: value for name, value in os.environ.items() if name not in FORCED}
        os.execve(sys.executable, [sys.executable, "-m", package, *sys.argv[1:]], free)


def cores():
    """How many cores this process may use: its share of the machine, where it has one."""
    if hasattr(os, "process_cpu_count"):  # Python 3.13
        allowed = os.process_cpu_count()
    elif hasattr(os, "sched_getaffinity"):  # Linux
        allowed = len(os.sched_getaffinity(0))
    else:
        allowed = os.cpu_count()
    return max(1, min(allowed or 1, _quota()))


def _quota():
    """Cores' worth of time that a container is given."""
    try:
        time, period = QUOTA.read_text(encoding="ascii").split()
        return math.ceil(int(time) / int(period))
    except (OSError, ValueError):  # not Linux, no container, or "max"
        return math.inf


def processor():
    """The processor's name, as Linux tells it, and how many cores there are to use."""
    info = Path("/proc/cpuinfo")
    text = info.read_text(encoding="utf-8") if info.exists() else ""
    names = re.findall(r"model name\s*: (.*)", text) or [platform.processor()]
    return f"{names[0]}, {cores()} cores"


def blas():
    """NumPy's library of matrix products, and the kind of processor whose kernels it has chosen."""
    from threadpoolctl import threadpool_info  # pages don't need it

    info = next(i for i in threadpool_info() if i["user_api"] == "blas")
    return f"{info['internal_api']} {info['version']}, {info['architecture']}"
