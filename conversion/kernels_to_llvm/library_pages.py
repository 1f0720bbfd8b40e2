"""
Giving back the pages of a library's code.

Generating code brings 50 MB of LLVM's instructions into memory, which nobody needs before the next
compilation. They are clean pages of a file: the system can be told to forget them, and reads them
from its cache should they be called again. Only Linux says where they are; elsewhere nothing is
done.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
from collections.abc import Iterator
from pathlib import Path


def release_libraries(folder: str | os.PathLike[str]) -> None:
    """Let go of the code pages of the libraries in `folder` that this process has loaded.

    Pages that were ever written (relocated data) are not code and are left alone. A thread that
    is running the code meanwhile goes on: its pages come back as it touches them.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        madvise = ctypes.CDLL(None).madvise
        stretches = list(_code_in(os.path.realpath(folder)))
    except (OSError, AttributeError, ValueError):
        return
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, end in stretches:
        madvise(start, end - start, mmap.MADV_DONTNEED)


def _code_in(folder: str) -> Iterator[tuple[int, int]]:
    """Where the executable, unwritable pages of the files are mapped (proc_pid_maps(5))."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        if folder not in line:  # of a thousand lines, all but ten
            continue
        fields = line.split(maxsplit=5)
        if len(fields) == 6 and fields[1] == "r-xp" and os.path.dirname(fields[5]) == folder:
            start, _, end = fields[0].partition("-")
            yield int(start, 16), int(end, 16)
