"""Which layouts meet at an operation."""

from __future__ import annotations

from xdsl.dialects import func
from xdsl.dialects.builtin import f32
from xdsl.ir import Block, Operation

from stepwell.dialects.engine import MatmulOp, SoftmaxOp, TransposeOp
from stepwell.dialects.engine.base import tensor
from stepwell.kernels.template import ANY, STRIDED, LayoutChoice
from stepwell.transforms.assign_layouts.options import Option, Options, broadcast_tag


def block_of(*shapes: tuple[int, ...]) -> Block:
    return Block(arg_types=[tensor(shape, f32) for shape in shapes])


def options(block: Block, op: Operation, choice: LayoutChoice) -> dict[Operation, list[Option]]:
    return Options(block, {op: [choice]}).of


def test_a_result_is_stored_as_the_transpose_behind_it_wants() -> None:
    block = block_of((2, 4, 8), (2, 8, 16))
    product = MatmulOp(block.args[0], block.args[1])
    swapped = TransposeOp(product.results[0], [1, 0, 2])
    block.add_ops([product, swapped, func.ReturnOp(swapped.results[0])])
    found = options(block, product, LayoutChoice((STRIDED, STRIDED), (ANY,), 1.0))
    assert [o.results for o in found[product]] == [("bac",), ("abc",)]
    assert [(o.sources, o.results) for o in found[swapped]] == [
        (("bac",), ("abc",)),
        (("abc",), ("bac",)),
    ]


def test_columns_stay_contiguous() -> None:
    """A product is not stored transposed, whatever the transpose behind it would like."""
    block = block_of((4, 8), (8, 16))
    product = MatmulOp(block.args[0], block.args[1])
    swapped = TransposeOp(product.results[0], [1, 0])
    block.add_ops([product, swapped, func.ReturnOp(swapped.results[0])])
    found = options(block, product, LayoutChoice((STRIDED, STRIDED), (ANY,), 1.0))
    assert [o.results for o in found[product]] == [("ab",)]


def test_a_strided_result_lies_as_the_operand() -> None:
    block = block_of((2, 4, 8))
    swapped = TransposeOp(block.args[0], [1, 0, 2])
    soft = SoftmaxOp(swapped.results[0], 2)
    block.add_ops([swapped, soft, func.ReturnOp(soft.results[0])])
    found = options(block, soft, LayoutChoice((STRIDED,), (STRIDED,), 1.0))
    assert [o.results for o in found[soft]] == [("bac",), ("abc",)]


def test_broadcast_dimensions_are_not_blocked() -> None:
    assert broadcast_tag("aBcd16b", (64, 1, 1), (1, 64, 56, 56)) == "Abc16a"
    assert broadcast_tag("aBcd16b", (1, 1, 1), (1, 64, 56, 56)) == "abc"
