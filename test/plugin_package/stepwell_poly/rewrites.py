"""Rewrites of `poly.horner`."""

from collections.abc import Sequence

from xdsl.ir import SSAValue

from stepwell.transforms.optimize.rewriting import Match, rewrite
from stepwell_poly.dialect import HornerOp


@rewrite(HornerOp, exactness="rounding", source="Horner's scheme")
def drop_zero_coefficients(op: HornerOp, m: Match) -> Sequence[SSAValue]:
    """
    horner{c..., 0}(x) => horner{c...}(x).
    """
    numbers = op.numbers
    m.require(len(numbers) > 1 and numbers[-1] == 0, "the last coefficient is zero")
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return [m.insert(HornerOp(op.input, numbers)).res[0]]
