"""The standard's own test cases on this compiler: `python -m stepwell.conformance`."""
