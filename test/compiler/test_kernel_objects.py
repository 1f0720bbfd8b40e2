"""Objects of kernels: the cache is for code whose sources are known, that of plug-ins is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from stepwell.compiler.kernel_objects import compile_kernels
from stepwell.dialects import make_context
from stepwell.kernels import registry
from stepwell.kernels.builder import KernelBuilder
from stepwell.kernels.elementwise.map import MapTemplate
from stepwell.kernels.elementwise.map_plan import MapPlan
from stepwell.kernels.template import Kernel, Template
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


class Counting(MapTemplate):
    """A plug-in's template, which may have changed since it last built a kernel."""

    built = 0

    def write(self, plan: MapPlan, name: str, builder: KernelBuilder) -> Kernel:
        Counting.built += 1
        return super().write(plan, name, builder)


def planned() -> ModuleOp:
    ctx = make_context()
    module = Parser(ctx, PROGRAM).parse_module()
    PlanMemoryPass().apply(ctx, module)
    return module


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPWELL_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(Counting, "built", 0)


def plug_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def plugged(op_name: str) -> tuple[Template, ...]:
        return (Counting(),) if op_name == "engine.map" else ()

    monkeypatch.setattr(registry, "_plugged", plugged)


def test_a_kernel_of_a_plug_in_is_built_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_kernels(planned(), Target.host())  # the cache has the kernel of our own template
    plug_in(monkeypatch)
    compile_kernels(planned(), Target.host())
    assert Counting.built == 1
    compile_kernels(planned(), Target.host())
    assert Counting.built == 2


def test_a_kernel_of_a_plug_in_does_not_outlive_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        plug_in(patch)
        compile_kernels(planned(), Target.host())
    before = {f.name for f in tmp_path.rglob("*") if f.is_file()}
    compile_kernels(planned(), Target.host())
    after = {f.name for f in tmp_path.rglob("*") if f.is_file()}
    assert after - before, "our own kernel was taken from the plug-in's"


def test_our_own_kernels_come_from_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    original = MapTemplate.write

    def write(self: MapTemplate, plan: MapPlan, name: str, builder: KernelBuilder) -> Kernel:
        built.append(name)
        return original(self, plan, name, builder)

    monkeypatch.setattr(MapTemplate, "write", write)
    first = compile_kernels(planned(), Target.host())[1]
    second = compile_kernels(planned(), Target.host())[1]
    assert len(built) == 1
    assert [o.data for o in first] == [o.data for o in second]
