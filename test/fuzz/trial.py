"""What the tests of all kinds do: the seeds, and the cases that were found before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from stepwell.test.fuzz.isolation import Isolated, outcome_alone, outcomes
from stepwell.test.fuzz.kind import kind_named
from stepwell.test.fuzz.outcome import Outcome
from stepwell.test.fuzz.reduce_case import as_text, reduced

FOUND = Path(__file__).parent / "found"
MOST_REPORTED = 20
MOST_REDUCED = 3


def found_before(kind: str) -> list[Path]:
    """The cases of `found/KIND`."""
    return sorted(p for p in (FOUND / kind).glob("*") if p.suffix != ".cfg")


def assert_found_are_fine(kind: str) -> None:
    """All cases of `found/KIND`."""
    with Isolated(kind) as isolated:
        wrong = {path.name: isolated.outcome(str(path)) for path in found_before(kind)}
    bad = {name: outcome for name, outcome in wrong.items() if not outcome.fine}
    assert not bad, "\n".join(f"{name}: {o.kind}: {o.word}" for name, o in bad.items())


def assert_fine(kind: str, seeds: Iterable[int], seconds: float) -> Counter[str]:
    """
    Try seeds until the time is over; gives how many came to which outcome.

    A failure is tried again alone: one that was only slow beside others is none. The first ones are
    reduced, and said in the form in which `found/` keeps them.
    """
    counts: Counter[str] = Counter()
    failures: list[str] = []
    last = None
    for seed, outcome in outcomes(kind, seeds, seconds):
        last = seed
        counts[outcome.kind] += 1
        if outcome.fine or len(failures) >= MOST_REPORTED:
            continue
        failure = _failure(kind, seed, outcome, reduce=len(failures) < MOST_REDUCED)
        if failure:
            failures.append(failure)
    print(f"{kind}: seeds up to {last}: {dict(counts)}")
    assert not failures, "\n\n".join(failures)
    return counts


def _failure(kind: str, seed: int, outcome: Outcome, *, reduce: bool) -> str:
    made = kind_named(kind)
    data = made.made(seed)
    alone = outcome_alone(kind, data, made.suffix)
    if alone.fine:
        return "" if outcome.kind == "hung" else f"{kind} {seed}: {outcome} (alone: {alone})"
    head = f"{kind} {seed}: {alone.kind}: {alone.word}"
    if not reduce:
        return head
    data, alone = reduced(kind, data)
    return f"{head}\nreduced: {alone.word}\n{as_text(kind, data) or repr(data)}"
