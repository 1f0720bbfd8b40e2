"""Data movement, indexing and sizes against `onnx.reference`."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.dialects.engine.base import names_of
from stepwell.errors import InputError
from stepwell.interpreters import run
from stepwell.test.conversion.onnx_to_engine.node_check import (
    by_onnx,
    by_onnxruntime,
    check_node,
    converted,
    floats,
    node_model,
    numbers,
    reasons,
    typed,
)

quick = settings(max_examples=20, deadline=None)


def ints(*values):
    return np.array(values, np.int64)


@pytest.mark.parametrize("shape", [[6, 4], [-1], [0, -1], [2, 0, 2, -1], [1, -1, 2]])
def test_reshape(shape):
    check_node("Reshape", [numbers([2, 3, 4]), ints(*shape)], constants=[1])


def test_reshape_of_zero_elements():
    check_node("Reshape", [numbers([0, 4]), ints(4, 0)], constants=[1], allowzero=1)


@pytest.mark.parametrize("axis", [0, 1, 2, 3, -1])
def test_flatten(axis):
    check_node("Flatten", [numbers([2, 3, 4])], axis=axis)


def test_squeeze_and_unsqueeze():
    check_node("Squeeze", [numbers([1, 3, 1])])
    check_node("Squeeze", [numbers([1, 3, 1]), ints(-1)], constants=[1])
    check_node("Unsqueeze", [numbers([3, 4]), ints(0, -1)], constants=[1])
    check_node("Unsqueeze", [numbers([3, 4]), ints(3, 1)], constants=[1])


@quick
@given(perm=st.permutations(range(4)), shape=st.lists(st.integers(1, 3), min_size=4, max_size=4))
def test_transpose(perm, shape):
    check_node("Transpose", [numbers(shape)], perm=list(perm))


def test_transpose_reverses_by_default():
    check_node("Transpose", [numbers([2, 3, 4])])


def test_moving_unit_dimensions_is_a_reshape():
    module = check_node("Transpose", [numbers([2, 1, 4])], perm=[1, 0, 2])
    assert [op.name for op in module.walk() if op.name == "engine.transpose"] == []


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_concat(axis):
    shapes = [[2, 3, 4] for _ in range(3)]
    shapes[1][axis] = 5
    shapes[2][axis] = 0
    check_node("Concat", [numbers(s, seed=i) for i, s in enumerate(shapes)], axis=axis)


@pytest.mark.parametrize("sizes", [[1, 4], [5, 0], [2, 3]])
def test_split(sizes):
    check_node("Split", [numbers([3, 5]), ints(*sizes)], constants=[1], outputs=2, axis=1)


def test_split_into_equal_parts():
    check_node("Split", [numbers([7, 2])], outputs=3, axis=0, num_outputs=3)


@settings(max_examples=60, deadline=None)
@given(
    begin=st.integers(-9, 9),
    end=st.integers(-9, 9),
    step=st.sampled_from([1, 2, 3, -1, -2]),
    axis=st.sampled_from([0, 1, -1]),
)
def test_slice(begin, end, step, axis):
    parameters = [ints(begin), ints(end), ints(axis), ints(step)]
    check_node("Slice", [numbers([5, 7]), *parameters], constants=[1, 2, 3, 4])


def test_slice_of_everything_to_the_end():
    limits = [ints(0, 2), ints(np.iinfo(np.int64).max, np.iinfo(np.int64).max)]
    check_node("Slice", [numbers([5, 7]), *limits], constants=[1, 2])


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "wrap"])
@pytest.mark.parametrize("dtype", ["float32", "int64", "uint8"])
def test_pad(mode, dtype):
    value = np.asarray(7, dtype) if mode == "constant" else None
    pads = ints(0, 1, 2, 1, 0, 2)
    check_node("Pad", [numbers([2, 4, 5], dtype), pads, value], constants=[1, 2], mode=mode)


@pytest.mark.parametrize("mode", ["reflect", "wrap"])
def test_pad_of_many_repetitions(mode):
    """A table says which element lies where, for code of so many pieces would be too much."""
    model, _ = node_model("Pad", [numbers([2, 3]), ints(0, 300, 1, 205)], [1], mode=mode)
    _, module = converted(model)
    assert any(op.name == "engine.gather" for op in module.walk())
    check_node("Pad", [numbers([2, 3]), ints(0, 300, 1, 205)], constants=[1], mode=mode)


def test_pad_of_some_axes_and_negative():
    pads = [ints(1, -1), None, ints(-1)]
    check_node("Pad", [numbers([2, 4, 5]), *pads], constants=[1, 3], oracle=by_onnxruntime)


@pytest.mark.parametrize("shape", [[2, 3, 4], [3, 4], [1], [3, 1], [5, 2, 3, 4]])
def test_expand(shape):
    check_node("Expand", [numbers([3, 1]), ints(*shape)], constants=[1])


@pytest.mark.parametrize("repeats", [[2, 1, 3], [1, 1, 1], [4, 2, 1]])
def test_tile(repeats):
    check_node("Tile", [numbers([2, 1, 3]), ints(*repeats)], constants=[1])


@pytest.mark.parametrize("mode", ["DCR", "CRD"])
def test_depth_to_space(mode):
    check_node("DepthToSpace", [numbers([2, 12, 3, 2])], blocksize=2, mode=mode)


def test_space_to_depth():
    check_node("SpaceToDepth", [numbers([2, 3, 4, 6])], blocksize=2)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("constant", [True, False])
def test_gather(axis, constant):
    indices = np.array([[0, -1], [1, 2]], np.int64)
    constants = [1] if constant else []
    check_node("Gather", [numbers([3, 4, 5]), indices], constants=constants, axis=axis)


@pytest.mark.parametrize("index", [ints(1), np.array(-1, np.int64), np.array(2, np.int32)])
def test_one_constant_index_is_a_slice(index):
    module = check_node("Gather", [numbers([3, 4, 5]), index], constants=[1], axis=1)
    assert [op.name for op in module.walk() if op.name == "engine.gather"] == []


def test_gather_outside_is_an_error():
    model, feeds = node_model("Gather", [numbers([3, 4]), ints(1)])
    model.graph.output[0].CopyFrom(typed("o0", numbers([1, 4])))
    with pytest.raises(InputError, match=r"index 3 is outside of -3\.\.2"):
        run(*converted(model), {**feeds, "i1": ints(3)})


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("dtype", ["int64"])
def test_gather_nd(depth, dtype):
    indices = np.array([[0, 1, -1], [2, -1, 0]], dtype)[:, :depth]
    check_node("GatherND", [numbers([3, 4, 5]), indices])


@pytest.mark.parametrize("reduction", ["none", "add", "mul", "max", "min"])
def test_scatter_nd(reduction):
    indices = np.array([[1], [3], [1]], np.int64)
    updates = numbers([3, 4], seed=2)
    check_node("ScatterND", [numbers([5, 4]), indices, updates], reduction=reduction)


@pytest.mark.parametrize("limits", [{}, {"start": 1}, {"start": -2, "end": -1}, {"end": 2}])
def test_shape(limits):
    module = check_node("Shape", [numbers([2, 3, 4])], **limits)
    assert {op.name for op in module.walk() if op.name.startswith("engine")} == {"engine.constant"}


def test_size():
    check_node("Size", [numbers([2, 3, 4])])


def test_constant_of_shape():
    check_node("ConstantOfShape", [ints(2, 3)], constants=[0])
    check_node("ConstantOfShape", [np.array([], np.int64)], constants=[0])


@pytest.mark.parametrize("dtype", ["float32", "int64"])
def test_range(dtype):
    limits = [np.array(v, dtype) for v in (1, 10, 3)]
    check_node("Range", limits, constants=[0, 1, 2])


def test_dropout():
    check_node("Dropout", [numbers([2, 3])])
    check_node("Dropout", [numbers([2, 3])], outputs=2)


@pytest.mark.parametrize("upper", [0, 1])
@pytest.mark.parametrize("k", [-1, 0, 2])
def test_trilu(upper, k):
    check_node("Trilu", [numbers([2, 4, 5]), np.array(k)], constants=[1], upper=upper)


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_one_hot(axis):
    inputs = [np.array([[1, -1], [0, 3]], np.int64), np.array(4), floats([2, 5])]
    check_node("OneHot", inputs, constants=[1], axis=axis)


def test_what_computes_shapes_folds_away():
    x = np.array([3, 1, 2], np.int64)
    module = check_node("CumSum", [x, np.array(0)], constants=[0, 1])
    assert [op.name for op in module.walk() if op.name.startswith("engine")] == ["engine.constant"]


def test_reference_operations_say_why():
    module = check_node("Det", [numbers([2, 2])], native=False)
    [op] = [op for op in module.walk() if op.name == "engine.reference"]
    assert reasons(module) == ["Det has no native form"]
    assert names_of(op, "nodes") == ["/Det"]


@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
@pytest.mark.parametrize(
    "coordinates",
    [
        "half_pixel",
        "half_pixel_symmetric",
        "pytorch_half_pixel",
        "align_corners",
        "asymmetric",
    ],
)
@pytest.mark.parametrize("size", [[1, 2, 7, 3], [1, 2, 2, 1], [1, 2, 4, 5]])
def test_resize_to_sizes(mode, coordinates, size):
    options: dict[str, Any] = {"mode": mode, "coordinate_transformation_mode": coordinates}
    inputs = [numbers([1, 2, 4, 5]), None, None, ints(*size)]
    # For one output element onnx.reference takes -0.5, the specification 0.
    single = coordinates == "pytorch_half_pixel" and 1 in size[2:]
    oracle = by_onnxruntime if single else by_onnx
    close = {"rtol": 1e-4, "atol": 1e-4}
    check_node("Resize", inputs, constants=[3], oracle=oracle, **close, **options)


@pytest.mark.parametrize("rounding", ["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"])
@pytest.mark.parametrize("scales", [[2.0, 2.0], [0.6, 1.5], [1.0, 3.0]])
def test_resize_by_scales(rounding, scales):
    inputs = [numbers([1, 2, 4, 5]), None, floats([1, 1, *scales])]
    check_node("Resize", inputs, constants=[2], mode="nearest", nearest_mode=rounding)
    check_node("Resize", inputs, constants=[2], rtol=1e-4, atol=1e-4, mode="linear")


@pytest.mark.parametrize("policy", ["stretch", "not_larger", "not_smaller"])
def test_resize_of_axes(policy):
    inputs = [numbers([1, 2, 4, 6]), None, None, ints(8, 9)]
    options: dict[str, Any] = {
        "axes": [2, 3],
        "mode": "nearest",
        "keep_aspect_ratio_policy": policy,
    }
    check_node("Resize", inputs, constants=[3], **options)
