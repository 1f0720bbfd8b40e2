"""lit over the .mlir files below this folder: `make lit`, or `lit test/dialects`."""

from pathlib import Path

from stepwell.tools.lit.configuration import configure

ROOT = Path(__file__).resolve().parent.parent

# lit puts `config` there.
configure(globals()["config"], __file__, name="stepwell", output=ROOT / ".cache" / "lit")
