"""
Types of results that are known only now: operands have got the shapes of what gives them, which
says more than what was known when the model was imported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import onnx
from onnx import helper
from xdsl.ir import Attribute, SSAValue
from xdsl.utils.exceptions import VerifyException

from ...dialects.engine import WeightStore
from ...dialects.engine.base import shape_of
from ...dialects.engine.constant import constant_of
from ...dialects.framework import FrameworkOp
from ...dialects.onnx import OnnxOp
from ...dialects.onnx.protos import attribute_protos
from ...dialects.onnx.rules import Form, check_form
from ...errors import StepwellError
from ..onnx_import.inference import FOLD_LIMIT, InferenceFailure, Value
from ..onnx_import.result_types import result_types
from ..onnx_import.types import merged
from ..shape_arithmetic import Elements
from ..size_relations import Relations
from ..to_engine.lowering import NoNativeForm


def late_types(op: FrameworkOp, store: WeightStore) -> Sequence[Attribute | None]:
    """The types of the results by position, as they were where nothing more is known."""
    slots = op.result_slots
    before = [None if slot is None else slot.type for slot in slots]
    if not isinstance(op, OnnxOp) or op.regions:
        return before
    values = [None if v is None else known_value(v, store) for v in op.operand_slots]
    node = node_of(op, store)
    try:
        types = [None if v is None else v.type for v in values]
        arrays = [None if v is None else v.constant for v in values]
        own = op.properties.keys() & op.SIGNATURE.attributes.keys()
        given = {name: op.attribute(name) for name in own}
        attributes = {name: value for name, value in given.items() if value is not None}
        check_form(Form(op.SIGNATURE, attributes, types, arrays, len(slots)))
        found = result_types(op.schema, node, values)
    except (InferenceFailure, StepwellError, VerifyException, ValueError):
        return before  # what is wrong is said when it runs
    named = [found.get(name) for name in node.output]
    return [
        old if old is None or new is None else merged(new, old)
        for old, new in zip(before, named, strict=True)
    ]


def late_relations(
    op: FrameworkOp,
    store: WeightStore,
    sizes: Mapping[SSAValue, Elements],
    relations: Relations,
) -> None:
    """
    Note what must hold of the sizes of operands, some of which got names only now.

    Raises:
        NoNativeForm: for sizes that never fit together.
    """
    if not isinstance(op, OnnxOp) or op.regions:
        return
    values = [None if v is None else known_value(v, store, sizes) for v in op.operand_slots]
    try:
        result_types(op.schema, node_of(op, store), values, relations)
    except InferenceFailure as problem:
        raise NoNativeForm(f"has sizes that do not fit: {problem}") from None


def known_value(
    value: SSAValue, store: WeightStore, sizes: Mapping[SSAValue, Elements] | None = None
) -> Value:
    """What is known of an operand; `sizes` holds the elements of those that are sizes by name."""
    constant = constant_of(value)
    few = constant is not None and _size(value) <= FOLD_LIMIT
    numbers = store.array(constant) if constant is not None and few else None
    return Value(value, numbers, (sizes or {}).get(value))


def _size(value: SSAValue) -> int:
    size = 1
    for extent in shape_of(value):
        size *= extent
    return size


def node_of(op: OnnxOp, store: WeightStore) -> onnx.NodeProto:
    """The node that an operation is, with names by position."""
    node = helper.make_node(
        op.schema.name,
        ["" if v is None else f"operand{at}" for at, v in enumerate(op.operand_slots)],
        ["" if v is None else f"result{at}" for at, v in enumerate(op.result_slots)],
        domain=op.schema.domain,
    )
    node.attribute.extend(attribute_protos(op, store.array))
    return node
