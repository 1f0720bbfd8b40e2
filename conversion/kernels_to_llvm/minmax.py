"""
Floating-point maximum and minimum as short instruction sequences.

`llvm.maximum` and `llvm.maxnum` follow IEEE 754 in every corner and cost up to seven
instructions on x86, whose `maxps a, b` is exactly `a > b ? a : b`: it gives `b` when either is
NaN, and `b` for two zeros. So there the sequences below are built from `select(a > b, a, b)`,
which becomes that one instruction, with a second select only where NaN has to be put right.
AArch64 and WebAssembly have the IEEE operation as one instruction and take the intrinsic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from .constants import constant_number
from .emitter import FunctionEmitter, Value

Flags = Sequence[str]


def maximumf(e: FunctionEmitter, a: Value, b: Value, flags: Flags) -> Value:
    """The larger of two; NaN if either is NaN; `max(-0, +0) = +0` unless `flags` has nsz."""
    return _propagating(e, "maximum", ">", a, b, flags)


def minimumf(e: FunctionEmitter, a: Value, b: Value, flags: Flags) -> Value:
    """The smaller of two; NaN if either is NaN; `min(-0, +0) = -0` unless `flags` has nsz."""
    return _propagating(e, "minimum", "<", a, b, flags)


def maxnumf(e: FunctionEmitter, a: Value, b: Value, flags: Flags) -> Value:
    """The larger of two; the other one if one is NaN; either zero of two zeros."""
    return _ignoring(e, "maxnum", ">", a, b, flags)


def minnumf(e: FunctionEmitter, a: Value, b: Value, flags: Flags) -> Value:
    """The smaller of two; the other one if one is NaN; either zero of two zeros."""
    return _ignoring(e, "minnum", "<", a, b, flags)


def _pick(e: FunctionEmitter, compare: str, a: Value, b: Value) -> Value:
    """`a compare b ? a : b`: one instruction on x86, `b` when either is NaN or both are zero."""
    return e.builder.select(e.builder.fcmp_ordered(compare, a, b), a, b)


def _is_nan(e: FunctionEmitter, a: Value) -> Value:
    return e.builder.fcmp_unordered("uno", a, a)


def _propagating(
    e: FunctionEmitter, name: str, compare: str, a: Value, b: Value, flags: Flags
) -> Value:
    if e.target.architecture != "x86_64":
        return e.float_intrinsic(name, a, b, flags=[flag for flag in flags if flag == "nsz"])
    if constant_number(a) is not None:
        a, b = b, a
    bound = constant_number(b)
    if bound is not None and not math.isnan(bound):
        if bound != 0 or "nsz" in flags:
            return _pick(e, compare, b, a)  # NaN in a: the comparison fails and a is taken
        # max(a, +0) and min(a, -0) take the bound for any zero, max(a, -0) and min(a, +0) take a.
        takes_bound = (math.copysign(1.0, bound) < 0) == (name == "minimum")
        kept = e.builder.fcmp_unordered(compare if takes_bound else compare + "=", a, b)
        return e.builder.select(kept, a, b)
    if "nsz" not in flags:
        return e.float_intrinsic(name, a, b)
    best = _pick(e, compare, a, b)
    return best if "nnan" in flags else e.builder.select(_is_nan(e, a), a, best)


def _ignoring(
    e: FunctionEmitter, name: str, compare: str, a: Value, b: Value, flags: Flags
) -> Value:
    if e.target.architecture == "aarch64":
        return e.float_intrinsic(name, a, b)
    if constant_number(a) is not None:
        a, b = b, a
    best = _pick(e, compare, a, b)  # NaN in a: b
    bound = constant_number(b)
    if "nnan" in flags or (bound is not None and not math.isnan(bound)):
        return best
    return e.builder.select(_is_nan(e, b), a, best)
