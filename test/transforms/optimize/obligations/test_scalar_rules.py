"""
Scalar rules of class `bitwise`: proved for all values by a solver, and looked at for all of one
operand.

Of the cases in which a rule fires, with many constants, both sides are the same term for all values
of all operands; those of one operand are also computed for every number of f16, every integer of
eight bits and both booleans, by the interpreter, which the solver's terms could misread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import z3
from xdsl.ir import Attribute, Region
from xdsl.parser import Parser

from stepwell.dialects import make_context
from stepwell.dialects.engine import MapOp
from stepwell.dialects.engine.weights import dtype_of
from stepwell.interpreters.engine.scalar import run_scalar_region
from stepwell.test.transforms.optimize.obligations.scalar_cases import Case, cases_of
from stepwell.test.transforms.optimize.obligations.scalar_terms import variable, yields
from stepwell.transforms.optimize.rewrites import REWRITES
from stepwell.transforms.optimize.rewriting import Rewrite

EFFORT = 40_000_000
"""Steps of the solver, of which the hardest case takes a part: time depends on what else runs."""

SCALAR = [
    rule
    for rule in REWRITES
    if rule.exactness == "bitwise"
    and rule.anchors
    and all(anchor.name.partition(".")[0] in ("arith", "math") for anchor in rule.anchors)
]


def names(rules: Sequence[Rewrite]) -> list[str]:
    return [rule.name for rule in rules]


def difference(case: Case) -> str | None:
    """Operands for which both sides differ; None where it is proved that there are none."""
    arguments = [variable(f"x{n}", a.type) for n, a in enumerate(case.before.block.args)]
    defined: list[Any] = []
    before, after = (yields(side, arguments, defined) for side in (case.before, case.after))
    solver = z3.Solver()
    solver.add(*defined)
    solver.set("rlimit", EFFORT)
    solver.add(z3.Or(*(a != b for a, b in zip(before, after, strict=True))))
    found = solver.check()
    if found == z3.unsat:
        return None
    return str(solver.model()) if found == z3.sat else f"not known: {solver.reason_unknown()}"


def every(type_: Attribute) -> np.ndarray | None:
    """Every value of a type of which there are few."""
    dtype = dtype_of(type_)
    if dtype.kind == "b":
        return np.array([False, True])
    if dtype.itemsize == 1:
        return np.arange(256, dtype=np.uint8).view(dtype)
    if dtype.itemsize == 2:
        return np.arange(65536, dtype=np.uint16).view(dtype)
    return None


def same_bits(a: np.ndarray, b: np.ndarray, *, zeros: bool) -> bool:
    """Whether arrays are equal bit for bit, but for a NaN's, and with `zeros` a zero's sign."""
    if a.dtype.kind not in "fV":
        return np.array_equal(a, b)
    if zeros and np.array_equal(a, b, equal_nan=True):
        return True
    words = f"u{a.dtype.itemsize}"
    same = np.ascontiguousarray(a).view(words) == np.ascontiguousarray(b).view(words)
    return bool(np.all(same | (np.isnan(a) & np.isnan(b))))


def looked_through(case: Case) -> bool:
    """Whether a case has one operand of few values, for all of which both sides are the same."""
    arguments = case.before.block.args
    if len(arguments) != 1 or (values := every(arguments[0].type)) is None:
        return False
    # The larger of two zeros is either of them, in numpy and in kernels.
    limited = any(op.name in ("arith.maximumf", "arith.minimumf") for op in case.before.block.ops)
    terminator = case.before.block.last_op
    assert terminator is not None
    elements = [v.type for v in terminator.operands]
    with np.errstate(all="ignore"):
        before = run_scalar_region(case.before, [values], elements)
        after = run_scalar_region(case.after, [values], elements)
    for a, b in zip(before, after, strict=True):
        a, b = np.broadcast_arrays(a, b)
        assert same_bits(a, b, zeros=limited), (
            f"{case.name}:\n{case.before.block}{case.after.block}"
        )
    return True


@pytest.mark.parametrize("rule", SCALAR, ids=names(SCALAR))
def test_a_scalar_rule_of_class_bitwise_is_proved_or_looked_through(rule: Rewrite):
    cases = cases_of(rule)
    assert cases, "the rule fires in no scalar region of its cases"
    through = [looked_through(case) for case in (*cases, *cases_of(rule, half=True))]
    if rule.evidence == "exhaustive":
        assert any(through)
        return
    assert rule.evidence == "proved", "scalar rules that change no bit are proved or exhaustive"
    for case in cases:
        found = difference(case)
        assert found is None, f"{case.name}: {found}\n{case.before.block}\n{case.after.block}"


WRONG = """
func.func @sides(%t: tensor<3xf16>) {{
  %r = engine.map ins(%t : tensor<3xf16>) -> tensor<3xf16> {{
  ^bb0(%x: f16):
    %a = arith.constant {number} : f16
    %0 = arith.addf %x, %a : f16
    engine.yield {given} : f16
  }}
  func.return
}}
"""


def test_a_wrong_equation_is_found():
    """`x + 0.0 => x` is right but for -0.0: the solver and the look at all values find it."""
    for number, is_right in (("-0.0", True), ("0.0", False)):
        sides: list[Region] = []
        for given in ("%0", "%x"):
            text = WRONG.format(number=number, given=given)
            module = Parser(make_context(), text).parse_module()
            sides += [op.regions[0] for op in module.walk() if isinstance(op, MapOp)]
        case = Case("sum", *sides)
        if is_right:
            assert difference(case) is None
            assert looked_through(case)
        else:
            assert "x0 = -0.0" in str(difference(case))
            with pytest.raises(AssertionError, match="sum"):
                looked_through(case)
