"""The ceilings of steps: what they are made of, and that the machine's figures make sense."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stepwell.targets.target import TARGETS
from stepwell.tools.measure.peak import Bandwidth, Peak, measure_peak, meter
from stepwell.tools.measure.roofline import Work, ceiling_of, level_of

TARGET = replace(TARGETS["x86-64-v4"], l1_bytes=1 << 10, l2_bytes=1 << 20, l3_bytes=1 << 24)
PEAK = Peak(
    1,
    100.0,
    {
        "l1": Bandwidth(400.0, 400.0),
        "l2": Bandwidth(200.0, 100.0),
        "l3": Bandwidth(50.0, 40.0),
        "dram": Bandwidth(10.0, 8.0),
    },
    400.0,
)
MB = 1 << 20


def work(flops=0, read=0, written=0, weights=0, wide=False, codes=False) -> Work:
    return Work(flops, flops, read, written, weights, wide, codes)


def test_levels_are_those_the_bytes_fit_into():
    sizes = (1 << 10, (1 << 10) + 1, MB, MB + 1, 1 << 24, (1 << 24) + 1)
    levels = ["l1", "l2", "l2", "l3", "l3", "dram"]
    assert [level_of(size, 1, TARGET) for size in sizes] == levels
    assert level_of(2 * MB, 2, TARGET) == "l2"  # a second thread brings its own


@pytest.mark.parametrize(
    ("given", "program_bytes", "seconds", "bound"),
    [
        # 10^9 operations at 100 GFLOP/s, and next to no bytes
        (work(flops=10**9, read=100, written=100), 0, 0.01, "compute"),
        (work(flops=10**9, read=100, written=100, wide=True), 0, 0.02, "compute"),
        # sums of products of bytes at their own peak
        (work(flops=10**9, read=100, written=100, codes=True), 0, 0.0025, "compute"),
        # as much read as written goes at the rate of a copy
        (work(read=400_000, written=400_000), 0, 800_000 / 100e9, "l2"),
        # what is only read, or only written, at its own
        (work(read=4 * MB, written=0), 0, 4 * MB / 50e9, "l3"),
        (work(read=0, written=4 * MB), 0, 4 * MB / 40e9, "l3"),
        (work(read=32 * MB, written=MB), 0, (31 * MB / 10 + 2 * MB / 8) / 1e9, "dram"),
        # weights come from the caches by how much of the program these hold: all of it ...
        (work(read=500_000 + 1024, weights=1024), 1024, 1024 / 400e9 + 500_000 / 200e9, "l2"),
        # ... or, of 64 MB, a sixty-fourth in L2 but for the L1 part, a quarter down to L3
        (
            work(read=MB, weights=MB),
            64 * MB,
            MB * (2**-16 / 400 + (2**-6 - 2**-16) / 200 + (2**-2 - 2**-6) / 50 + 0.75 / 10) / 1e9,
            "dram",
        ),
        (work(), 0, 0.0, "compute"),
    ],
)
def test_the_ceiling_is_the_larger_of_computing_and_moving(given, program_bytes, seconds, bound):
    ceiling = ceiling_of(given, PEAK, TARGET, program_bytes)
    assert ceiling.seconds == pytest.approx(seconds)
    assert ceiling.bound == bound


def test_the_machine_is_measured():
    peak = measure_peak(0.005, 1, ["l1", "l2"])
    assert peak.gflops > 1
    assert peak.gops_of_codes > 1
    assert set(peak.bandwidth) == {"l1", "l2"}
    assert all(rate.read > 0.5 and rate.copy > 0.5 for rate in peak.bandwidth.values())
    together = measure_peak(0.005, 2, ["l1"])
    assert together.threads == 2
    assert together.gflops > peak.gflops / 4


def test_the_clock_ticks_at_a_constant_rate():
    rates = [meter().ticks_per_second(0.02) for _ in range(3)]
    assert min(rates) > 1e6
    assert max(rates) / min(rates) == pytest.approx(1, abs=0.01)
