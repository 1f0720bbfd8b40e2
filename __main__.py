"""`python -m stepwell`: the command `stepwell`."""

import sys

try:
    from .tools.cli import main
except ModuleNotFoundError as error:  # the run time alone is installed
    if not (error.name or "").startswith("stepwell.tools"):
        raise
    from .runtime.command_line import main

if __name__ == "__main__":
    sys.exit(main())
