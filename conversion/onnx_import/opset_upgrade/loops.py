"""Version steps of operators with subgraphs."""

from __future__ import annotations

import onnx
from onnx import helper

from ....dialects.framework import dims_of, element_of, tensor_type
from ....dialects.onnx.protos import type_proto
from .step import Step, StepRule


def _scan_batches(step: Step) -> None:
    """Version 8 scanned dimension 1 of each element of a batch; now there is no batch.

    scan8(none, state, x) {body} => scan(state, x) {(s, e) => scan(s, e) {body}}
    """
    node = step.node
    step.refuse_unless(not step.input(0), "sequences of different lengths have no newer form")
    del node.input[:1]
    directions = step.take("directions")
    inner = onnx.NodeProto()
    inner.CopyFrom(node)
    if directions is not None:
        inner.attribute.append(helper.make_attribute("scan_input_directions", list(directions)))
    inputs = [step.facts.fresh(f"{name}_element") for name in node.input]
    outputs = [step.facts.fresh(f"{name}_element") for name in node.output]
    del inner.input[:], inner.output[:]
    inner.input.extend(inputs)
    inner.output.extend(outputs)
    body = helper.make_graph(
        [inner],
        f"{node.name or 'Scan'}_element",
        [_element(step, name, outer) for name, outer in zip(inputs, node.input, strict=True)],
        [_element(step, name, outer) for name, outer in zip(outputs, node.output, strict=True)],
    )
    step.put("body", body)
    step.put("num_scan_inputs", len(inputs))


def _element(step: Step, name: str, batch: str) -> onnx.ValueInfoProto:
    """One element of a batch, with what is known of its type."""
    info = onnx.ValueInfoProto(name=name)
    type_ = step.facts.type(batch)
    element = None if type_ is None else element_of(type_)
    dims = None if type_ is None else dims_of(type_)
    if element is not None:
        info.type.CopyFrom(type_proto(tensor_type(element, None if dims is None else dims[1:])))
    return info


LOOP_STEPS: dict[tuple[str, str, int], StepRule] = {
    ("", "Scan", 9): _scan_batches,
}
