"""What is kept of a run, and when a later one is worse."""

import pytest

from stepwell.conformance.outcome import STATUSES, Outcome, lost, read_outcomes, write_outcomes

NATIVE, REFERENCE = Outcome("native"), Outcome("reference", reference=("Det has no native form",))


def test_what_is_written_is_read(tmp_path):
    outcomes = {
        "node/b": Outcome("failed", 'a "reason" with ünicode'),
        "node/a": NATIVE,
        "simple/c": REFERENCE,
    }
    write_outcomes(tmp_path / "kept.json", outcomes, {"onnx": "1"})
    assert read_outcomes(tmp_path / "kept.json") == outcomes
    first = (tmp_path / "kept.json").read_bytes()
    write_outcomes(tmp_path / "kept.json", dict(reversed(outcomes.items())), {"onnx": "1"})
    assert (tmp_path / "kept.json").read_bytes() == first


def test_nothing_is_kept_without_a_file(tmp_path):
    assert read_outcomes(tmp_path / "kept.json") == {}


@pytest.mark.parametrize("status", STATUSES)
def test_better_or_equal_is_no_loss(status):
    rank = STATUSES.index(status)
    better = Outcome(STATUSES[max(rank - 1, 0)])
    assert lost({"a": Outcome(status)}, {"a": better}) == []
    assert lost({"a": Outcome(status)}, {"a": Outcome(status)}) == []


@pytest.mark.parametrize("status", ["refused", "failed", "crashed"])
@pytest.mark.parametrize("before", ["native", "partly", "reference"])
def test_a_case_that_does_not_pass_any_more_is_lost(before, status):
    [line] = lost({"a": Outcome(before)}, {"a": Outcome(status, "why")})
    assert line == f"a passed before, now it is {status}: why"


def test_a_case_that_is_not_native_any_more_is_lost():
    [line] = lost({"a": NATIVE}, {"a": REFERENCE})
    assert line == "a was fully native, now it is not: Det has no native form"


def test_new_cases_and_cases_that_were_not_run_are_no_loss():
    assert lost({"a": NATIVE}, {"b": Outcome("failed")}) == []
