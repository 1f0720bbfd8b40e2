"""Words that conversions of all frameworks are written in: an operator names its differences."""
