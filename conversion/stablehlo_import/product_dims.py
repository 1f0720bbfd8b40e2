"""The sizes of products of matrices and their like."""

from __future__ import annotations

from ...dialects.framework.fit import Dims, differ, refuse, require_axes, require_count, shown
from ...dialects.stablehlo.attributes import DotDimensionNumbersAttr
from .dim_rules import Rule, Sizes


def _dot(s: Sizes) -> list[Dims | None]:
    left, right = s.dims(0), s.dims(1)
    if not 1 <= len(left) <= 2 or not 1 <= len(right) <= 2 or differ(left[-1], right[0]):
        refuse(f"operands of shapes {shown(left)} and {shown(right)}")
    return [(*left[:-1], *right[1:])]


def joined_dims(numbers: DotDimensionNumbersAttr) -> list[tuple[int, int]]:
    """The dimensions of both operands that belong together."""
    kinds = ("batching", "contracting")
    lists = [[numbers.integers(f"{side}_{k}_dimensions") for side in ("lhs", "rhs")] for k in kinds]
    return [pair for left, right in lists for pair in zip(left, right, strict=True)]


def _dot_general(s: Sizes) -> list[Dims | None]:
    left, right = s.dims(0), s.dims(1)
    numbers = s.op.properties["dot_dimension_numbers"]
    if not isinstance(numbers, DotDimensionNumbersAttr):
        refuse("dot_dimension_numbers is not #stablehlo.dot")
    batch = [numbers.integers(f"{side}_batching_dimensions") for side in ("lhs", "rhs")]
    inner = [numbers.integers(f"{side}_contracting_dimensions") for side in ("lhs", "rhs")]
    for side, dims, at in (("left", left, 0), ("right", right, 1)):
        require_axes([*batch[at], *inner[at]], len(dims), f"dimensions of the {side} operand")
    require_count(batch[1], len(batch[0]), "rhs_batching_dimensions", "as many as of the left")
    require_count(inner[1], len(inner[0]), "rhs_contracting_dimensions", "as many as of the left")
    for a, b in joined_dims(numbers):
        if differ(left[a], right[b]):
            refuse(
                f"dimension {a} of {shown(left)} and {b} of {shown(right)} belong together and "
                "differ"
            )
        s.relations.equal(left[a], right[b])
    free = [
        [d for at, d in enumerate(dims) if at not in (*batch[side], *inner[side])]
        for side, dims in enumerate((left, right))
    ]
    return [(*(left[a] for a in batch[0]), *free[0], *free[1])]


PRODUCTS: dict[str, Rule] = {
    "dot": _dot,
    "dot_general": _dot_general,
}
