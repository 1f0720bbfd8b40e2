"""Runs the standard's test cases and keeps the outcomes.

    python -m stepwell.conformance                     all; fails when a case that passed does not
    python -m stepwell.conformance --only resize       cases with this in their names; repeatable
    python -m stepwell.conformance --not-native        cases that were not fully native last time
    python -m stepwell.conformance --accept            keeps outcomes that are worse, too
    python -m stepwell.conformance --target x86-64-v2  fails where one differs from those kept
    python -m stepwell.conformance --every 6           one case of six
    python -m stepwell.conformance --hidden-sizes      node cases with names in place of sizes

Outcomes go into `docs/conformance.json`, what they say of every operator into `docs/operators.md`.
They are to hold on every processor: a run for a named target writes nothing. Those of cases with
hidden sizes go into `docs/hidden_sizes.json`.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .outcome import Outcome

# One case has one processor; numpy must know before it is imported.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

DOCS = Path(__file__).resolve().parent.parent / "docs"


def main(argv: Sequence[str] | None = None) -> int:
    """Run; the exit code is 1 when a case lost what it had."""
    options = _options(argv)
    import onnx

    from .cases import all_cases
    from .hidden_sizes import run_hidden_case
    from .operator_table import operators_page
    from .outcome import lost, read_outcomes, write_outcomes
    from .run_case import run_case
    from .workers import run_in_workers

    start = time.monotonic()
    kinds = tuple(options.kinds.split(","))
    cases = all_cases(kinds)
    before = read_outcomes(options.results)
    chosen = [at for at, case in enumerate(cases) if _wanted(str(case), options, before)]
    chosen = chosen[options.offset % options.every :: options.every]
    # The few that take long first.
    chosen.sort(key=lambda at: cases[at].kind != "light")
    outcomes: dict[str, Outcome] = {}
    for done, (at, outcome) in enumerate(
        run_in_workers(
            kinds,
            chosen,
            jobs=options.jobs,
            timeout=options.timeout,
            runner=partial(
                run_hidden_case if options.hidden_sizes else run_case, target=options.target
            ),
        ),
        start=1,
    ):
        outcomes[str(cases[at])] = outcome
        if not outcome.passed or options.only:
            what = outcome.reason or "; ".join(outcome.reference)
            print(f"{outcome.status:8} {cases[at]}: {what}", flush=True)
        if sys.stderr.isatty():
            print(f"\r{done} of {len(chosen)}", end="\r", file=sys.stderr, flush=True)
    print_counts(outcomes)
    print(f"{time.monotonic() - start:.0f} s")
    losses = lost(before, outcomes)
    for line in losses:
        print(f"LOST: {line}")
    if losses and not options.accept:
        return 1
    if options.target != "native":
        gains = lost(outcomes, {name: before[name] for name in outcomes if name in before})
        for line in gains:
            print(f"ONLY ON {options.target}: {line}")
        return 1 if gains else 0
    every = {str(case) for case in (cases if options.hidden_sizes else all_cases())}
    kept = {name: outcome for name, outcome in {**before, **outcomes}.items() if name in every}
    write_outcomes(options.results, kept, {"onnx": onnx.__version__})
    if options.hidden_sizes:
        return 0
    options.table.write_text(operators_page(all_cases(), kept), encoding="utf-8")
    return 0


def _wanted(name: str, options: argparse.Namespace, before: Mapping[str, Outcome]) -> bool:
    if options.only and not any(part in name for part in options.only):
        return False
    return not options.not_native or name not in before or before[name].status != "native"


def print_counts(outcomes: Mapping[str, Outcome]) -> None:
    """One line for each kind of cases."""
    from .outcome import PASSED, SIZED, STATUSES

    for kind in dict.fromkeys(name.split("/")[0] for name in sorted(outcomes)):
        found = Counter(
            outcome.status for name, outcome in outcomes.items() if name.split("/")[0] == kind
        )
        passed = sum(found[status] for status in PASSED)
        parts = ", ".join(f"{found[s]} {s}" for s in STATUSES if s != SIZED or found[s])
        print(f"{kind}: {passed} of {found.total()} passed ({parts})")


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    from .cases import KINDS

    parser = argparse.ArgumentParser(
        prog="python -m stepwell.conformance",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="worker processes")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds for one case")
    parser.add_argument("--kinds", help="comma-separated; all, or node cases for hidden sizes")
    parser.add_argument(
        "--hidden-sizes", action="store_true", help="put names in place of the sizes of cases"
    )
    parser.add_argument(
        "--only", action="append", default=[], help="part of a name; of several, any"
    )
    parser.add_argument(
        "--target", default="native", help="what to compile for; see --target of stepwell"
    )
    parser.add_argument("--every", type=_positive, default=1, help="one case of so many")
    parser.add_argument("--offset", type=int, default=0, help="which of them")
    parser.add_argument("--not-native", action="store_true", help="what was not native last time")
    parser.add_argument("--accept", action="store_true", help="keep worse outcomes, too")
    parser.add_argument("--results", type=Path, help="where outcomes are kept")
    parser.add_argument("--table", type=Path, default=DOCS / "operators.md")
    options = parser.parse_args(argv)
    if options.kinds is None:
        options.kinds = "node" if options.hidden_sizes else ",".join(KINDS)
    if options.results is None:
        name = "hidden_sizes.json" if options.hidden_sizes else "conformance.json"
        options.results = DOCS / name
    if options.target != "native":
        _check_target(parser, options.target)
    for kind in options.kinds.split(","):
        if kind not in KINDS:
            parser.error(f"no kind of cases is called '{kind}'; there are {', '.join(KINDS)}")
    for path in (options.results, options.table):
        if not path.parent.is_dir():
            parser.error(
                f"there is no folder {path.parent} to keep outcomes in; run this in a checkout of "
                "stepwell, or name other files by --results and --table"
            )
    return options


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not a positive number")
    return number


def _check_target(parser: argparse.ArgumentParser, name: str) -> None:
    """Whether code for a target runs here."""
    from ..errors import UsageError
    from ..targets.target import Target

    try:
        target, host = Target.parse(name), Target.host()
    except UsageError as error:
        parser.error(str(error))
    if target.architecture != host.architecture or target.vector_bits > host.vector_bits:
        parser.error(f"this machine does not run code for {name}")


if __name__ == "__main__":
    sys.exit(main())
