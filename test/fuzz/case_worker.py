"""
A process that tries cases until one of them ends it.

    python -m stepwell.test.fuzz.case_worker KIND

Each line of standard input is a seed or the path of a file; each gets a line of JSON, before which
`{"stage": ...}` may say in whose hands the case is. `--memory BYTES` bounds the address space.

    python -m stepwell.test.fuzz.case_worker KIND --once CASE

says what becomes of one, and lets exceptions through.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import json
import os
import resource
import sys
import warnings
from pathlib import Path
from typing import TextIO

from stepwell.test.fuzz.kind import KINDS, Kind, kind_named
from stepwell.test.fuzz.outcome import Outcome

MEMORY = 6 << 30


def case_of(kind: Kind, case: str) -> bytes:
    """The content of a case: a seed is made, a path is read."""
    return kind.made(int(case)) if case.isdigit() else Path(case).read_bytes()


def serve(kind: Kind, answers: TextIO) -> None:
    """Answer every line of standard input."""

    def announce(stage: str) -> None:
        print(json.dumps({"stage": stage}), file=answers, flush=True)

    for line in sys.stdin:
        announce("making")
        try:
            data = case_of(kind, line.strip())
            announce("")
            outcome = kind.judged(data, announce)
        except Exception as error:  # what must not come out
            outcome = Outcome.of_exception(error)
        except BaseException as error:
            outcome = Outcome("foreign", f"{type(error).__name__}: {error}")
        print(outcome.json(), file=answers, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--memory", type=int, default=MEMORY)
    parser.add_argument("--once")
    args = parser.parse_args()
    faulthandler.enable()
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (args.memory, args.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    kind = kind_named(args.kind)
    if args.once is not None:
        print(kind.judged(case_of(kind, args.once), lambda stage: None))
        return
    # A compilation collects garbage when it ends; what was imported is none.
    gc.freeze()
    # What libraries print goes elsewhere than the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(kind, answers)


if __name__ == "__main__":
    main()
