"""Norms and softmax are offered the layouts in which they read and store in order."""

from xdsl.dialects.builtin import TensorType, f32
from xdsl.ir import Block

from stepwell.dialects.engine import NormOp, SoftmaxOp, TransposeOp
from stepwell.kernels.common.natural_layouts import natural_layouts
from stepwell.kernels.reduction.norm import NormTemplate
from stepwell.kernels.reduction.softmax import SoftmaxTemplate
from stepwell.targets.target import Target
from stepwell.test.kernels.harness import choices_of


def test_of_a_transpose_of_a_transpose() -> None:
    value = Block(arg_types=[TensorType(f32, [1, 2, 3, 4])]).args[0]
    assert natural_layouts(value) == ["abcd"]
    once = TransposeOp(value, [0, 2, 3, 1])
    assert natural_layouts(once.results[0]) == ["abcd", "adbc"]
    back = TransposeOp(once.results[0], [0, 3, 1, 2])
    assert natural_layouts(back.results[0]) == ["abcd"]


def test_results_lie_like_operands() -> None:
    """An operand in one layout and the result in another would be stored element by element."""
    value = Block(arg_types=[TensorType(f32, [1, 8, 3, 4])]).args[0]
    moved = TransposeOp(value, [0, 2, 3, 1]).results[0]
    target = Target.host()
    for choices in (
        choices_of(NormTemplate(), NormOp(moved, "layer", [3], 1e-5), target),
        choices_of(SoftmaxTemplate(), SoftmaxOp(moved, 3), target),
    ):
        assert [(c.sources[0], c.results[0]) for c in choices] == [
            ("abcd", "abcd"),
            ("adbc", "adbc"),
        ]
