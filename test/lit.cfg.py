"""lit over the .mlir files below this folder: `make lit`, or `lit test/dialects`."""

from pathlib import Path

from stepwell.tools.lit.configuration import configure

ROOT = Path(__file__).resolve().parent.parent

# lit puts it there.
config = globals()["config"]
configure(config, __file__, name="stepwell", output=ROOT / ".cache" / "lit")
config.excludes = ["plugin_package"]  # a suite of its own, for when it is installed
