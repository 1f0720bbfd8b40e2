"""The command-line tools `opt-tool` and `stepwell`."""
