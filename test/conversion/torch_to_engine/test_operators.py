"""
What torch's operators become computes what torch gave when it was recorded.

Every call is converted and run at level 2 by the interpreter; one call of each operator is also
compiled, many in one module.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import (
    ArrayAttr,
    ComplexType,
    FunctionType,
    ModuleOp,
    StringAttr,
    TensorType,
    f32,
)
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, Region, SSAValue

import stepwell
from stepwell.conversion.to_engine.convert import convert_module
from stepwell.conversion.torch_to_engine.conversion import TORCH
from stepwell.conversion.torch_to_engine.table import conversions
from stepwell.dialects import make_context
from stepwell.dialects.engine import ReferenceOp, weight_store
from stepwell.dialects.engine.size_facts import SIZES, NamesAttr
from stepwell.dialects.framework import element_type_of_numpy, tensor_type
from stepwell.dialects.torch import make
from stepwell.errors import CompileError
from stepwell.interpreters import run
from stepwell.interpreters.torch.functions import functions
from stepwell.runtime.size import named
from stepwell.runtime.size_facts import Dim
from stepwell.test.interpreters.torch.records import (
    Record,
    assert_alike,
    records,
    tolerance,
    type_of,
)


def is_complex(record: Record) -> bool:
    """Whether complex numbers go in or come out."""
    return any(array.dtype.kind == "c" for array in (*record.arrays, *record.results))


BY_OPERATOR = {
    name: list(found)
    for name, found in groupby(
        (record for record in records() if not is_complex(record)), lambda record: record.operator
    )
    if f"torch.{name}" in conversions()
}

FIRST_RESULT_ALONE = frozenset(
    f"aten.{name}"
    for name in (
        *("embedding_bag.default", "embedding_bag.padding_idx", "_embedding_bag.default"),
        *("_embedding_bag_forward_only.default", "native_batch_norm.default"),
        *("_scaled_dot_product_flash_attention_for_cpu.default", "_batch_norm_no_update.default"),
        *("_native_batch_norm_legit_no_training.default", "_native_multi_head_attention.default"),
    )
)
"""Operators whose other results are for training; one who takes them gets them by reference."""

BY_REFERENCE = {
    "aten.pow.Tensor_Tensor": "an integer to a power that may be negative",
    "aten.pow.Scalar": "an integer to a power that may be negative",
    "aten.repeat_interleave.self_Tensor": "by counts that are data",
    "aten.matrix_power.default": "to the power 0",
}
"""Operators with a call that has no native form, and why."""


def returned(record: Record) -> slice:
    """Which results are taken."""
    return slice(1) if record.operator in FIRST_RESULT_ALONE else slice(None)


def module_of(
    chosen: Sequence[Record],
    arrays: Sequence[Attribute] | None = None,
    gives: Sequence[Attribute] | None = None,
) -> ModuleOp:
    """A function of all arrays of some calls that gives all of their results; of one call these
    may have other types."""
    block = Block(arg_types=arrays or [type_of(a) for record in chosen for a in record.arrays])
    arguments = iter(block.args)
    results: list[SSAValue] = []
    for record in chosen:
        op = record.operation([next(arguments) for _ in record.arrays], gives)
        block.add_op(op)
        results += op.results[returned(record)]
    block.add_op(ReturnOp(*results))
    types = [argument.type for argument in block.args], [result.type for result in results]
    main = FuncOp("main", FunctionType.from_lists(*types), Region(block))
    for at, (name, count) in enumerate((("input", len(types[0])), ("output", len(types[1])))):
        names = ArrayAttr([StringAttr(f"{name}_{number}") for number in range(count)])
        main.attributes[("input_names", "output_names")[at]] = names
    module = ModuleOp([main])
    module.verify()
    return module


@pytest.fixture(scope="module")
def ctx() -> Context:
    return make_context()


def references(module: ModuleOp) -> list[str]:
    """Why operations of the module are run by reference."""
    found: list[str] = []
    for op in module.walk():
        if isinstance(op, ReferenceOp):
            reason = op.attributes["reason"]
            assert isinstance(reason, StringAttr)
            found.append(reason.data)
    return found


@pytest.mark.parametrize("operator", BY_OPERATOR)
def test_operator(operator: str, ctx: Context) -> None:
    reasons: list[str] = []
    for record in BY_OPERATOR[operator]:
        module = module_of([record])
        convert_module(module, weight_store(ctx), TORCH)
        module.verify()
        reasons += references(module)
        if not references(module):
            assert_alike(record, run(ctx, module, record.arrays), 2 * tolerance(record))
    expected = BY_REFERENCE.get(operator)
    assert bool(reasons) == (expected is not None)
    assert all(str(expected) in reason for reason in reasons)


def test_complex_numbers(ctx: Context) -> None:
    """They have no kernels: each operator that takes them does so by its reference."""
    chosen = list(filter(is_complex, records()))
    assert len({record.operator for record in chosen}) > 35
    for record in chosen:
        module = module_of([record])
        convert_module(module, weight_store(ctx), TORCH)
        assert references(module), record.operator
        assert_alike(record, run(ctx, module, record.arrays), 2 * tolerance(record))


def test_complex_numbers_where_a_part_would_be_lost(ctx: Context) -> None:
    """The reference of an operator for real numbers is not asked for others."""
    block = Block(arg_types=[TensorType(ComplexType(f32), [4])])
    sine = make("aten.sin.default", {"self": block.args[0]}, [block.args[0].type], ["wave"])
    block.add_ops([sine, ReturnOp(*sine.results)])
    types = FunctionType.from_lists([v.type for v in block.args], [v.type for v in sine.results])
    module = ModuleOp([FuncOp("main", types, Region(block))])
    with pytest.raises(CompileError, match="'wave'.*view_as_real"):
        convert_module(module, weight_store(ctx), TORCH)


def test_how_many_are_native() -> None:
    assert len(BY_OPERATOR) - len(BY_REFERENCE) > 550
    assert conversions().keys() - functions().keys() <= {"torch.size"}


def opened(record: Record) -> ModuleOp:
    """A call whose first tensors have sizes by name, one name for each number."""
    first = next(v for v in record.arguments.values() if isinstance(v, list | np.ndarray))
    count = len(first) if isinstance(first, list) else 1
    numbers = {n for array in record.arrays[:count] for n in array.shape if n > 1}

    def type_with_names(array: np.ndarray, *, is_open: bool) -> Attribute:
        row = element_type_of_numpy(array.dtype)
        assert row is not None
        sizes = [named(f"d{n}") if is_open and n in numbers else n for n in array.shape]
        return tensor_type(row.ir, sizes)

    types = [type_with_names(a, is_open=at < count) for at, a in enumerate(record.arrays)]
    results = [type_with_names(array, is_open=True) for array in record.results]
    module = module_of([record], types, results)
    [main] = module.ops
    main.attributes[SIZES] = NamesAttr.of({f"d{n}": Dim(0, None) for n in numbers})
    return module


NUMBERS_ALONE = frozenset(
    f"aten.{name}"
    for name in (
        *("median.default", "median.dim", "as_strided.default", "repeat_interleave.self_Tensor"),
        *("quantile.scalar", "as_strided_scatter.default", "logcumsumexp.default"),
        "stft.default",
        "_logcumsumexp.default",
        *("diagonal.default", "linalg_diagonal.default", "diagonal_scatter.default"),
        *("diag.default", "diagflat.default", "diag_embed.default", "trace.default"),
        "scaled_dot_product_attention.default",
        "_scaled_dot_product_flash_attention_for_cpu.default",
        *(f"max_pool{n}d_with_indices.default" for n in (1, 2, 3)),
        *("adaptive_avg_pool1d.default", "adaptive_avg_pool3d.default"),
        *("_adaptive_avg_pool3d.default", "batch_norm.default", "native_batch_norm.default"),
        *(f"adaptive_max_pool{n}d.default" for n in (1, 2, 3)),
        *("_native_batch_norm_legit_no_training.default", "_batch_norm_no_update.default"),
        *("upsample_nearest1d.default", "upsample_nearest3d.default"),
        *("_upsample_nearest_exact1d.default", "_upsample_nearest_exact3d.default"),
        *("upsample_linear1d.default", "upsample_bilinear2d.default"),
        *("upsample_bicubic2d.default", "upsample_trilinear3d.default"),
        *(
            f"_upsample_bi{n}2d_aa.{form}"
            for n in ("linear", "cubic")
            for form in ("default", "vec")
        ),
    )
)
"""Operators that run by reference where the sizes of their call have names."""


@pytest.mark.parametrize("operator", [n for n, calls in BY_OPERATOR.items() if calls[0].arrays])
def test_sizes_by_name(operator: str, ctx: Context) -> None:
    """What is native for sizes by name gives the same for the sizes of the record."""
    record = BY_OPERATOR[operator][0]
    module = opened(record)
    convert_module(module, weight_store(ctx), TORCH)
    module.verify()
    assert bool(references(module)) == (operator in NUMBERS_ALONE)
    if not references(module):
        assert_alike(record, run(ctx, module, record.arrays), 4 * tolerance(record))


CHUNK = 40


def simple() -> list[Record]:
    """The first call of each operator that is native there."""
    firsts = [found[0] for name, found in BY_OPERATOR.items() if name not in BY_REFERENCE]
    return [record for record in firsts if record.arrays]


@pytest.mark.parametrize("start", range(0, len(simple()), CHUNK))
def test_compiled(start: int) -> None:
    chosen = simple()[start : start + CHUNK]
    engine = stepwell.compile(module_of(chosen), threads=1)
    inputs = [array for record in chosen for array in record.arrays]
    names = [f"input_{number}" for number in range(len(inputs))]
    found = list(engine.run(dict(zip(names, inputs, strict=True))).values())
    for record in chosen:
        count = len(record.results[returned(record)])
        assert_alike(record, found[:count], 4 * tolerance(record))
        del found[:count]
    assert not found
