"""Rules are offered less than all operations, and apply as often."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from stepwell.dialects import make_context
from stepwell.transforms.optimize.rewrites import REWRITES
from stepwell.transforms.optimize.rewriting import apply_rewrites

CASES = Path(__file__).resolve().parents[1] / "rewrites"


def modules_of(case: Path) -> list[str]:
    return [part for part in case.read_text().split("// -----") if "func.func" in part]


def applied(text: str, name: str, *, all_offered: bool) -> str:
    """The module after one rule, which is tried everywhere where misses are asked for."""
    ctx = make_context()
    module = Parser(ctx, text).parse_module()
    assert isinstance(module, ModuleOp)
    rules = [rule for rule in REWRITES if rule.name == name]
    assert rules or name == "merge-equal-operations", name
    apply_rewrites(ctx, module, rules, why_not=all_offered)
    return str(module)


def test_where_no_producer_is_of_a_named_class_the_rule_does_not_apply() -> None:
    cases = sorted(CASES.glob("*.mlir"))
    assert cases
    for case in cases:
        name = case.stem.replace("_", "-")
        for text in modules_of(case):
            less = applied(text, name, all_offered=False)
            assert less == applied(text, name, all_offered=True), name


def test_the_name_of_a_folded_region_is_the_same_in_every_process() -> None:
    code = """
from xdsl.parser import Parser
from stepwell.dialects import make_context
from stepwell.transforms.optimize.rewriting.common_subexpressions import region_key
text = '''func.func @main(%x: tensor<3xf32>) -> tensor<3xf32> {
  %y = engine.map ins(%x : tensor<3xf32>) -> tensor<3xf32> {
  ^bb0(%a: f32):
    %0 = arith.negf %a : f32
    %1 = arith.mulf %a, %0 : f32
    %2 = arith.addf %1, %0 : f32
    engine.yield %2 : f32
  }
  func.return %y : tensor<3xf32>
}'''
[region] = [r for op in Parser(make_context(), text).parse_module().walk()
            for r in op.regions if op.name == "engine.map"]
print(region_key(region))
"""
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": str(seed)},
        ).stdout
        for seed in range(1, 4)
    }
    assert len(said) == 1
