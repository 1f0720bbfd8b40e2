"""Which layouts the dense templates ask for."""

from collections.abc import Callable
from typing import Any

import numpy as np
from xdsl.dialects import test as unregistered
from xdsl.dialects.builtin import f16, f32
from xdsl.ir import Attribute

from stepwell.dialects.engine import (
    AttentionOp,
    ConstantOp,
    MatmulOp,
    ReduceOp,
    SoftmaxOp,
)
from stepwell.dialects.engine.base import EngineOp, tensor
from stepwell.dialects.engine.weights import WeightStore
from stepwell.kernels.registry import layout_choices
from stepwell.kernels.template import ANY, STRIDED, LayoutChoice
from stepwell.targets.target import Target

WIDE = Target.parse("x86-64-v4")


def value(*shape: int, layout: str | None = None) -> Any:
    return unregistered.TestOp(result_types=[tensor(shape, f32, layout)]).results[0]


def values_of(element: Attribute) -> Callable[..., Any]:
    """`value` of another element type."""
    return lambda *shape: unregistered.TestOp(result_types=[tensor(shape, element)]).results[0]


def constant(*shape: int) -> Any:
    return ConstantOp(WeightStore().add(np.zeros(shape, np.float32), "w")).res


def choices(op: EngineOp) -> list[LayoutChoice]:
    return layout_choices(op, WIDE)


def test_constant_weights_come_in_panels() -> None:
    [choice] = choices(MatmulOp(value(128, 768), constant(768, 768)))
    assert choice.sources == (STRIDED, "Ba48b")
    [choice] = choices(MatmulOp(value(1, 49, 512), constant(2048, 512), trans_rhs=True))
    assert choice.sources == (STRIDED, "Ab32a")


def test_short_sums_come_in_wide_panels() -> None:
    """Starting tiles and storing rows is most of the work; rows are stored in one piece."""
    [choice] = choices(MatmulOp(value(12544, 32), constant(32, 64)))
    assert choice.sources == (STRIDED, "Ba64b")


def test_narrow_weights_are_not_padded_to_wide_panels() -> None:
    [choice] = choices(MatmulOp(value(64, 256), constant(256, 10)))
    assert choice.sources == (STRIDED, "Ba16b")


def test_a_few_columns_are_dot_products() -> None:
    [choice] = choices(MatmulOp(value(64, 256), constant(256, 2)))
    assert choice.sources == (STRIDED, "ba")
    [choice] = choices(MatmulOp(value(64, 256), constant(1, 256), trans_rhs=True))
    assert choice.sources == (STRIDED, None)


def test_permuted_operands_are_taken_as_they_come() -> None:
    query = value(1, 12, 128, 64)
    [choice] = choices(AttentionOp(query, query, query, 0.125))
    assert (choice.sources, choice.results) == ((STRIDED,) * 3, (ANY,))


def test_rows_that_are_normalised_lie_in_order() -> None:
    """Layouts of transposes are in `test_natural_layouts.py`."""
    [choice] = choices(SoftmaxOp(value(1, 12, 128, 64), 3))
    assert (choice.sources, choice.results) == (("abcd",), ("abcd",))


def test_nothing_is_offered_for_element_types_without_a_kernel() -> None:
    half = values_of(f16)
    assert not choices(MatmulOp(half(4, 8), half(8, 4)))
    assert not choices(SoftmaxOp(half(4, 8), 1))
    assert not choices(ReduceOp([half(4, 8)], "sum", [1]))
    assert not choices(AttentionOp(half(2, 4, 8), half(2, 4, 8), half(2, 4, 8), 1.0))


def test_global_average_takes_blocked_activations() -> None:
    found = choices(ReduceOp([value(1, 64, 7, 7)], "mean", [2, 3]))
    assert [(c.sources, c.results) for c in found] == [
        ((STRIDED,), (None,)),
        (("aBcd16b",), ("aBcd16b",)),
        (("aBcd16b",), (None,)),
    ]
    assert len(choices(ReduceOp([value(1, 24, 7, 7)], "mean", [2, 3]))) == 2
