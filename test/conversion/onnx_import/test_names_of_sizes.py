"""Open sizes as exporters write them: some of what stands for a name is none."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import stepwell
from stepwell.conversion.import_model import import_model
from stepwell.conversion.onnx_import.types import ir_type, is_name
from stepwell.dialects import make_context
from stepwell.dialects.framework import dims_of
from stepwell.errors import ImportModelError


def relu(*dims: int | str | None) -> onnx.ModelProto:
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, dims) for n in "xy")
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [x], [y])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


NO_NAMES = ["?", "??", "*", "-", " ", "-1", " -1 ", "None", "none", "dynamic", "UNKNOWN", "Any"]


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_is_no_name_is_not_one_size(name):
    """Twice in one input it stands for two sizes."""
    x = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
    result = stepwell.compile(relu(name, name), shapes={"x": x.shape}).run({"x": x})["y"]
    np.testing.assert_array_equal(result, np.maximum(x, 0))


@pytest.mark.parametrize(
    "name", ["batch", "N", "unk__7", "dynamic_axes_1", "x.shape[0]", "2*n", "1"]
)
def test_a_name_is_one_size(name):
    assert is_name(name)
    with pytest.raises(ImportModelError, match=r"is given as 2 and as 3"):
        stepwell.compile(relu(name, name), shapes={"x": (2, 3)})


@pytest.mark.parametrize("size", [-1, -5])
def test_a_negative_size_is_an_open_one(size):
    x = np.array([[-1, 0, 2]], np.float32)
    model = relu(size, 3)
    assert dims_of(ir_type(model.graph.input[0].type)) == (None, 3)
    result = stepwell.compile(model, shapes={"x": (1, 3)}).run({"x": x})["y"]
    np.testing.assert_array_equal(result, [[0, 0, 2]])


def test_an_empty_name_is_none():
    type_ = helper.make_tensor_type_proto(TensorProto.FLOAT, [None, 3])
    type_.tensor_type.shape.dim[0].dim_param = ""
    assert dims_of(ir_type(type_)) == (None, 3)


TABLE_OF_PLACES = """
<ir_version: 8, opset_import: ["": 17]> g
(float[N, P, 4] past, float[N, S, 4] new) => (float[N, A, B] y)
<int64[1] zero = {0}, int64[1] one = {1}, int64[1] two = {2}, float[1] table = {0}>
{
    joined = Concat<axis = 1>(past, new)
    shape = Shape(joined)
    total = Slice(shape, one, two)
    given = Shape(past)
    before = Slice(given, one, two)
    rows = Slice(table, before, total, zero)
    part = Slice(rows, zero, total, one)
    turned = Transpose<perm = [0, 2, 1]>(joined)
    products = MatMul(new, turned)
    y = Add(products, part)
}"""
"""GPT-2's mask: the rows from `P` on and the first `P + S` columns of a table."""


def test_what_a_relation_bounds_needs_no_minimum():
    """That 96 rows are enough is asked once, and the sizes are what they are where it holds."""
    model = onnx.parser.parse_model(TABLE_OF_PLACES)
    table = model.graph.initializer[-1]
    table.CopyFrom(numpy_helper.from_array(np.tri(96, dtype=np.float32), "table"))
    module = import_model(model, make_context())
    text = str(module)
    assert "broadcast" not in text
    assert text.count("min(96") == 1, "in the relation alone"
    [main] = module.ops
    assert str(main.attributes["relations"]).count("relation<") == 1
