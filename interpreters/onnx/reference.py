"""
The meaning of ONNX operators without subgraphs: `onnx.reference`, one node at a time.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import helper
from onnx.defs import onnx_opset_version
from xdsl.dialects.builtin import IntegerType

from ...dialects.framework import element_type_of_numpy

if TYPE_CHECKING:
    from onnx.reference import ReferenceEvaluator

OnnxValue = Any
"""A tensor (array), a sequence (list), a map (dict) or an absent optional (None)."""


@lru_cache(1024)
def _evaluator(node: bytes) -> ReferenceEvaluator:
    """An evaluator of a model of just this node, whose value names are its inputs and outputs."""
    # Most models have nothing to evaluate at compile time and do not pay for the import.
    from onnx.reference import ReferenceEvaluator

    proto = onnx.NodeProto.FromString(node)
    graph = helper.make_graph(
        [proto],
        "node",
        [onnx.ValueInfoProto(name=name) for name in proto.input if name],
        [onnx.ValueInfoProto(name=name) for name in proto.output if name],
    )
    opsets = [helper.make_opsetid("", onnx_opset_version())]
    if proto.domain:
        opsets.append(helper.make_opsetid(proto.domain, _newest_version(proto.domain)))
    return ReferenceEvaluator(helper.make_model(graph, opset_imports=opsets))


def _check_divisor(inputs: Sequence[OnnxValue | None]) -> None:
    """numpy divides integers by zero; then the result means nothing."""
    divisor = np.asarray(inputs[1])
    row = element_type_of_numpy(divisor.dtype)
    if row is not None and isinstance(row.ir, IntegerType) and not divisor.astype(np.bool_).all():
        raise ZeroDivisionError("an integer is divided by zero")


@lru_cache
def _newest_version(domain: str) -> int:
    return max(s.since_version for s in onnx.defs.get_all_schemas() if s.domain == domain)


def run_operator(
    op_type: str,
    domain: str,
    attributes: Sequence[onnx.AttributeProto],
    inputs: Sequence[OnnxValue | None],
    wanted: Sequence[bool],
) -> list[OnnxValue | None]:
    """The outputs of one operator in its newest version.

    `inputs` are by position, None for an absent one; `wanted` says which outputs exist, and an
    output that does not is None in the result. Raises `ZeroDivisionError` for an integer divided
    by zero, and whatever the reference raises.
    """
    if op_type in ("Div", "Mod") and not domain:
        _check_divisor(inputs)
    node = onnx.NodeProto(op_type=op_type, domain=domain)
    node.input.extend("" if v is None else f"i{at}" for at, v in enumerate(inputs))
    node.output.extend(f"o{at}" if want else "" for at, want in enumerate(wanted))
    node.attribute.extend(attributes)
    feeds = {f"i{at}": v for at, v in enumerate(inputs) if v is not None}
    # onnx.reference does not type its names.
    evaluator: Any = _evaluator(node.SerializeToString(deterministic=True))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = iter(evaluator.run(None, feeds))
    return [next(results) if want else None for want in wanted]
