"""
Sizes of results: an expression, put together for open sizes, has the value that the standard's own
inference gives for the same sizes as numbers.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from xdsl.dialects.builtin import ModuleOp

from stepwell.compiler.function_inputs import function_named
from stepwell.conversion.import_onnx import import_model
from stepwell.dialects import make_context
from stepwell.dialects.engine.size_facts import (
    broadcast_relations_of,
    facts_of,
    relations_of,
)
from stepwell.dialects.framework import Dim, dims_of
from stepwell.runtime.size import evaluated

Dims = list[int | str]

NUMBERS = (1, 2, 5, 8, 13)


def model(
    op_type: str,
    inputs: list[Dims],
    constants: list[Any] = (),  # pyright: ignore[reportArgumentType]
    outputs: int = 1,
    **attributes: Any,
) -> onnx.ModelProto:
    """One node; constants follow the inputs, None for an absent operand."""
    names = [f"x{at}" for at in range(len(inputs))]
    infos = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)
        for name, dims in zip(names, inputs, strict=True)
    ]
    tensors: list[onnx.TensorProto] = []
    for at, value in enumerate(constants):
        if value is None:
            names.append("")
            continue
        array = np.asarray(value)
        array = array.astype(np.float32) if array.dtype == np.float64 else array
        tensors.append(numpy_helper.from_array(array, f"c{at}"))
        names.append(f"c{at}")
    results = [f"y{at}" for at in range(outputs)]
    node = helper.make_node(op_type, names, results, name="n", **attributes)
    graph = helper.make_graph(
        [node], "g", infos, [onnx.ValueInfoProto(name=r) for r in results], tensors
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 24)], ir_version=11)


def imported(proto: onnx.ModelProto, **shapes: tuple[int, ...]) -> ModuleOp:
    return import_model(proto, make_context(), shapes=shapes)


def results(module: ModuleOp) -> list[tuple[Dim, ...] | None]:
    return [dims_of(t) for t in function_named(module, "main").function_type.outputs]


W = np.zeros
CASES: list[tuple[Any, ...]] = [
    ("Conv", [["N", 4, "H", 9]], [W((6, 4, 3, 3))]),
    ("Conv", [["N", 4, "H", "W"]], [W((6, 2, 3, 5))], {"group": 2, "pads": [1, 2, 0, 3]}),
    ("Conv", [["N", 4, "H"]], [W((6, 4, 3))], {"strides": [2], "pads": [1, 1]}),
    ("Conv", [["N", 4, "H"]], [W((6, 4, 3))], {"dilations": [2], "pads": [2, 2]}),
    ("Conv", [["N", 4, "H"]], [W((6, 4, 3))], {"strides": [3], "auto_pad": "SAME_UPPER"}),
    ("Conv", [["N", 4, "H"]], [W((6, 4, 1))], {"strides": [3], "auto_pad": "VALID"}),
    ("ConvTranspose", [["N", 4, "H"]], [W((4, 6, 3))], {"strides": [2], "pads": [1, 0]}),
    ("ConvTranspose", [["N", 4, "H"]], [W((4, 3, 2))], {"group": 2, "output_padding": [1],
                                                      "strides": [2], "dilations": [2]}),
    ("ConvTranspose", [["N", 4, "H"]], [W((4, 6, 3))], {"strides": [2], "auto_pad": "SAME_LOWER"}),
    ("MaxPool", [["N", 4, "H"]], [], {"kernel_shape": [3], "strides": [2], "pads": [1, 1]}),
    ("MaxPool", [["N", 4, "H"]], [], {"kernel_shape": [3], "strides": [2], "pads": [1, 1],
                                      "ceil_mode": 1}),
    ("AveragePool", [["N", 4, "H"]], [], {"kernel_shape": [1], "strides": [3], "ceil_mode": 1}),
    ("LpPool", [["N", 4, "H"]], [], {"kernel_shape": [2], "auto_pad": "SAME_UPPER"}),
    ("GlobalMaxPool", [["N", 4, "H", "W"]], []),
    ("Resize", [["N", 4, "H", "W"]], [None, [1.0, 1.0, 2.0, 0.5]]),
    ("Resize", [["N", 4, "H", "W"]], [None, [2.0, 0.75]], {"axes": [2, 3]}),
    ("Resize", [["N", 4, "H", "W"]], [None, None, [3, 7]], {"axes": [-1, 1]}),
    ("DepthToSpace", [["N", 8, "H", "W"]], [], {"blocksize": 2}),
    ("Flatten", [["N", 4, "H", "W"]], []),
    ("Flatten", [["N", 4, "H"]], [], {"axis": -1}),
    ("Concat", [["N", "S"], ["N", "P"], ["N", 3]], [], {"axis": -1}),
    ("Slice", [["N", "S"]], [[1], [-1], [1]]),
    ("Slice", [["N", "S"]], [[-3], [2**63 - 1], [-1]]),
    ("Slice", [["N", "S"]], [[0, 1], [4, 100], [0, 1], [1, 2]]),
    ("Slice", [["N", "S"]], [[-1], [-(2**63) + 1], [1], [-1]]),
    ("Slice", [["N", "S"]], [[-2], [0], [1], [-2]]),
    ("Pad", [["N", "S"]], [[0, 2, 1, 3]]),
    ("Pad", [["N", "S"]], [[1, 0], None, [-1]]),
    ("Reshape", [["N", "S", 12]], [[0, -1, 3, 4]]),
    ("Reshape", [["N", "S", 12]], [[-1, 12]]),
    ("Tile", [["N", "S"]], [[2, 3]]),
    ("Expand", [["N", 1, "S"]], [[4, 1, 3, 1]]),
    ("MatMul", [["B", "N", 8], [8, "M"]], []),
    ("MatMul", [["B", 1, "N", 8], [4, 8, "M"]], []),
    ("MatMul", [[8], ["B", 8, "M"]], []),
    ("MatMul", [["B", "N", 8], [8]], []),
    ("Gemm", [["K", "N"], ["M", "K"]], [], {"transA": 1, "transB": 1}),
    ("Einsum", [["B", "N", "K"], ["B", "K", "M"]], [], {"equation": "bij,bjk->bik"}),
    ("Einsum", [["B", "N", "K"], ["K", "M"]], [], {"equation": "...ij,jk"}),
    ("Add", [["N", 1, "S"], ["M", 1]], []),
    ("Attention", [["B", 6, "Q", 8], ["B", 2, "K", 8], ["B", 2, "K", 5]], [], {}, 1),
    ("Attention", [["B", "Q", 24], ["B", "K", 24], ["B", "K", 9]], [],
     {"q_num_heads": 3, "kv_num_heads": 3}),
    ("TopK", [["N", "S"]], [[1]], {"axis": 0}, 2),
    ("Split", [["N", "S"]], [], {"axis": 1, "num_outputs": 1}, 1),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[f"{c[0]}-{at}" for at, c in enumerate(CASES)])
def test_an_expression_has_the_value_of_the_number(case: tuple[Any, ...]):
    op_type, inputs, constants, *rest = case
    attributes = rest[0] if rest else {}
    outputs = rest[1] if len(rest) > 1 else 1
    proto = model(op_type, inputs, constants, outputs, **attributes)
    module = imported(proto)
    function = function_named(module, "main")
    names = sorted({d for dims in inputs for d in dims if isinstance(d, str)})
    compared = 0
    for numbers in product(NUMBERS, repeat=len(names)):
        values = dict(zip(names, numbers, strict=True))
        if not all(
            evaluated(r.sides[0], values) == evaluated(r.sides[1], values)
            for r in relations_of(function)
        ):
            continue
        pairs = [r.sides for r in broadcast_relations_of(function)]
        sides = [(evaluated(a, values), evaluated(b, values)) for a, b in pairs]
        if not all(a == b or 1 in (a, b) for a, b in sides):
            continue
        expected = results(imported(proto, **{n: (v,) for n, v in values.items()}))
        for open_, bound in zip(results(module), expected, strict=True):
            assert open_ is not None
            assert None not in open_
            assert tuple(evaluated(0 if d is None else d, values) for d in open_) == bound, values
        compared += 1
    assert compared


@pytest.mark.parametrize(
    ("op_type", "inputs", "attributes", "expected"),
    [
        ("Concat", [["N", "H"], ["M", "H"]], {"axis": 1}, ["N", "M", "n"]),
        ("MatMul", [["N", "K"], ["S", "M"]], {}, ["K", "S", "n"]),
        ("SpaceToDepth", [[1, 4, "H", 4]], {"blocksize": 2}, ["(H floordiv 2) * 2", "H", "n"]),
    ],
)
def test_what_must_be_equal_is_a_relation(
    op_type: str, inputs: list[Dims], attributes: dict[str, Any], expected: list[str]
):
    [relation] = relations_of(
        function_named(imported(model(op_type, inputs, **attributes)), "main")
    )
    left, right = map(str, relation.sides)
    assert {left, right, relation.node.data} == set(expected)


def test_a_size_that_can_be_one_is_repeated():
    module = imported(model("Add", [["N", 4], ["M", 1]]))
    [relation] = broadcast_relations_of(function_named(module, "main"))
    assert {str(side) for side in relation.sides} == {"N", "M"}
    [dims] = results(module)
    assert dims is not None
    assert [str(d) for d in dims] == ["broadcast(M, N)", "4"]


def test_a_size_that_an_operator_fixes_is_a_number():
    """A model that leaves the channels open, which the weights do not."""
    module = imported(model("Conv", [["N", "C", "H"]], [W((6, 4, 3))], pads=[1, 1]))
    function = function_named(module, "main")
    [input_] = [dims_of(t) for t in function.function_type.inputs]
    assert input_ is not None
    assert [str(d) for d in input_] == ["N", "4", "H"]
    assert not relations_of(function)


def test_a_window_must_fit():
    """Two rows are too few for a window of three: a bound and a relation, not a negative size."""
    function = function_named(imported(model("Conv", [["N", 4, "H"]], [W((6, 4, 3))])), "main")
    [relation] = relations_of(function)
    assert relation.node.data == "n"
    assert facts_of(function).dims["H"].lower == 2
    left, right = (evaluated(side, {"H": 1}) for side in relation.sides)
    assert left != right
    left, right = (evaluated(side, {"H": 2}) for side in relation.sides)
    assert left == right == 0
