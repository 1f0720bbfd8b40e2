"""What onnxruntime takes in memory for a model, measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

SECONDS = 120
"""After which nothing is said."""

PROGRAM = """
import resource, sys
import numpy as np
import onnxruntime as ort
ort.set_default_logger_severity(4)
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
def now():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()
before = now()
options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
loaded = now()
kinds = {"float": "f4", "double": "f8", "float16": "f2", "int64": "i8", "int32": "i4",
         "uint8": "u1", "int8": "i1", "bool": "?"}
feeds = {}
for value in session.get_inputs():
    if any(not isinstance(n, int) for n in value.shape):
        sys.exit(3)
    feeds[value.name] = np.zeros(value.shape, kinds[value.type[7:-1]])
session.run(None, feeds)
print(max(loaded - before, 0), peak() - before)
"""
"""Prints the bytes that a session adds to the process, and those that it and one call add."""


def onnxruntime_peak(model: Path) -> tuple[int, int] | None:
    """
    Bytes that a loaded model adds to a process, and that loading and a call of zeros add at most.

    None where onnxruntime is not installed or does not run the model as it is, for its open sizes
    say, and on systems without `/proc`.
    """
    if model.suffix.lower() != ".onnx" or find_spec("onnxruntime") is None:
        return None
    command = [sys.executable, "-c", PROGRAM, str(model)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode:
        return None
    loaded, called = (int(number) for number in done.stdout.split()[-2:])
    return loaded, called
