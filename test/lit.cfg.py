"""lit over the .mlir files below this folder: `make lit`, or `lit test/dialects`."""

import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

sys.path.insert(0, str(ROOT / "test"))

from in_process_format import InProcessTest  # noqa: E402

config: Any = globals()["config"]  # lit puts it there
config.name = "stepwell"
config.test_source_root = str(ROOT / "test")
config.test_exec_root = str(ROOT / ".cache" / "lit")
config.suffixes = [".mlir"]
config.test_format = InProcessTest(timeout=120)

# Every dialect's file begins with these two RUN lines: its own syntax and the generic one both
# read back to the same thing.
config.substitutions += [
    ("%roundtrip", "opt-tool %s | opt-tool - | filecheck %s"),
    ("%generic_roundtrip", "opt-tool %s --print-op-generic | opt-tool - | filecheck %s"),
]
config.recursiveExpansionLimit = 3

config.environment["PATH"] = os.pathsep.join(
    [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
)
