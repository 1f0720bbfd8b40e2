"""What an imported model keeps: names, dimensions, numbers where they lie."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp

from stepwell.conversion.import_onnx import import_model
from stepwell.conversion.name_hint import name_hint
from stepwell.conversion.onnx_import.wire import without_tensor_data
from stepwell.dialects import make_context
from stepwell.dialects.engine.weights import weight_store
from stepwell.dialects.framework import dims_of
from stepwell.dialects.onnx import OnnxOp
from stepwell.errors import ImportModelError
from stepwell.interpreters import run
from stepwell.runtime.size import named

FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


def main_of(module: ModuleOp) -> FuncOp:
    [main] = [op for op in module.ops if isinstance(op, FuncOp)]
    return main


def ops_of(module: ModuleOp, name: str) -> list[OnnxOp]:
    return [op for op in module.walk() if isinstance(op, OnnxOp) and op.name == f"onnx.{name}"]


def graph_of(text: str) -> onnx.ModelProto:
    """A model in ONNX's own text form."""
    return onnx.parser.parse_model(f'<ir_version: 10, opset_import: ["" : 18]>\n{text}')


def info(name: str, type_: int, shape: list[Any]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, type_, shape)


def made(
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[str],
    weights: dict[str, Any] | None = None,
    opset: int = 18,
) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "g",
        inputs,
        [onnx.ValueInfoProto(name=name) for name in outputs],
        [numpy_helper.from_array(np.asarray(a), name) for name, a in (weights or {}).items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


def test_names_of_nodes_and_values() -> None:
    node = helper.make_node("Relu", ["in put"], ["/act/Relu_output_0"], name="/act/Relu")
    module = import_model(
        made([node], [info("in put", FLOAT, ["N", 4])], ["/act/Relu_output_0"]), make_context()
    )
    main = main_of(module)
    assert str(main.attributes["input_names"]) == '["in put"]'
    assert str(main.attributes["output_names"]) == '["/act/Relu_output_0"]'
    [relu] = ops_of(module, "Relu")
    assert relu.nodes == ["/act/Relu"]
    assert relu.results[0].name_hint == "act.Relu_output.0"
    assert dims_of(relu.results[0].type) == (named("N"), 4)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("x", "x"),
        ("val_12", "val.12"),
        ("/layer1/Conv_output_0", "layer1.Conv_output.0"),
        ("123", "v123"),
        ("", "v"),
        ("onnx::Add_1", "onnx.Add.1"),
        ("größe", "gr.e"),
    ],
)
def test_name_hints_survive_text(name: str, hint: str) -> None:
    from xdsl.ir import SSAValue

    assert name_hint(name) == hint
    assert SSAValue.extract_valid_name(hint) == hint


def test_numbers_stay_in_the_file(tmp_path: Path) -> None:
    weight = np.random.default_rng(0).standard_normal((256, 256)).astype(np.float32)
    proto = made(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        [info("x", FLOAT, [1, 256])],
        ["y"],
        {"w": weight},
    )
    path = tmp_path / "m.onnx"
    path.write_bytes(proto.SerializeToString())
    context = make_context()
    module = import_model(path, context)
    [constant] = ops_of(module, "Constant")
    array = weight_store(context).array(constant.properties["value"])
    np.testing.assert_array_equal(array, weight)
    assert not array.flags.owndata
    assert not array.flags.writeable


def test_the_scan_leaves_everything_but_large_data(tmp_path: Path) -> None:
    weights = {
        "raw": np.ones((600,), np.float32),
        "small": np.ones((3,), np.float32),
    }
    proto = made([helper.make_node("Identity", ["raw"], ["y"])], [], ["y"], weights)
    typed = TensorProto(name="typed", data_type=FLOAT, dims=[700], float_data=[0.5] * 700)
    proto.graph.initializer.append(typed)
    proto.graph.doc_string = "d" * 5000
    data = proto.SerializeToString()
    stripped = onnx.ModelProto.FromString(without_tensor_data(memoryview(data)))
    raw, small, typed_too = stripped.graph.initializer
    assert not raw.raw_data
    assert small.raw_data
    assert not typed_too.float_data
    notes = {e.key: e.value for e in raw.external_data}
    at = int(notes["offset"])
    assert data[at : at + int(notes["length"])] == weights["raw"].tobytes()
    for tensor in stripped.graph.initializer:
        tensor.ClearField("external_data")
        tensor.ClearField("data_location")
    for tensor in proto.graph.initializer[::2]:
        tensor.ClearField("raw_data")
        tensor.ClearField("float_data")
    proto.graph.initializer[0].ClearField("raw_data")
    assert stripped == proto


