"""
Rules about indices: a solver proves that every element is the same before and after, for all sizes.

Each case in which a rule fires becomes, with its sizes as they are and by name, two functions from
an index to an element (`index_terms.py`). That they differ at any index within the result, for any
sizes, is refuted.
"""

from __future__ import annotations

from typing import Any

import pytest
import z3
from xdsl.dialects import func
from xdsl.parser import Parser

from stepwell.dialects import make_context
from stepwell.test.transforms.optimize.obligations.index_cases import IndexCase, index_cases_of
from stepwell.test.transforms.optimize.obligations.index_terms import results
from stepwell.test.transforms.optimize.obligations.scalar_terms import Unknown
from stepwell.test.transforms.optimize.obligations.test_scalar_rules import SCALAR
from stepwell.transforms.optimize.rewrites import REWRITES
from stepwell.transforms.optimize.rewriting import Rewrite

EFFORT = 4_000_000
"""Steps of the solver."""

PROVED = [rule for rule in REWRITES if rule.evidence == "proved" and rule not in SCALAR]


def difference(case: IndexCase) -> str | None:
    """Sizes and an index for which both sides differ; None where it is proved that there are none.

    Raises:
        Unknown: for what the terms do not say.
    """
    before, after = results(case.before.body.block), results(case.after.body.block)
    assert len(before) == len(after)
    solver = z3.Solver()
    solver.set("rlimit", EFFORT)
    for name, least in case.least.items():
        size: Any = z3.Int(name)
        solver.add(size >= least)
    differ: list[Any] = [len(a.sizes) != len(b.sizes) for a, b in zip(before, after, strict=True)]
    for number, (a, b) in enumerate(zip(before, after, strict=True)):
        differ += [m != n for m, n in zip(a.sizes, b.sizes, strict=True)]
        index: list[Any] = [z3.Int(f"i{number}_{dim}") for dim in range(len(a.sizes))]
        inside = [z3.And(i >= 0, i < n) for i, n in zip(index, a.sizes, strict=True)]
        differ.append(z3.And(*inside, a.at(index) != b.at(index)))
    solver.add(z3.Or(*differ))
    found = solver.check()
    if found == z3.unsat:
        return None
    return str(solver.model()) if found == z3.sat else f"not known: {solver.reason_unknown()}"


def proof(rule: Rewrite) -> tuple[int, int]:
    """How many cases of a rule are proved, and how many of them have open sizes; all must be."""
    cases = index_cases_of(rule)
    for case in cases:
        found = difference(case)
        assert found is None, f"{rule.name}, {case.name}: {found}\n{case.before}\n{case.after}"
    return len(cases), sum(bool(case.least) for case in cases)


@pytest.mark.parametrize("rule", PROVED, ids=[rule.name for rule in PROVED])
def test_a_rule_about_indices_is_proved_for_open_sizes(rule: Rewrite):
    cases, opened = proof(rule)
    assert cases
    assert opened, "the rule fires in no case with an open size"


SQUARE = """
func.func @f(%x: tensor<?x?xf32, #engine.sizes<"N", "N">>) -> tensor<?x?xf32, #engine.sizes<"N", "N">> {
  %y = engine.transpose %x {perm = array<i64: 1, 0>} : tensor<?x?xf32, #engine.sizes<"N", "N">> -> tensor<?x?xf32, #engine.sizes<"N", "N">>
  func.return %RESULT : tensor<?x?xf32, #engine.sizes<"N", "N">>
}
"""  # noqa: E501


def test_a_wrong_equation_is_found():
    """`transpose(x) => x` of a square matrix: an index off the diagonal is given."""
    sides: list[func.FuncOp] = []
    for name in ("y", "x"):
        module = Parser(make_context(), SQUARE.replace("RESULT", name)).parse_module()
        sides += [op for op in module.ops if isinstance(op, func.FuncOp)]
    before, after = sides
    assert "N = " in str(difference(IndexCase("square", before, after, {"N": 1})))
    assert difference(IndexCase("the same", before, before, {"N": 1})) is None


def test_what_the_terms_do_not_say_is_not_proved():
    [rule] = [rule for rule in REWRITES if rule.name == "merge-reductions"]
    with pytest.raises(AssertionError, match="engine.reduce"):
        proof(rule)
    [rule] = [rule for rule in REWRITES if rule.name == "fuse-map-into-contraction"]
    with pytest.raises(Unknown):
        proof(rule)
