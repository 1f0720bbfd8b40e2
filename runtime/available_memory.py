"""
How much memory there is to be had, and refusing what needs more.

Systems promise memory that they do not have and kill somebody when it is touched; so a program asks
here before it allocates much. Linux says what is available (proc_meminfo(5)), page cache that it
would give up included; a container may have less, which its control group says
(https://docs.kernel.org/admin-guide/cgroup-v2.html#memory). Elsewhere it is the free memory as the
system counts it, and where that is not known nothing is refused.
"""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import NotEnoughMemoryError

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/proc/self/cgroup")
_CGROUPS = Path("/sys/fs/cgroup")


LARGEST = 1 << 56
"""Bytes that no machine has; more than that is refused everywhere."""


UNASKED = 1 << 24
"""Bytes that a call takes without asking whether there are as many, which takes 0.3 ms."""


def require_memory(needed: int, what: str, remedy: str, *, detail: str = "") -> None:
    """
    Do nothing if `needed` bytes are available.

    Raises:
        NotEnoughMemoryError: `{what} needs ... bytes{detail}, but ... are available; {remedy}`.
    """
    available = available_bytes()
    if available is None:
        available = LARGEST
    if needed > available:
        raise NotEnoughMemoryError(
            f"{what} needs {needed:,} bytes ({_readable(needed)}) of memory{detail}, but "
            f"{available:,} ({_readable(available)}) are available; {remedy}",
            needed=needed,
            available=available,
        )


def available_bytes() -> int | None:
    """Bytes that a process can get without others being pushed out; None if nobody says."""
    bounds = (_of_system(), _of_control_group())
    return min((bound for bound in bounds if bound is not None), default=None)


def _of_system() -> int | None:
    try:
        lines = _MEMINFO.read_text().splitlines()
        kilobytes = {
            key: int(rest.split()[0]) for key, _, rest in (s.partition(":") for s in lines)
        }
        return 1024 * (kilobytes["MemAvailable"] + kilobytes.get("SwapFree", 0))
    except (OSError, ValueError, KeyError, IndexError):
        pass
    for pages in ("SC_AVPHYS_PAGES", "SC_PHYS_PAGES"):
        try:
            return os.sysconf(pages) * os.sysconf("SC_PAGE_SIZE")
        except (AttributeError, ValueError, OSError):
            continue
    return None


def _of_control_group() -> int | None:
    """The tightest limit on the way from this process's group to the root, less what is used."""
    try:
        lines = _CGROUP.read_text().splitlines()
    except OSError:
        return None
    bounds: list[int] = []
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers == "":
            bounds += _bounds(_CGROUPS, path, "memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            files = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            bounds += _bounds(_CGROUPS / "memory", path, *files)
    return min(bounds, default=None)


def _bounds(root: Path, path: str, limit: str, usage: str, cache: str) -> list[int]:
    """Bytes left in the group `path` and in those around it, as far as they have limits."""
    bounds: list[int] = []
    group = root / path.strip("/")
    while group == root or root in group.parents:
        try:
            most, used = int((group / limit).read_text()), int((group / usage).read_text())
            statistics = (group / "memory.stat").read_text().split()
            reclaimable = int(statistics[statistics.index(cache) + 1])
            bounds.append(max(most - used + reclaimable, 0))
        except (OSError, ValueError, IndexError):
            pass  # "max", or no such file: no limit here
        group = group.parent
    return bounds


def _readable(count: int) -> str:
    for unit, size in (("TB", 10**12), ("GB", 10**9)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count / 1e6:.1f} MB"
