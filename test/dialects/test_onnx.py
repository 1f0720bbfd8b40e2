"""The `onnx` dialect as made from the schemas: classes, access by name, exact text."""

import io
from typing import Any

import numpy as np
import onnx.defs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto
from xdsl.dialects import test
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    DenseIntOrFPElementsAttr,
    FloatAttr,
    ModuleOp,
    TensorType,
    f32,
    i64,
)
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Region
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from stepwell.dialects import make_context
from stepwell.dialects.dense_literal import print_constant
from stepwell.dialects.engine.weights import dense
from stepwell.dialects.framework import (
    ELEMENT_TYPES,
    Formal,
    Kind,
    Option,
    OptionalType,
    SequenceType,
    dims_of,
    node_names,
    property_of,
    tensor_type,
    type_name,
    value_of,
)
from stepwell.dialects.framework.attributes import print_property
from stepwell.dialects.onnx import OnnxOp, YieldOp, op_class, op_classes, op_name
from stepwell.dialects.onnx.codes import code_of
from stepwell.dialects.onnx.protos import type_proto
from stepwell.dialects.onnx.schemas import onnx_schemas
from stepwell.runtime.size import named


def made(op_type: str) -> type[OnnxOp]:
    found = op_class(op_type)
    assert found is not None
    return found


def values(*types: Any) -> tuple[Any, ...]:
    return tuple(test.TestOp(result_types=list(types)).results)


X = tensor_type(f32, [1, 3, 8, 8])


def test_every_operator_of_every_domain_has_a_class() -> None:
    schemas = onnx.defs.get_all_schemas()
    assert len(op_classes()) == len(schemas) > 200
    for schema in schemas:
        cls = op_class(schema.name, schema.domain)
        assert cls is not None
        assert onnx_schemas()[cls.name].since_version == schema.since_version
    assert op_name("Scaler", "ai.onnx.ml") == "onnx.ml.Scaler"
    assert op_name("Adam", "ai.onnx.preview.training") == "onnx.preview.training.Adam"
    assert op_class("FusedConv", "com.microsoft") is None


@pytest.mark.parametrize("name", sorted(op_classes()))
def test_every_class_makes_prints_and_reads_an_operation(name: str) -> None:
    """With every operand, result and required attribute there is, the text reads back."""
    cls = op_classes()[name]
    signature = cls.SIGNATURE
    allowed = signature.allowed_types

    def a_type(formal: Formal) -> Any:
        names = allowed.get(formal.type, frozenset((formal.type,)))
        simple = {type_name(t): t for t in (tensor_type(r.ir, [2]) for r in ELEMENT_TYPES)}
        for wanted in sorted(names):
            if wanted in simple:
                return simple[wanted]
            element = wanted.removeprefix("seq(").rstrip(")") + ")"
            if wanted.startswith("seq(") and element in simple:
                return SequenceType(simple[element])
        return None

    types = [a_type(formal) for formal in signature.inputs]
    results = [a_type(formal) for formal in signature.outputs]
    if None in types or None in results:
        pytest.skip("takes maps or optionals")
    filler: dict[Kind, Any] = {
        Kind.INT: 1,
        Kind.FLOAT: 0.5,
        Kind.STRING: "a",
        Kind.INTS: [1, 2],
        Kind.FLOATS: [0.5, 2.0],
        Kind.STRINGS: ["a", "b"],
        Kind.TENSOR: dense(np.ones(1, np.float32)),
        Kind.TYPE: X,
    }
    attributes = {n: filler[a.kind] for n, a in signature.attributes.items()}
    if name == "onnx.Constant":
        attributes = {"value_int": 1}
    block = Block(arg_types=types)
    op = cls.make(
        list(block.args),
        results,
        attributes,
        {graph: Region(Block([YieldOp([])])) for graph in signature.graphs},
    )
    op.attributes["nodes"] = node_names("a node")
    block.add_ops([op, ReturnOp()])
    module = ModuleOp([FuncOp("f", (types, []), Region(block))])
    module.verify()
    again = Parser(make_context(), str(module)).parse_module()
    again.verify()
    assert again.is_structurally_equivalent(module)


def test_access_by_the_names_of_the_schema() -> None:
    x, limit = values(X, tensor_type(f32, []))
    clip = made("Clip").make([x, None, limit], [X])
    assert clip.operand_slots == (x, None, limit)
    assert clip.operand("input") is x
    assert clip.operand("min") is None
    assert clip.operand("max") is limit
    conv = made("Conv").make([x, x], [X], {"strides": [2, 2]})
    assert conv.operand("B") is None
    assert conv.attribute("strides") == [2, 2]
    assert conv.attribute("group") == 1, "the schema's default"
    assert conv.attribute("pads") is None
    assert conv.result_named("Y") is conv.results[0]
    split = made("Split").make([x], [X, X, X], {"num_outputs": 3})
    assert len(split.result_slots) == 3


def test_absent_results() -> None:
    x = values(tensor_type(f32, [5, 2, 3]))
    w = values(tensor_type(f32, [1, 16, 3]))
    last = tensor_type(f32, [1, 2, 4])
    lstm = made("LSTM").make([*x, *w, *w], [None, None, last], {"hidden_size": 4})
    assert lstm.result_slots == (None, None, lstm.results[0])
    assert lstm.result_named("Y") is None
    assert lstm.result_named("Y_c") is lstm.results[0]


