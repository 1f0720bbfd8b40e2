"""`python -m stepwell`: the command `stepwell`."""

from .tools.cli import main

if __name__ == "__main__":
    main()
