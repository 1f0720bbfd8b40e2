"""Compiles a model or loads an artifact once and prints what it took, as JSON.

    python benchmarks/compile_once.py compile MODEL.onnx OUT.well
    python benchmarks/compile_once.py load    MODEL.onnx IN.well

Imports nothing but what a user's program would. `compile_cost.py` runs it.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TypedDict


class Run(TypedDict):
    """One process: seconds to import the package and to compile or load, and memory in bytes."""

    import_seconds: float
    seconds: float
    imported_bytes: int  # the peak before the model was touched
    peak_bytes: int


def main(action: str, model: str, artifact: str) -> Run:
    start = time.perf_counter()
    import stepwell

    # the package imports what is behind a name when it is first asked for
    compile_or_load = stepwell.compile if action == "compile" else stepwell.load
    imported = time.perf_counter()
    imported_bytes = peak_bytes()
    engine = compile_or_load(model if action == "compile" else artifact)
    done = time.perf_counter()
    peak = peak_bytes()
    if action == "compile":
        engine.save(artifact)
    return Run(
        import_seconds=imported - start,
        seconds=done - imported,
        imported_bytes=imported_bytes,
        peak_bytes=peak,
    )


def peak_bytes() -> int:
    """The largest resident set of this process so far.

    Linux's `ru_maxrss` would include that of the parent, which is kept over fork and exec.
    """
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
