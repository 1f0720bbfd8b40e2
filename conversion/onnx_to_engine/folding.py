"""
ONNX operations on constants alone that have no native form, such as `NonZero` or `CumSum`: their
small results are computed by the reference.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import helper, numpy_helper
from xdsl.ir import Attribute
from xdsl.traits import Pure

from ...dialects.engine import WeightStore
from ...dialects.engine.movement import constant_of
from ...dialects.engine.weights import Array, ConstantAttr
from ...dialects.onnx import OnnxOp, value_of
from ...interpreters.onnx_reference import run_operator
from .lowering import FOLD_LIMIT


def folded_results(op: OnnxOp, store: WeightStore) -> Sequence[Array | None] | None:
    """The results of an operation on constants; None when it is none or they are large."""
    if not op.has_trait(Pure()) or any(op.graph(name) is not None for name in op.SIGNATURE.graphs):
        return None
    arrays: list[Array | None] = []
    for value in op.operand_slots:
        attr = None if value is None else constant_of(value)
        if value is not None and attr is None:
            return None
        arrays.append(None if attr is None else store.array(attr))
    wanted = [r is not None for r in op.result_slots]
    domain, _, op_type = op.name.removeprefix("onnx.").rpartition(".")
    try:
        results = run_operator(
            op_type, f"ai.onnx.{domain}" if domain else "", _attributes(op, store), arrays, wanted
        )
    except Exception:
        # The reference does not know this case; then it is not folded.
        return None
    small = [r for r in results if isinstance(r, np.ndarray) and r.size <= FOLD_LIMIT]
    return results if len(small) == sum(wanted) else None


def _attributes(op: OnnxOp, store: WeightStore) -> list[onnx.AttributeProto]:
    known = op.SIGNATURE.attributes
    return [
        helper.make_attribute(name, _attribute(attr, store), attr_type=known[name].type.value)
        for name, attr in op.properties.items()
        if name in known
    ]


def _attribute(attr: Attribute, store: WeightStore) -> object:
    if isinstance(attr, ConstantAttr):
        return numpy_helper.from_array(np.ascontiguousarray(store.array(attr)))
    return value_of(attr)