def test_a_message_is_left_as_it_is() -> None:
    proto = made([helper.make_node("Softmax", ["x"], ["y"], axis=1)],
                 [info("x", FLOAT, [2, 3, 4])], ["y"], opset=11)  # fmt: skip
    before = proto.SerializeToString()
    import_model(proto, make_context())
    assert proto.SerializeToString() == before


@pytest.mark.parametrize("element", [
    TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.FLOAT8E4M3FN, TensorProto.INT4,
    TensorProto.FLOAT4E2M1,
    TensorProto.UINT4, TensorProto.UINT8, TensorProto.BOOL, TensorProto.DOUBLE,
    TensorProto.INT8, TensorProto.UINT64, TensorProto.COMPLEX64,
])  # fmt: skip
@pytest.mark.parametrize("count", [3, 4099])
def test_element_types_of_initializers(element: int, count: int) -> None:
    dtype = helper.tensor_dtype_to_np_dtype(element)
    array = (np.arange(count) % 2).astype(dtype)
    proto = made([helper.make_node("Identity", ["w"], ["y"])], [], ["y"])
    proto.graph.initializer.append(numpy_helper.from_array(array, "w"))
    context = make_context()
    module = import_model(proto.SerializeToString(), context)
    module.verify()
    [result] = run(context, module, [])
    assert result.dtype == dtype
    assert result.tobytes() == array.tobytes()


def test_strings() -> None:
    words = np.array(["well", "step"], object)
    proto = made([helper.make_node("Identity", ["w"], ["y"])], [], ["y"], {"w": words})
    context = make_context()
    module = import_model(proto, context)
    np.testing.assert_array_equal(run(context, module, [])[0], words)


def test_constant_nodes_of_every_kind() -> None:
    sparse = helper.make_sparse_tensor(
        numpy_helper.from_array(np.array([5.0, 7.0], np.float32)),
        numpy_helper.from_array(np.array([[0, 1], [1, 2]])),
        [2, 3],
    )
    kinds: dict[str, Any] = {
        "value_int": 3, "value_ints": [1, 2], "value_float": 0.5, "value_floats": [0.5, 1.5],
        "value_string": "a", "value_strings": ["a", "b"], "sparse_value": sparse,
    }  # fmt: skip
    nodes = [helper.make_node("Constant", [], [n], name=n, **{n: v}) for n, v in kinds.items()]
    context = make_context()
    module = import_model(made(nodes, [], list(kinds)), context)
    results = run(context, module, [])
    assert [str(r.tolist()) for r in results] == [
        "3", "[1, 2]", "0.5", "[0.5, 1.5]", "a", "['a', 'b']",
        "[[0.0, 5.0, 0.0], [0.0, 0.0, 7.0]]",
    ]  # fmt: skip


def test_functions_are_inlined_with_their_own_opset() -> None:
    opsets = [helper.make_opsetid("", 11)]
    body = [
        helper.make_node("ReduceSum", ["a"], ["s"], axes=[1], keepdims=1),
        helper.make_node("Div", ["a", "s"], ["b"]),
    ]
    function = helper.make_function("own", "Normalize", ["a"], ["b"], body, opsets)
    proto = made(
        [helper.make_node("Normalize", ["x"], ["y"], domain="own", name="n")],
        [info("x", FLOAT, [2, 3])],
        ["y"],
    )
    proto.functions.append(function)
    proto.opset_import.append(helper.make_opsetid("own", 1))
    context = make_context()
    module = import_model(proto, context)
    x = np.arange(1, 7, dtype=np.float32).reshape(2, 3)
    [result] = run(context, module, [x])
    np.testing.assert_allclose(result, x / x.sum(1, keepdims=True), rtol=1e-6)


def test_initializers_are_no_inputs() -> None:
    proto = made(
        [helper.make_node("Add", ["x", "w"], ["y"])],
        [info("x", FLOAT, [3]), info("w", FLOAT, [3])],
        ["y"],
        {"w": np.ones(3, np.float32)},
    )
    assert len(main_of(import_model(proto, make_context())).body.block.args) == 1


