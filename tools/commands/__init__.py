"""One file for each subcommand of `stepwell`."""
