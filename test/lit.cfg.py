"""lit over the .mlir files below this folder: `make lit`, or `lit test/dialects`."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

sys.path.insert(0, str(ROOT / "test"))

from in_process_format import InProcessTest  # noqa: E402

config.name = "stepwell"  # noqa: F821
config.test_source_root = str(ROOT / "test")  # noqa: F821
config.test_exec_root = str(ROOT / ".cache" / "lit")  # noqa: F821
config.suffixes = [".mlir"]  # noqa: F821
config.test_format = InProcessTest(timeout=120)  # noqa: F821

# Every dialect's file begins with these two RUN lines: its own syntax and the generic one both
# read back to the same thing.
config.substitutions += [  # noqa: F821
    ("%roundtrip", "opt-tool %s | opt-tool - | filecheck %s"),
    ("%generic_roundtrip", "opt-tool %s --print-op-generic | opt-tool - | filecheck %s"),
]
config.recursiveExpansionLimit = 3  # noqa: F821

config.environment["PATH"] = os.pathsep.join(  # noqa: F821
    [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
)
