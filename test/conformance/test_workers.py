"""A case may end or hang its process; the others do not notice."""

import os
import signal
import time

import pytest

from stepwell.conformance.cases import all_cases
from stepwell.conformance.outcome import Outcome
from stepwell.conformance.workers import run_in_workers

KINDS = ("simple",)


def runner(case):
    """Crashes, ends, hangs or answers, by the place of the case."""
    match all_cases(KINDS).index(case):
        case 1:
            os.kill(os.getpid(), signal.SIGKILL)
        case 3:
            os._exit(7)
        case 4:
            time.sleep(1000)
        case _:
            pass
    return Outcome("native", str(all_cases(KINDS).index(case)))


@pytest.mark.parametrize("jobs", [1, 3])
def test_every_case_has_an_outcome(jobs):
    start = time.monotonic()
    outcomes = dict(run_in_workers(KINDS, range(8), jobs=jobs, timeout=2, runner=runner))
    assert time.monotonic() - start < 60
    assert outcomes.pop(1) == Outcome("crashed", "the process ended with SIGKILL")
    assert outcomes.pop(3) == Outcome("crashed", "the process ended with exit code 7")
    assert outcomes.pop(4) == Outcome("crashed", "no answer in 2 s")
    assert outcomes == {at: Outcome("native", str(at)) for at in (0, 2, 5, 6, 7)}


def test_no_cases_no_work():
    assert list(run_in_workers(KINDS, [], jobs=2, runner=runner)) == []
