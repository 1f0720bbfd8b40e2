"""The lit suite of the package: `lit test`."""

from stepwell.tools.lit.configuration import configure

configure(globals()["config"], __file__, name="stepwell-poly")
