"""Cases of other element types are made of the standard's."""

from dataclasses import replace
from functools import partial

import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import helper

from stepwell.conformance.case import Case
from stepwell.conformance.run_case import run_case
from stepwell.conformance.type_cases import cast_array, type_cases
from stepwell.dialects.framework import ELEMENT_TYPES


def donor(op_type, inputs, output, **attributes):
    """A case of one node as the standard makes them."""
    names = [f"x{at}" for at in range(len(inputs))]
    infos = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
        for name, x in zip([*names, "y"], [*inputs, output], strict=True)
    ]
    node = helper.make_node(op_type, names, ["y"], **attributes)
    graph = helper.make_graph([node], "test", infos[:-1], infos[-1:])
    model = helper.make_model(graph)

    def load():
        return model, [(list(inputs), [output])]

    return Case("node", f"test_{op_type}", 1e-3, 1e-7, load, ("", op_type))


X = np.array([[1.5, -2.0, 0.25]], np.float32)


def test_one_case_for_each_type_of_the_schema():
    cases = type_cases([donor("Mod", [X, X], X, fmod=1)])
    schema = onnx.defs.get_schema("Mod")
    [constraint] = schema.type_constraints
    assert len(cases) == len(constraint.allowed_type_strs)
    assert [case.name for case in cases][:2] == ["Mod bfloat16", "Mod double"]
    assert {case.kind for case in cases} == {"type"}


def test_inputs_and_outputs_of_the_type_change_and_others_do_not():
    indices = np.array([0, 2], np.int64)
    [case] = [
        c
        for c in type_cases([donor("Gather", [X, indices], X[:, [0, 2]], axis=1)])
        if c.name == "Gather int16"
    ]
    model, [(inputs, [expected])] = case.load()
    types = [info.type.tensor_type.elem_type for info in (*model.graph.input, *model.graph.output)]
    assert types == [onnx.TensorProto.INT16, onnx.TensorProto.INT64, onnx.TensorProto.INT16]
    assert inputs[0].dtype == expected.dtype == np.int16
    assert inputs[1].dtype == np.int64
    assert run_case(case).status == "native"


def test_variadic_inputs_change_together():
    cases = type_cases([donor("Sum", [X, X, X], X * 3)])
    for case in cases:
        assert run_case(case).status == "native", case


def test_the_shortest_name_is_varied():
    long = donor("Relu", [X], X)
    short = Case("node", "test_R", 1e-3, 1e-7, donor("Relu", [X[0]], X[0]).load, ("", "Relu"))
    model, _ = type_cases([long, short])[0].load()
    assert len(model.graph.input[0].type.tensor_type.shape.dim) == 1


def test_keys_have_the_type_of_what_is_looked_up():
    words = np.array(["a", "b", "d", "c"], object)
    known = {"keys_strings": ["a", "b", "c"], "values_int64s": [7, 8, 9], "default_int64": 42}
    case = donor("LabelEncoder", [words], np.array([7, 8, 42, 9]), domain="ai.onnx.ml", **known)
    given = case.load()
    del given[0].opset_import[:]
    given[0].opset_import.append(helper.make_opsetid("ai.onnx.ml", 4))
    given[0].graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.STRING
    case = replace(case, load=lambda: given, operator=("ai.onnx.ml", "LabelEncoder"))
    cases = {c.name.split()[-1]: c for c in type_cases([case])}
    assert set(cases) == {"double", "float", "int16", "int32", "int64", "string"}
    for name, varied in cases.items():
        _, [(_, [expected])] = varied.load()
        want = [7, 8, 42, 9] if name == "string" else [7, 8, 9, 42]
        np.testing.assert_array_equal(expected, want)
        assert run_case(varied).status == ("reference" if name == "string" else "native")


def test_types_without_arithmetic_are_moved():
    scales = np.array([1, 2], np.float32)
    roi = np.array([], np.float32)
    resized = np.repeat(X, 2, 1)
    blended = donor("Resize", [X, roi, scales], resized, mode="linear")
    nearest = donor("Resize", [X, roi, scales], resized, mode="nearest")
    nearest = replace(nearest, name="test_resize_upsample_scales_nearest")
    cases = {c.name: c for c in type_cases([blended, nearest])}
    modes = {
        name: helper.get_node_attr_value(cases[f"Resize {name}"].load()[0].graph.node[0], "mode")
        for name in ("float", "bool", "string")
    }
    assert modes == {"float": b"linear", "bool": b"nearest", "string": b"nearest"}
    assert run_case(cases["Resize bool"]).status == "native"


def test_old_versions_are_not_varied():
    old = onnx.ModelProto()
    old.CopyFrom(donor("Softmax", [X], X).load()[0])
    old.opset_import[0].version = 9
    case = Case(
        "node", "test_softmax", 1e-3, 1e-7, partial(lambda m: (m, []), old), ("", "Softmax")
    )
    assert type_cases([case]) == []


@pytest.mark.parametrize("row", ELEMENT_TYPES, ids=lambda row: row.name)
@pytest.mark.parametrize(
    "given",
    [X, np.array([[1, -300, 70000]]), np.array([True, False]), np.array(["a", "b"], object)],
    ids=["float", "integer", "bool", "string"],
)
def test_numbers_exist_in_every_type(row, given):
    array = cast_array(given, row)
    assert array.dtype == row.numpy
    assert array.shape == given.shape
    if row.name.startswith("float8e4m3") and given is X:
        np.testing.assert_array_equal(array.astype(np.float32), X)
    assert cast_array(array, row) is array


def test_small_floats_are_scaled_for_integers():
    row = next(row for row in ELEMENT_TYPES if row.name == "int4")
    expected = np.array([[6, -8, 1]]).astype(ml_dtypes.int4)
    np.testing.assert_array_equal(cast_array(X, row), expected)
