"""The plan of a kernel as the attribute of its function at level 5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from xdsl.dialects.builtin import DictionaryAttr, ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.parser import Parser

from stepwell.conversion.engine_to_kernels.convert import build_kernel, plan_attribute
from stepwell.conversion.engine_to_kernels.kernel_uses import kernels_used
from stepwell.dialects import make_context
from stepwell.dialects.engine import MapOp
from stepwell.errors import CompileError
from stepwell.kernels import registry
from stepwell.kernels.builder import KernelBuilder
from stepwell.kernels.template import (
    Kernel,
    LayoutChoice,
    Plan,
    PlanEntry,
    Template,
    kernel_arguments,
)
from stepwell.targets.target import Target
from stepwell.transforms.plan_memory import PlanMemoryPass

PROGRAM = """
func.func @main(%x: tensor<7xf32>) -> tensor<7xf32> {
  %y = engine.map ins(%x : tensor<7xf32>) -> tensor<7xf32> {
  ^bb0(%a: f32):
    %0 = arith.mulf %a, %a : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<7xf32>
}
"""


@dataclass(frozen=True)
class NothingPlan(Plan):
    """Nothing worth knowing."""

    op: MapOp


class Nothing(Template[MapOp, NothingPlan]):
    """A template whose kernels do nothing, under the name `called`."""

    OP = MapOp

    def __init__(self, called: str = ""):
        self.called = called

    def layouts(self, op: MapOp, target: Target) -> Sequence[LayoutChoice]:
        return []

    def plan(self, op: MapOp, target: Target) -> NothingPlan:
        return NothingPlan(op)

    def write(self, plan: NothingPlan, name: str, builder: KernelBuilder) -> Kernel:
        with builder.function(self.called or name, kernel_arguments(plan.op)):
            pass
        return Kernel(1)


def kernel_by(template: Nothing, monkeypatch: pytest.MonkeyPatch) -> ModuleOp:
    """The kernel of the program as `template` writes it."""

    def plugged(op_name: str) -> tuple[Nothing, ...]:
        return (template,) if op_name == "engine.map" else ()

    monkeypatch.setattr(registry, "_plugged", plugged)
    ctx = make_context()
    module = Parser(ctx, PROGRAM).parse_module()
    PlanMemoryPass().apply(ctx, module)
    [use] = kernels_used(module).values()
    return build_kernel(use, Target.host())[0]


def test_entries_are_sorted_and_typed() -> None:
    entries: dict[str, PlanEntry] = {"tile": "2x7", "flat": True, "chunks": 3, "share": 0.5}
    assert str(plan_attribute(entries)) == (
        '{chunks = 3 : i64, flat = true, share = 5.000000e-01 : f64, tile = "2x7"}'
    )


def test_a_plan_with_nothing_to_say_has_its_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    [function] = kernel_by(Nothing(), monkeypatch).ops
    assert isinstance(function, FuncOp)
    plan = function.attributes["plan"]
    assert isinstance(plan, DictionaryAttr)
    assert list(plan.data) == ["chunks"]


def test_a_template_that_writes_another_function(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CompileError, match="did not define its function @map_7_"):
        kernel_by(Nothing("elsewhere"), monkeypatch)
