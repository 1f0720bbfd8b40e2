"""
Sizes of values inside of a program, which its file leaves open where an input is.

What an operator gives follows from its form at level 2: a copy of the program is converted, and the
sizes that come out, numbers or expressions over the names of the inputs, become those of the
program. What has none there keeps the type that the file says.
"""

from __future__ import annotations

from dataclasses import replace

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue
from xdsl.rewriter import Rewriter

from ...dialects.engine import WeightStore
from ...dialects.engine.base import extents_of
from ...dialects.engine.opaque import is_opaque
from ...dialects.engine.size_facts import RELATIONS, SIZES
from ...dialects.framework import FrameworkOp, dims_of, element_of, tensor_type
from ...errors import StepwellError
from ...runtime.size import Extent
from ..paddle_to_engine.conversion import PADDLE
from ..to_engine.convert import convert_module
from ..to_engine.dialect_conversion import Conversion, Results
from ..to_engine.lowering import Lowering

_Shapes = list[tuple[Extent, ...] | None]


def infer_sizes(module: ModuleOp, store: WeightStore) -> None:
    """Give the values of a module the sizes that follow from its inputs, and the relations that
    these need."""
    if not any(_is_open(result) for op in module.walk() for result in op.results):
        return
    copy = module.clone()
    originals = dict(zip(copy.walk(), module.walk(), strict=True))
    found: dict[Operation, _Shapes] = {}

    def noting(conversion: Conversion) -> Conversion:
        def convert(lo: Lowering) -> SSAValue | Results:
            results = conversion(lo)
            original = originals.get(lo.op)
            if original is not None:
                values = [results] if isinstance(results, SSAValue) else results
                found[original] = [_shape(value) for value in values]
            return results

        return convert

    own = {name: noting(conversion) for name, conversion in PADDLE.conversions().items()}
    try:
        convert_module(copy, store, replace(PADDLE, conversions=lambda: own))
    except StepwellError:
        return  # said again, with its node, where the program itself is converted
    for op, shapes in found.items():
        assert isinstance(op, FrameworkOp)
        for result, shape in zip(op.result_slots, shapes, strict=False):
            if result is not None and shape is not None and _is_open(result):
                element = element_of(result.type)
                assert element is not None
                Rewriter.replace_value_with_new_type(result, tensor_type(element, shape))
    _take_over(module, copy)


def _is_open(value: SSAValue) -> bool:
    """Whether a tensor has sizes that are not numbers, or no rank."""
    dims = dims_of(value.type)
    return element_of(value.type) is not None and (dims is None or None in dims)


def _shape(value: SSAValue | None) -> tuple[Extent, ...] | None:
    if value is None or is_opaque(value):
        return None
    extents = extents_of(value)
    return None if any(isinstance(n, int) and n < 0 for n in extents) else extents


def _take_over(module: ModuleOp, copy: ModuleOp) -> None:
    """What is known of names, and must hold of them, by the conversion of a copy."""
    for own, other in zip(module.ops, copy.ops, strict=True):
        if isinstance(own, FuncOp) and isinstance(other, FuncOp):
            for name in (RELATIONS, SIZES):
                if name in other.attributes:
                    own.attributes[name] = other.attributes[name]
            own.update_function_type()
