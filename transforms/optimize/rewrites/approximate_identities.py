"""
Identities of real numbers that numbers of finite precision keep only within bounds.

They are of class `approximate`, and their bounds are stated: for each, how far the two sides may
be apart.
"""

from __future__ import annotations

from ..rewriting.identity import identity

RULES = (
    # Within one unit in the last place of |x y| + |x z|; y + z may overflow where no product does.
    identity(
        "factor-out",
        "(a := x * y) + (b := x * z) => x * (y + z) if once(a) and once(b)",
        "(a := y * x) + (b := x * z) => x * (y + z) if once(a) and once(b)",
        "(a := x * y) + (b := z * x) => x * (y + z) if once(a) and once(b)",
        "(a := y * x) + (b := z * x) => x * (y + z) if once(a) and once(b)",
        "(a := x * y) - (b := x * z) => x * (y - z) if once(a) and once(b)",
        "(a := y * x) - (b := x * z) => x * (y - z) if once(a) and once(b)",
        "(a := x * y) - (b := z * x) => x * (y - z) if once(a) and once(b)",
        "(a := y * x) - (b := z * x) => x * (y - z) if once(a) and once(b)",
        exactness="approximate",
        source="Niu et al., DNNFusion, 2021",
        rows=("07.A6", "07.A8"),
    ),
    # Relative error of x + y units in the last place; finite where one factor overflows.
    identity(
        "add-exponents",
        "(a := exp(x)) * (b := exp(y)) => exp(x + y) if once(a) and once(b)",
        "(a := exp(x)) / (b := exp(y)) => exp(x - y) if once(a) and once(b)",
        exactness="approximate",
        source="LLVM InstCombine",
    ),
    # Apart by a unit in the last place of 1 near 0, and where exp(x) overflows or vanishes.
    identity(
        "log-of-exponential",
        "log(exp(x)) => x",
        exactness="approximate",
        source="LLVM InstCombine",
    ),
    # The same for all finite numbers but 0; of infinity and NaN the left side is NaN.
    identity(
        "assume-finite",
        "x * 0.0 => 0.0",
        "x - x => 0.0",
        exactness="approximate",
        source="LLVM InstCombine",
    ),
)
