"""`--check-numerics` finds the pass and the operation that moved a result."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.arith import AddfOp, MulfOp
from xdsl.dialects.builtin import ModuleOp, TensorType, f32
from xdsl.dialects.func import FuncOp
from xdsl.passes import ModulePass

from stepwell.dialects import make_context
from stepwell.dialects.engine import ConstantOp, SizeValuesOp
from stepwell.dialects.engine.sizes import extent_array
from stepwell.dialects.engine.weights import dense
from stepwell.errors import StepwellError
from stepwell.ir.parse_ir import parse_ir
from stepwell.runtime.size import floordiv, named
from stepwell.tools.opt.check_numerics import CheckNumerics, exactness_of
from stepwell.tools.opt.pass_runner import VerifyEach, run_passes
from stepwell.transforms.bind_sizes import BindSizesPass

MODULE = """
func.func @helper(%x: tensor<4xf32>) -> tensor<4xf32> {
  func.return %x : tensor<4xf32>
}
func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
    attributes {input_names = ["x"], output_names = ["doubled", "scaled"]} {
  %c = engine.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32> -> tensor<4xf32>
  %d = engine.map ins(%x : tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: f32):
    %0 = arith.addf %a, %a : f32
    engine.yield %0 : f32
  }
  %s = engine.map ins(%d, %c : tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.mulf %a, %b : f32
    engine.yield %0 : f32
  }
  func.return %d, %s : tensor<4xf32>, tensor<4xf32>
}
"""


@dataclass(frozen=True)
class Edit(ModulePass):
    """A pass that does what a test tells it."""

    name = "edit"
    change: Callable[[ModuleOp], None] = field(default=lambda module: None)
    exactness: str = "bitwise"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        self.change(op)


def scale_constant(factor: float) -> Callable[[ModuleOp], None]:
    def change(module: ModuleOp) -> None:
        constant = next(op for op in module.walk() if isinstance(op, ConstantOp))
        array = np.array([1.0, 2.0, 3.0, 4.0], np.float32) * np.float32(factor)
        constant.value = dense(array)

    return change


def square_instead_of_double(module: ModuleOp) -> None:
    add = next(op for op in module.walk() if isinstance(op, AddfOp))
    block = add.parent
    assert block is not None
    square = MulfOp(add.lhs, add.rhs)
    block.insert_op_before(square, add)
    add.result.replace_all_uses_with(square.result)
    add.detach()


def check(*passes: ModulePass, text: str = MODULE) -> None:
    ctx = make_context()
    module = parse_ir(ctx, text, "<test>")
    run_passes(ctx, module, passes, [CheckNumerics(ctx, seed=0, passes=passes), VerifyEach()])


def test_nothing_moved():
    check(Edit(), Edit())


@pytest.mark.parametrize(("exactness", "fine"), [("bitwise", False), ("rounding", True)])
def test_exactness_class_of_the_pass_decides(exactness, fine):
    slightly_off = Edit(scale_constant(1 + 2e-7), exactness)
    if fine:
        check(slightly_off)
    else:
        with pytest.raises(StepwellError, match="class 'bitwise' allows"):
            check(slightly_off)


def test_names_pass_result_and_first_operation():
    with pytest.raises(StepwellError) as caught:
        check(Edit(), Edit(scale_constant(2.0), "approximate"), Edit())
    message = str(caught.value)
    assert message.startswith("pass 'edit' moved result 'scaled' of @main")
    assert "first moved: %c, defined by 'engine.constant'" in message


def test_names_the_first_of_several_moved_values():
    with pytest.raises(StepwellError, match="first moved: %d, defined by 'engine.map'"):
        check(Edit(square_instead_of_double))


def test_functions_besides_main_are_checked():
    text = MODULE.replace("@main", "@other")
    with pytest.raises(StepwellError, match="moved result 'scaled' of @other"):
        check(Edit(scale_constant(2.0)), text=text)


def test_what_cannot_run_is_left_out(capsys):
    check(
        Edit(),
        text="func.func @main(%x: f32) -> f32 {\n"
        '  %y = "test.op"(%x) : (f32) -> f32\n  func.return %y : f32\n}',
    )
    assert "warning: @main is not checked, as it cannot run" in capsys.readouterr().err


def test_what_no_longer_runs_is_an_error():
    def break_it(module: ModuleOp) -> None:
        from xdsl.dialects import test

        constant = next(op for op in module.walk() if isinstance(op, ConstantOp))
        block = constant.parent
        assert block is not None
        unknown = test.TestOp(result_types=[TensorType(f32, [4])])
        block.insert_op_before(unknown, constant)
        constant.res.replace_all_uses_with(unknown.res[0])
        constant.detach()

    with pytest.raises(StepwellError, match="@main ran before, but no longer does"):
        check(Edit(break_it))


def test_lost_result():
    def drop(module: ModuleOp) -> None:
        main = next(
            op for op in module.ops if isinstance(op, FuncOp) and op.sym_name.data == "main"
        )
        last = main.body.block.last_op
        assert last is not None
        last.operands = last.operands[:1]
        main.update_function_type()

    with pytest.raises(StepwellError, match="had 2 results, now it has 1"):
        check(Edit(drop))


def test_a_pass_without_a_class_may_round():
    class Plain(ModulePass):
        name: ClassVar[str] = "plain"

        def apply(self, ctx: Context, op: ModuleOp) -> None: ...

    assert exactness_of(Plain()) == "rounding"
    assert exactness_of(Edit(exactness="bitwise")) == "bitwise"


OPEN = """
func.func @main(%x: tensor<?x?xf32, #engine.sizes<"N", "S">>) -> tensor<2xi64>
    attributes {sizes = #engine.names<N in 1 to 4 hint 1, S in 2 to 64 hint 32>} {
  %y = engine.size_values {sizes = #engine.extents<["N", "S floordiv 2"]>} : tensor<2xi64>
  func.return %y : tensor<2xi64>
}
"""


def round_up_instead_of_down(module: ModuleOp) -> None:
    op = next(op for op in module.walk() if isinstance(op, SizeValuesOp))
    op.properties["sizes"] = extent_array([named("N"), floordiv(named("S") + 1, 2)])


class TestOpenSizes:
    def test_what_differs_at_odd_sizes_alone_is_found(self):
        check(Edit(), text=OPEN)
        with pytest.raises(
            StepwellError, match=r"result 'output0' of @main at N = 3, S = 5 further"
        ):
            check(Edit(round_up_instead_of_down), text=OPEN)

    def test_a_pipeline_may_bind_them(self):
        for sizes in (("S=8",), ("N=2", "S=7"), ("N=1",)):
            check(Edit(), BindSizesPass(sizes), Edit(), text=OPEN)
        some, rest = BindSizesPass(("S=7",)), BindSizesPass(("N=2",))
        check(some, Edit(), rest, Edit(), text=OPEN)
        with pytest.raises(StepwellError, match="at N = 1, S = 7 further"):
            check(Edit(round_up_instead_of_down), some, text=OPEN)

    def test_a_number_that_the_function_does_not_take(self):
        with pytest.raises(StepwellError, match="S"):
            check(BindSizesPass(("S=65",)), text=OPEN)
