"""Scans whose steps do not depend on each other run at once; all others as they did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

import stepwell
from stepwell.test.conversion.onnx_to_engine.node_check import converted, numbers, reasons

F32 = TensorProto.FLOAT
STEPS = 600
"""More than are written out."""


def node(op: str, inputs: str, output: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(op, inputs.split(), [output], **attributes)


def scan(
    nodes: Sequence[onnx.NodeProto],
    state: Sequence[int],
    rows: Sequence[Sequence[int]],
    result: Sequence[int],
    steps: int = STEPS,
    constants: dict[str, Any] | None = None,
    **attributes: Any,
) -> onnx.ModelProto:
    """A scan with one state `s`, rows `r0`, `r1`, .. and one output `o`; the next state is `t`."""

    def value(name: str, shape: Sequence[int]) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, F32, shape)

    names = [f"r{at}" for at in range(len(rows))]
    body = helper.make_graph(
        list(nodes),
        "body",
        [value("s", state), *(value(n, shape) for n, shape in zip(names, rows, strict=True))],
        [value("t", state), value("o", result)],
        [numpy_helper.from_array(a, n) for n, a in (constants or {}).items()],
    )
    outer = helper.make_node(
        "Scan",
        ["s0", *(f"x{at}" for at in range(len(rows)))],
        ["last", "y"],
        name="/scan",
        body=body,
        num_scan_inputs=len(rows),
        **attributes,
    )
    inputs = [value("s0", state)]
    inputs += [value(f"x{at}", [steps, *shape]) for at, shape in enumerate(rows)]
    inputs.append(value("w", [1]))
    outputs = [value("last", state), value("y", [steps, *result])]
    graph = helper.make_graph([outer], "g", inputs, outputs)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def feeds_of(model: onnx.ModelProto) -> dict[str, Any]:
    shapes = {
        i.name: [d.dim_value for d in i.type.tensor_type.shape.dim] for i in model.graph.input
    }
    return {
        name: numbers(shape, seed=at, spread=1) for at, (name, shape) in enumerate(shapes.items())
    }


def check(model: onnx.ModelProto, native: bool = True) -> int:
    """Compare with the reference; how many operations the engine form has."""
    feeds = feeds_of(model)
    _, module = converted(model)
    assert bool(reasons(module)) != native, reasons(module)
    found = stepwell.compile(model, threads=1).run(feeds)
    expected: list[Any] = list(ReferenceEvaluator(model).run(None, feeds))
    for got, want in zip(found.values(), expected, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)
    return len(list(module.walk()))


AXIS = {"axis": np.array([1])}
SAME = node("Identity", "s", "t")


@pytest.mark.parametrize("keep", [0, 1])
def test_distances_of_all_pairs(keep):
    nodes = [
        SAME,
        node("Sub", "s r0", "d"),
        node("ReduceSumSquare", "d axis", "e", keepdims=keep),
        node("Identity", "e", "o"),
    ]
    result = [5, 1] if keep else [5]
    assert check(scan(nodes, [5, 4], [[4]], result, constants=AXIS)) < 30


def test_other_norms_and_a_value_from_outside():
    nodes = [
        SAME,
        node("Sub", "s r0", "d"),
        node("Abs", "d", "a"),
        node("Mul", "a w", "b"),
        node("ReduceSum", "b axis", "c", keepdims=0),
        node("Neg", "c", "o"),
    ]
    check(scan(nodes, [3, 4], [[4]], [3], constants=AXIS))


def test_two_rows_of_different_rank_and_all_axes():
    nodes = [
        SAME,
        node("Mul", "r0 r1", "d"),
        node("Add", "d s", "e"),
        node("ReduceMax", "e", "f", keepdims=0),
        node("Add", "f r1", "o"),
    ]
    check(scan(nodes, [3, 2], [[3, 2], []], []))


def test_what_does_not_depend_on_the_step():
    nodes = [
        SAME,
        node("ReduceSum", "s axis", "z", keepdims=1),
        node("Sub", "r0 z", "o"),
    ]
    check(scan(nodes, [3, 2], [[2]], [3, 2], constants=AXIS))


def test_a_state_that_changes_is_written_out_or_a_loop():
    """A running sum: each step needs the one before it."""
    nodes = [node("Add", "s r0", "t"), node("Identity", "t", "o")]
    check(scan(nodes, [4], [[4]], [4], steps=5))
    check(scan(nodes, [4], [[4]], [4], steps=1000))


def test_other_operators_are_written_out():
    nodes = [SAME, node("MatMul", "s r0", "o")]
    check(scan(nodes, [3, 4], [[4, 2]], [3, 2], steps=5))


def test_an_output_that_is_the_same_in_each_step():
    nodes = [SAME, node("Neg", "r0", "unused"), node("Abs", "s", "o")]
    check(scan(nodes, [3], [[3]], [3], steps=5))


@pytest.mark.parametrize("which", ["scan_input_directions", "scan_output_directions"])
def test_directions_are_kept(which):
    """`onnx.reference` has none of them."""
    backwards: dict[str, Any] = {which: [1]}
    model = scan([SAME, node("Sub", "s r0", "o")], [3], [[3]], [3], steps=5, **backwards)
    feeds = feeds_of(model)
    found = stepwell.compile(model, threads=1).run(feeds)
    np.testing.assert_allclose(found["y"], (feeds["s0"] - feeds["x0"])[::-1], rtol=1e-6)
