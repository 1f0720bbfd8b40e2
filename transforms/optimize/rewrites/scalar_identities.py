"""Identities of scalars, as a table of equations."""

from __future__ import annotations

from ..rewriting.identity import identity

RULES = (
    identity(
        "drop-neutral-float",
        "x + -0.0 => x",
        "x - 0.0 => x",
        "x * 1.0 => x",
        "x / 1.0 => x",
        exactness="bitwise",
        source="LLVM InstSimplify",
        rows=("C5",),
    ),
    # Only -0.0 changes: the sum would be +0.0.
    identity(
        "drop-added-zero",
        "x + 0.0 => x",
        "x + -0.0 => x",
        "x - 0.0 => x",
        "x - -0.0 => x",
        exactness="rounding",
        source="onnxruntime EliminateIdentity; LLVM InstSimplify",
    ),
    identity(
        "drop-neutral-integer",
        "x + 0 => x",
        "x - 0 => x",
        "x * 1 => x",
        "x | 0 => x",
        "x ^ 0 => x",
        "x & -1 => x",
        exactness="bitwise",
        source="MLIR arith",
        rows=("C5",),
    ),
    identity(
        "cancel-negations",
        "-(-x) => x",
        exactness="bitwise",
        source="LLVM InstSimplify",
        rows=("07.I1",),
    ),
    identity(
        "multiply-by-minus-one", "x * -1.0 => -x", exactness="bitwise", source="LLVM InstCombine"
    ),
    identity(
        "add-negation",
        "x + -y => x - y",
        "-x + y => y - x",
        "x - -y => x + y",
        exactness="bitwise",
        source="LLVM InstCombine",
    ),
    identity(
        "drop-repeated-rounding",
        "abs(abs(x)) => abs(x)",
        "floor(floor(x)) => floor(x)",
        "ceil(ceil(x)) => ceil(x)",
        "round(round(x)) => round(x)",
        "trunc(trunc(x)) => trunc(x)",
        exactness="bitwise",
        source="LLVM InstSimplify",
        rows=("07.I5",),
    ),
    identity(
        "drop-sign-below-abs", "abs(-x) => abs(x)", exactness="bitwise", source="LLVM InstCombine"
    ),
    identity(
        "drop-infinite-limit",
        "max(x, -inf) => x",
        "min(x, inf) => x",
        exactness="bitwise",
        source="LLVM InstSimplify",
    ),
    # A kernel's power may be wrong in its last digit; these are rounded once.
    identity(
        "power-to-operation",
        "x ** 1.0 => x",
        "x ** 2.0 => x * x",
        "x ** -1.0 => 1.0 / x",
        exactness="rounding",
        source="LLVM InstCombine",
    ),
    identity(
        "power-to-products",
        "x ** 3.0 => x * x * x",
        "x ** 4.0 => (x * x) * (x * x)",
        exactness="rounding",
        source="LLVM InstCombine",
        reassociates=True,
    ),
    # So x * sigmoid(x) costs one division.
    identity(
        "multiply-by-reciprocal",
        "x * (r := 1.0 / y) => x / y if once(r)",
        "(r := 1.0 / y) * x => x / y if once(r)",
        exactness="rounding",
        source="XLA",
        reassociates=True,
    ),
    identity(
        "simplify-select",
        "select(c, x, x) => x",
        "select(True, x, y) => x",
        "select(False, x, y) => y",
        "select(c ^ True, x, y) => select(c, y, x)",
        exactness="bitwise",
        source="MLIR arith",
    ),
)