DYNAMIC = """
agraph (float[N, S, 8] x) => (y) <int64[1] minus = {-1}, int64[1] four = {4}, int64[1] two = {2}>
{
    shape = Shape(x)
    start = Constant<value_ints = [0]>()
    end = Constant<value_ints = [2]>()
    outer = Slice(shape, start, end)
    heads = Concat<axis = 0>(outer, two, four)
    split = Reshape(x, heads)
    turned = Transpose<perm = [0, 2, 1, 3]>(split)
    flat = Concat<axis = 0>(outer, minus)
    back = Transpose<perm = [0, 2, 1, 3]>(turned)
    y = Reshape(back, flat)
}
"""


def test_named_dimensions_are_followed_through_shape_arithmetic() -> None:
    module = import_model(graph_of(DYNAMIC), make_context())
    [split, joined] = ops_of(module, "Reshape")
    assert dims_of(split.results[0].type) == (named("N"), named("S"), 2, 4)
    assert dims_of(joined.results[0].type) == (named("N"), named("S"), 8)


@pytest.mark.parametrize("shapes", [{"x": [2, 5, 8]}, {"N": [2], "S": [5]}])
def test_bound_dimensions_make_everything_static(shapes: dict[str, list[int]]) -> None:
    module = import_model(graph_of(DYNAMIC), make_context(), shapes=shapes)
    assert "?" not in str(module)
    [split, joined] = ops_of(module, "Reshape")
    assert dims_of(split.results[0].type) == (2, 5, 2, 4)
    assert dims_of(joined.results[0].type) == (2, 5, 8)


def test_fixed_sizes_stay_what_they_are() -> None:
    text = """agraph (float[1, 3, N] x) => (float[1, 3, N] y) { z = Relu(x) y = Neg(z) }"""
    module = import_model(graph_of(text), make_context(), shapes={"x": [1, 3, 5]})
    assert dims_of(ops_of(module, "Neg")[0].results[0].type) == (1, 3, 5)
    expected = r"shape of 'x': \[4, 3, 5\] given, but dimension 0 is 1 in the model, not 4"
    with pytest.raises(ImportModelError, match=expected):
        import_model(graph_of(text), make_context(), shapes={"x": [4, 3, 5]})


def test_sizes_that_fold() -> None:
    """A size computed from constants through operators that inference does not follow."""
    text = """
    agraph (float[2, 12] x) => (y) <int64[1] three = {3}, float[1] ratio = {0.5}>
    {
        wide = Cast<to = 1>(three)
        scaled = Div(wide, ratio)
        size = Cast<to = 7>(scaled)
        minus = Constant<value_ints = [-1]>()
        target = Concat<axis = 0>(size, minus)
        y = Reshape(x, target)
    }
    """
    module = import_model(graph_of(text), make_context())
    assert dims_of(ops_of(module, "Reshape")[0].results[0].type) == (6, 4)


def test_loops_widen_what_an_iteration_changes() -> None:
    """The carried value grows by one each time, so its size is not known, its rank is."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["still"]),
            helper.make_node("Concat", ["acc", "one"], ["longer"], axis=0),
            helper.make_node("ReduceSum", ["acc"], ["sum"], keepdims=0),
        ],
        "body",
        [info("i", INT64, []), info("go", BOOL, []), info("acc", FLOAT, ["?"])],
        [info("still", BOOL, []), info("longer", FLOAT, ["?"]), info("sum", FLOAT, [])],
        [numpy_helper.from_array(np.ones(1, np.float32), "one")],
    )
    node = helper.make_node("Loop", ["n", "", "x"], ["last", "sums"], name="loop", body=body)
    proto = made([node], [info("n", INT64, []), info("x", FLOAT, [2])], ["last", "sums"])
    context = make_context()
    module = import_model(proto, context)
    module.verify()
    [loop] = ops_of(module, "Loop")
    assert [len(dims_of(r.type) or "?") for r in loop.results] == [1, 1]
    last, sums = run(context, module, [np.array(3), np.array([1, 2], np.float32)])
    np.testing.assert_array_equal(last, [1, 2, 1, 1, 1])
    np.testing.assert_array_equal(sums, [3, 4, 5])
    last, sums = run(context, module, [np.array(0), np.array([1, 2], np.float32)])
    assert sums.shape == (0,)


@pytest.mark.parametrize(("stop", "length"), [("go", 4), ("other", None)])
def test_the_length_of_a_loop(stop: str, length: int | None) -> None:
    """Known where the number of iterations is and the body cannot end it."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", [stop], ["still"]),
            helper.make_node("Not", ["go"], ["other"]),
            helper.make_node("Identity", ["acc"], ["same"]),
        ],
        "body",
        [info("i", INT64, []), info("go", BOOL, []), info("acc", FLOAT, [2])],
        [info("still", BOOL, []), info("acc", FLOAT, [2]), info("same", FLOAT, [2])],
    )
    node = helper.make_node("Loop", ["n", "", "x"], ["last", "all"], body=body)
    proto = made([node], [info("x", FLOAT, [2])], ["all"], {"n": np.array(4)})
    [loop] = ops_of(import_model(proto, make_context()), "Loop")
    assert dims_of(loop.results[1].type) == (length, 2)