@pytest.mark.parametrize(
    ("op_type", "count", "message"),
    [
        ("Conv", 1, "expects 2 to 3 operands, got 1"),
        ("Conv", 4, "expects 2 to 3 operands, got 4"),
        ("Relu", 0, "expects 1 operands, got 0"),
        ("Concat", 0, "expects at least 1 operands, got 0"),
    ],
)
def test_wrong_number_of_operands(op_type: str, count: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        made(op_type).make(values(*[X] * count), [X], {})


def test_wrong_attributes() -> None:
    [x] = values(X)
    with pytest.raises(TypeError, match="'two' is not a list of integers"):
        made("Conv").make([x, x], [X], {"strides": "two"})
    with pytest.raises(TypeError, match="has no attribute 'stride'"):
        made("Conv").make([x, x], [X], {"stride": [1]})
    op = made("Cast").make([x], [X], {})
    with pytest.raises(VerifyException, match="property 'to' expected in operation 'onnx.Cast'"):
        op.verify()


def test_regions_end_in_a_yield() -> None:
    [condition] = values(tensor_type(op_type_of("bool"), []))
    empty = {"then_branch": Region(Block()), "else_branch": Region(Block())}
    op = made("If").make([condition], [X], {}, empty)
    with pytest.raises(VerifyException):
        op.verify()
    with pytest.raises(ValueError, match="has no region 'body'"):
        made("If").make([condition], [X], {}, {"body": Region(Block())})


def op_type_of(name: str) -> Any:
    return next(row.ir for row in ELEMENT_TYPES if row.name == name)


def test_pure_operators_can_be_dropped_and_random_ones_not() -> None:
    from xdsl.traits import is_side_effect_free

    [x] = values(X)
    assert is_side_effect_free(made("Relu").make([x], [X]))
    assert not is_side_effect_free(made("RandomNormalLike").make([x], [X]))


def test_element_types_are_those_of_onnx() -> None:
    from onnx import helper

    codes = {code for name, code in TensorProto.DataType.items() if name != "UNDEFINED"}
    assert {code_of(row) for row in ELEMENT_TYPES} == codes
    for row in ELEMENT_TYPES:
        assert helper.tensor_dtype_to_np_dtype(code_of(row)) == row.numpy
        assert type_name(tensor_type(row.ir, [2])) == f"tensor({row.name})"
        assert type_proto(tensor_type(row.ir, [2, named("n")])).tensor_type.elem_type == code_of(
            row
        )


def test_dimensions_keep_their_sizes() -> None:
    batch = named("batch")
    type_ = tensor_type(f32, [batch, 3, None])
    assert isinstance(type_, TensorType)
    assert type_.get_shape() == (DYNAMIC_INDEX, 3, DYNAMIC_INDEX)
    assert dims_of(type_) == (batch, 3, None)
    assert dims_of(tensor_type(f32, [batch * 2 + 1, named("a b")])) == (batch * 2 + 1, named("a b"))
    assert dims_of(tensor_type(f32, None)) is None
    assert str(type_) == 'tensor<?x3x?xf32, #framework.dims<["batch", "", ""]>>'


def test_names_of_nested_types() -> None:
    floats = tensor_type(f32, [2])
    assert type_name(SequenceType(floats)) == "seq(tensor(float))"
    assert type_name(OptionalType(SequenceType(floats))) == "optional(seq(tensor(float)))"


def test_optional_results_are_not_variadic() -> None:
    options = {formal.option for formal in made("LSTM").SIGNATURE.outputs}
    assert options == {Option.OPTIONAL}


def _printed(show: Any, value: Any) -> str:
    stream = io.StringIO()
    show(Printer(stream), value)
    return stream.getvalue()


@given(st.floats(width=32))
def test_float_attributes_are_exact(value: float) -> None:
    attribute = FloatAttr(value, f32)
    parsed = Parser(make_context(), _printed(print_property, attribute)).parse_attribute()
    again = property_of(parsed, Kind.FLOAT)
    assert isinstance(again, FloatAttr)
    assert np.float32(again.value.data).tobytes() == np.float32(value).tobytes() or np.isnan(value)


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_integer_lists_are_exact(numbers: list[int]) -> None:
    attribute = property_of(numbers, Kind.INTS)
    parsed = Parser(make_context(), _printed(print_property, attribute)).parse_attribute()
    assert value_of(property_of(parsed, Kind.INTS)) == numbers


@given(
    st.lists(st.floats(width=32, allow_nan=False), min_size=0, max_size=6),
    st.sampled_from([np.float16, np.float32, np.float64]),
)
def test_dense_constants_are_exact(numbers: list[float], dtype: Any) -> None:
    with np.errstate(over="ignore"):
        array = np.array(numbers, dtype)
    attribute = dense(array)
    parsed = Parser(make_context(), _printed(print_constant, attribute)).parse_attribute()
    assert isinstance(parsed, DenseIntOrFPElementsAttr)
    assert parsed == attribute


def test_constants_of_integers_and_matrices() -> None:
    for array in (np.array([[1, -2], [3, 4]]), np.array([[0.5, 1], [2, 3.25]]), np.array(True)):
        attribute = dense(array)
        parsed = Parser(make_context(), _printed(print_constant, attribute)).parse_attribute()
        assert parsed == attribute
    assert (
        _printed(print_constant, dense(np.zeros((2, 0), np.int64))) == "dense<> : tensor<2x0xi64>"
    )
    assert tensor_type(i64, []) == TensorType(i64, [])
