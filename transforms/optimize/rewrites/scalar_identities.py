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
    identity(
        "select-truth",
        "select(c, True, False) => c",
        "select(c, False, True) => c ^ True",
        exactness="bitwise",
        source="MLIR arith",
    ),
    identity(
        "nested-select",
        "select(c, select(c, x, y), z) => select(c, x, z)",
        "select(c, x, select(c, y, z)) => select(c, x, z)",
        exactness="bitwise",
        source="MLIR arith",
    ),
    identity(
        "absorb-integer",
        "x * 0 => 0",
        "x & 0 => 0",
        "x | -1 => -1",
        "x - x => 0",
        "x ^ x => 0",
        exactness="bitwise",
        source="MLIR arith",
    ),
    identity(
        "cancel-signs",
        "-x * -y => x * y",
        "-x / -y => x / y",
        "abs(x) * abs(x) => x * x",
        exactness="bitwise",
        source="LLVM InstCombine",
    ),
    # Only the zero of x = y changes its sign.
    identity(
        "swap-negated-difference",
        "-(d := x - y) => y - x if once(d)",
        exactness="rounding",
        source="LLVM InstCombine",
    ),
    identity(
        "cancel-reciprocals",
        "1.0 / (1.0 / x) => x",
        "x / (r := 1.0 / y) => x * y if once(r)",
        exactness="rounding",
        source="Niu et al., DNNFusion, 2021; LLVM InstCombine",
        rows=("07.I2",),
        reassociates=True,
    ),
    # That of a negative number is NaN; of one that cannot be, the square gives it back.
    identity(
        "cancel-roots",
        "sqrt(x) * sqrt(x) => x if never_negative(x)",
        "(a * sqrt(x)) * sqrt(x) => a * x if never_negative(x)",
        "(a / sqrt(x)) / sqrt(x) => a / x if never_negative(x)",
        exactness="rounding",
        source="Niu et al., DNNFusion, 2021",
        rows=("07.A2", "07.A3"),
        reassociates=True,
    ),
    # Where the square overflows or vanishes, the right side is the nearer one.
    identity(
        "root-of-square",
        "sqrt(s := x * x) => abs(x) if once(s)",
        exactness="rounding",
        source="LLVM InstCombine",
        reassociates=True,
    ),
    identity(
        "power-to-one",
        "x ** 0.0 => 1.0",
        "x ** -0.0 => 1.0",
        exactness="bitwise",
        source="LLVM InstCombine",
    ),
    # Of -0.0 and of infinity without its limit below, root and power differ.
    identity(
        "power-to-root",
        "x ** 0.5 => sqrt(x) if never_negative(x)",
        "x ** -0.5 => 1.0 / sqrt(x) if never_negative(x)",
        "x ** 1.5 => x * sqrt(x) if never_negative(x)",
        exactness="rounding",
        source="LLVM InstCombine",
        reassociates=True,
    ),
    identity(
        "power-to-reciprocals",
        "x ** -2.0 => (1.0 / x) * (1.0 / x)",
        exactness="rounding",
        source="LLVM InstCombine",
        reassociates=True,
    ),
    identity(
        "reciprocal-of-exponential",
        "1.0 / (e := exp(x)) => exp(-x) if once(e)",
        exactness="rounding",
        source="XLA",
        reassociates=True,
    ),
    # Infinity aside, of which the left side makes NaN.
    identity(
        "half-of-signs",
        "(x - abs(x)) * 0.5 => min(x, 0.0)",
        "(x + abs(x)) * 0.5 => max(x, 0.0)",
        "(abs(x) + x) * 0.5 => max(x, 0.0)",
        exactness="rounding",
        source="MNN FuseTfPrelu; OpenVINO PReluFusion",
        rows=("MNN/FuseTfPrelu",),
    ),
    # Only zeros change their sign.
    identity(
        "negated-limit",
        "y - a * (m := max(-x, 0.0)) => y + a * min(x, 0.0) if once(m)",
        "y - (m := max(-x, 0.0)) * a => y + min(x, 0.0) * a if once(m)",
        "max(x, 0.0) - max(-x, 0.0) => x",
        exactness="rounding",
        source="OpenVINO PReluFusion",
    ),
)