def test_sparse_initializers() -> None:
    proto = made([helper.make_node("Identity", ["w"], ["y"])], [], ["y"])
    values = numpy_helper.from_array(np.array([5.0, 7.0], np.float32), "w")
    for indices, ok in (([1, 5], True), ([1, 6], False)):
        del proto.graph.sparse_initializer[:]
        proto.graph.sparse_initializer.append(
            helper.make_sparse_tensor(values, numpy_helper.from_array(np.array(indices)), [2, 3])
        )
        context = make_context()
        if ok:
            [result] = run(context, import_model(proto, context), [])
            np.testing.assert_array_equal(result, [[0, 5, 0], [0, 0, 7]])
        else:
            with pytest.raises(ImportModelError, match="initializer 'w' has indices"):
                import_model(proto, context)


def test_a_long_chain_in_any_order() -> None:
    count = 3000
    nodes = [helper.make_node("Neg", [f"v{i}"], [f"v{i + 1}"]) for i in range(count)]
    proto = made(nodes[::-1], [info("v0", FLOAT, [1])], [f"v{count}"])
    module = import_model(proto, make_context())
    assert len(ops_of(module, "Neg")) == count


def test_branches_of_different_shapes() -> None:
    then = helper.make_graph([helper.make_node("Identity", ["x"], ["a"])], "t", [],
                             [onnx.ValueInfoProto(name="a")])  # fmt: skip
    other = helper.make_graph(
        [helper.make_node("Concat", ["x", "x"], ["b"], axis=0)], "e", [],
        [onnx.ValueInfoProto(name="b")],
    )  # fmt: skip
    node = helper.make_node("If", ["c"], ["y"], then_branch=then, else_branch=other)
    proto = made([node], [info("c", BOOL, []), info("x", FLOAT, [2, 3])], ["y"])
    module = import_model(proto, make_context())
    assert dims_of(ops_of(module, "If")[0].results[0].type) == (None, 3)


def test_external_data_is_mapped_once(tmp_path: Path) -> None:
    weights = {f"w{i}": np.full((64, 64), i, np.float32) for i in range(3)}
    proto = made([helper.make_node("Sum", list(weights), ["y"])], [], ["y"], weights)
    onnx.save_model(proto, tmp_path / "m.onnx", save_as_external_data=True, location="w.bin")
    context = make_context()
    [result] = run(context, import_model(tmp_path / "m.onnx", context), [])
    np.testing.assert_array_equal(result, np.full((64, 64), 3, np.float32))


def test_a_large_file_takes_little_more_memory_than_itself(tmp_path: Path) -> None:
    """Importing 256 MB adds about 256 MB, the mapped file, to what Python takes by itself."""
    weights = {f"w{i}": np.full((4096, 2048), i, np.float32) for i in range(8)}
    proto = made([helper.make_node("Sum", list(weights), ["y"])], [], ["y"], weights)
    path = tmp_path / "large.onnx"
    path.write_bytes(proto.SerializeToString())
    script = (
        "import resource, sys\n"
        "from stepwell.conversion.import_onnx import import_model\n"
        "from stepwell.dialects import make_context\n"
        "context = make_context()\n"
        "import stepwell.dialects.onnx\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"module = import_model({str(path)!r}, context)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert int(done.stdout) < 1.3 * 256 * 1024
