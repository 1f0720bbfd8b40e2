"""Rules of `optimize`, some of them in a random order, keep what random graphs compute."""

from __future__ import annotations

import os
import time

from xdsl.dialects import arith

from stepwell.test.fuzz.rule_orders import NotTriedError, fault_of
from stepwell.transforms.optimize.rewriting import rewrite

SHARE = 4.0
"""Seconds of processor time in the suite; `make fuzz` gives more."""


def test_seeds(seeds: range, seconds: float):
    given = "STEPWELL_FUZZ_SECONDS" in os.environ
    end = time.process_time() + (seconds if given else SHARE)
    tried, faults = 0, []
    for seed in seeds:
        if time.process_time() > end:
            break
        try:
            found = fault_of(seed)
        except NotTriedError:
            continue
        tried += 1
        if found is not None:
            faults.append(found)
    print(f"{tried} graphs were tried")
    assert not faults, f"{len(faults)} of {tried} graphs:\n\n" + "\n\n".join(faults[:3])
    assert tried >= min(10, len(seeds) // 2)


@rewrite(arith.AddfOp, exactness="bitwise", source="LLVM InstSimplify")
def wrong_rule(op: arith.AddfOp, m):
    """
    x + y => x.
    """
    return [op.lhs]


def test_a_wrong_rule_is_found():
    for seed in range(60):
        try:
            found = fault_of(seed, [wrong_rule])
        except NotTriedError:
            continue
        if found is not None:
            assert "with wrong-rule" in found
            return
    raise AssertionError("no graph shows it")
