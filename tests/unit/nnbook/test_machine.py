import os

import pytest

from nnbook import machine


@pytest.fixture
def quota(tmp_path, monkeypatch):
    """Writes the file in which Linux tells a container's share; there is none before."""
    monkeypatch.setattr(machine, "QUOTA", tmp_path / "cpu.max")
    return machine.QUOTA.write_text


def test_cores_are_those_that_this_process_may_use(quota, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.delattr(os, "process_cpu_count", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 3, 5}, raising=False)
    assert machine.cores() == 3
    monkeypatch.setattr(os, "process_cpu_count", lambda: 5, raising=False)
    assert machine.cores() == 5


@pytest.mark.parametrize("count, cores", [(8, 8), (None, 1)])
def test_elsewhere_all_of_them(quota, monkeypatch, count, cores):
    """macOS and Windows know no affinity, and some systems not even the number."""
    monkeypatch.delattr(os, "process_cpu_count", raising=False)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: count)
    assert machine.cores() == cores


@pytest.mark.parametrize(
    "text, cores",
    [("200000 100000\n", 2), ("150000 100000", 2), ("5000 100000", 1), ("max 100000", 8)],
)
def test_a_container_has_its_share(quota, monkeypatch, text, cores):
    monkeypatch.setattr(os, "process_cpu_count", lambda: 8, raising=False)
    quota(text)
    assert machine.cores() == cores


def test_records_name_processor_and_kernels():
    assert machine.processor().endswith(f", {machine.cores()} cores")
    assert len(machine.blas().split(", ")) == 2
