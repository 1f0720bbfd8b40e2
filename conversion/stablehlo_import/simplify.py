"""
What stands in a program and computes nothing: shardings, barriers, checks of shapes, tuples.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from xdsl.dialects.builtin import (
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    StringAttr,
    TensorType,
    i64,
)
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Block, Operation, SSAValue

from ...dialects.engine import WeightStore
from ...dialects.engine.weights import SMALL
from ...dialects.framework import element_type_of_ir
from ...dialects.stablehlo import HloOp, op_classes
from ...dialects.stablehlo.attributes import SplatAttr, TokenType
from ...dialects.stablehlo.own_forms import MOST_EXPANDED
from ..problems import Problems

IDENTITIES = frozenset(
    (
        *("Sharding", "SPMDFullToShardShape", "SPMDShardToFullShape", "MoveToHost", "MoveToDevice"),
        *("annotate_device_placement", "LayoutConstraint", "xla.sdy.FuncResultSharding"),
        *("PinToDevice", "Unpin"),
    )
)
"""Custom calls that give their operand as it is."""

CHECKS = frozenset(("shape_assertion",))
"""Custom calls that check sizes of a call, which are checked by the types of the inputs."""


def simplify(block: Block) -> None:
    """Take out of a block, and of all blocks in it, what computes nothing."""
    for op in [op for op in block.walk() if isinstance(op, HloOp)]:
        name = op.name
        if name == "stablehlo.optimization_barrier":
            _replace(op, op.operands)
        elif name == "stablehlo.get_tuple_element":
            _take_out(op)
        elif name == "stablehlo.custom_call":
            target = op.properties["call_target_name"]
            called = target.data if isinstance(target, StringAttr) else ""
            if called in IDENTITIES and len(op.operands) == len(op.results):
                _replace(op, op.operands)
            elif called in CHECKS and not any(r.uses for r in op.results):
                _erase(op)
    for op in reversed([op for op in block.walk() if isinstance(op, HloOp)]):
        unused = not any(r.uses for r in op.results)
        if (
            op.name in ("stablehlo.tuple", "stablehlo.create_token", "stablehlo.after_all")
            and unused
        ):
            _erase(op)


def _take_out(op: HloOp) -> None:
    source, index = op.operands[0].owner, op.attribute("index")
    if not isinstance(source, HloOp) or source.name != "stablehlo.tuple":
        return
    if isinstance(index, int) and 0 <= index < len(source.operands):
        _replace(op, [source.operands[index]])


def _replace(op: HloOp, values: Iterable[SSAValue]) -> None:
    for old, new in zip(op.results, list(values), strict=True):
        if new.name_hint is None:
            new.name_hint = old.name_hint
        old.replace_all_uses_with(new)
    _erase(op)


def _erase(op: Operation) -> None:
    op.detach()
    op.erase()


_OF_SCALARS = frozenset(
    f"stablehlo.{name}"
    for name in (
        "map",
        "reduce",
        "reduce_window",
        "dynamic_reduce_window",
        "scatter",
        "select_and_scatter",
        "sort",
    )
)
"""Operations whose regions are functions of scalars."""


def sink_constants(block: Block) -> None:
    """Put constants that functions of scalars take from outside into them."""
    for op in [op for op in block.walk() if op.name in _OF_SCALARS]:
        for region in op.regions:
            _sink(region.block)


def _sink(block: Block) -> None:
    own = set(block.ops)
    copies: dict[SSAValue, SSAValue] = {}
    for op in list(block.ops):
        for at, value in enumerate(op.operands):
            source = value.owner
            outside = isinstance(source, HloOp) and source not in own
            if not outside or not isinstance(source, HloOp) or source.name != "stablehlo.constant":
                continue
            if value not in copies:
                copy, first = source.clone(), block.first_op
                assert first is not None
                block.insert_op_before(copy, first)
                copies[value] = copy.results[0]
            op.operands[at] = copies[value]


def spread_constants(function: FuncOp) -> None:
    """Make constants that repeat one number a broadcast of it."""
    for op in [op for op in function.walk() if isinstance(op, HloOp)]:
        value = op.properties.get("value")
        if op.name == "stablehlo.constant" and isinstance(value, SplatAttr):
            _spread(op, value)


def keep_constants(block: Block, store: WeightStore) -> None:
    """
    Put the numbers of large constants into the store, and make those that repeat one number a
    broadcast of it.
    """
    kept: dict[Attribute, Attribute] = {}
    for op in [op for op in block.walk() if isinstance(op, HloOp)]:
        if op.name != "stablehlo.constant":
            continue
        value = op.properties["value"]
        if isinstance(value, SplatAttr):
            _spread(op, value)
        elif isinstance(value, DenseIntOrFPElementsAttr):
            count = int(np.prod(value.get_shape(), dtype=object))
            if count > max(SMALL, MOST_EXPANDED):
                if value not in kept:
                    name = op.results[0].name_hint or "constant"
                    kept[value] = store.add(_array(value), name)
                op.properties["value"] = kept[value]


def _array(value: DenseIntOrFPElementsAttr) -> np.ndarray:
    element: Attribute = value.get_element_type()
    row = element_type_of_ir(element)
    assert row is not None
    array = np.frombuffer(value.data.data, np.uint8)
    if row.numpy == np.bool_:
        return (array != 0).reshape(value.get_shape())
    return array.view(row.numpy).reshape(value.get_shape())


def _spread(op: HloOp, value: SplatAttr) -> None:
    classes, block = op_classes(), op.parent
    assert block is not None
    one = classes["stablehlo.constant"].create(
        result_types=[value.element.type], properties={"value": value.element}
    )
    many = classes["stablehlo.broadcast_in_dim"].create(
        operands=[one.results[0]],
        result_types=[value.type],
        properties={"broadcast_dimensions": DenseArrayBase.from_list(i64, [])},
    )
    for made in (one, many):
        if "nodes" in op.attributes:
            made.attributes["nodes"] = op.attributes["nodes"]
        block.insert_op_before(made, op)
    many.results[0].name_hint = op.results[0].name_hint
    op.results[0].replace_all_uses_with(many.results[0])
    _erase(op)


def check_supported(block: Block, problems: Problems) -> None:
    """Report what no interpreter and no conversion knows, with the names of operations."""
    for op in block.walk():
        if not isinstance(op, HloOp):
            if op.name not in ("stablehlo.return", "func.return"):
                problems.add(f"operation '{op.name}' is not supported")
            continue
        if op.name == "stablehlo.custom_call":
            target = op.properties["call_target_name"]
            called = target.data if isinstance(target, StringAttr) else "?"
            problems.node(op.label, _refusal(called))
            continue
        for value in op.results:
            type_: Attribute = value.type
            if isinstance(type_, TokenType) or not isinstance(type_, TensorType):
                problems.node(op.label, f"gives a {type_}, which is not supported")


def _refusal(target: str) -> str:
    """Why a custom call cannot be run."""
    if target.startswith(("lapack_", "blas_")):
        why = "which is a routine of LAPACK"
    elif "fft" in target:
        why = "which is a routine of a library"
    elif "callback" in target:
        why = "which calls Python"
    else:
        why = "which is code of the framework's own"
    return f"calls '{target}', {why}"


def operators_of(block: Block) -> Mapping[str, int]:
    """How often each operation stands in a block."""
    counts: dict[str, int] = {}
    for op in block.walk():
        if isinstance(op, HloOp):
            name = op.name.removeprefix("stablehlo.")
            counts[name] = counts.get(name, 0) + 1
    return counts
