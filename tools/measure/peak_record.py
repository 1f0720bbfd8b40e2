"""
The ceilings of this machine as a profile needs them: measured in a moment, remembered.

What a shared machine shows at one moment is too low as often as not, so the best figures ever seen
are kept, in a file in the cache folder by processor and number of threads.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path

from ...compiler.kernel_cache import cache_folder
from ...targets.target import Target
from .peak import LEVELS, Bandwidth, Peak, measure_peak

QUICK_SECONDS = 0.04


def recorded_peak(threads: int = 1, folder: Path | None = None) -> Peak:
    """The best of what is on record in `folder` and what is measured now."""
    path = (folder or cache_folder().parent) / _file_name(threads)
    before = _read(path)
    found = measure_peak(QUICK_SECONDS, threads)
    best = found if before is None else _better(before, found)
    if best != before:
        _write(path, best)
    return best


def _file_name(threads: int) -> str:
    machine = f"{Target.host().text()}|{threads}"
    return f"peak-{hashlib.blake2b(machine.encode(), digest_size=8).hexdigest()}.json"


def _better(a: Peak, b: Peak) -> Peak:
    """The larger of each pair of figures."""
    bandwidth: dict[str, Bandwidth] = {}
    for level in LEVELS:
        x, y = a.bandwidth[level], b.bandwidth[level]
        bandwidth[level] = Bandwidth(max(x.read, y.read), max(x.copy, y.copy))
    return Peak(
        a.threads, max(a.gflops, b.gflops), bandwidth, max(a.gops_of_codes, b.gops_of_codes)
    )


def _read(path: Path) -> Peak | None:
    """The record; None where there is none, or none that is whole."""
    try:
        fields = json.loads(path.read_text())
        bandwidth = {
            level: Bandwidth(
                float(fields["bandwidth"][level]["read"]), float(fields["bandwidth"][level]["copy"])
            )
            for level in LEVELS
        }
        threads, codes = int(fields["threads"]), float(fields["gops_of_codes"])
        return Peak(threads, float(fields["gflops"]), bandwidth, codes)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, peak: Peak) -> None:
    """Keep `peak`; a folder that cannot be written only means that nothing is remembered."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{os.getpid()}")
        unfinished.write_text(json.dumps(asdict(peak)) + "\n")
        unfinished.replace(path)
