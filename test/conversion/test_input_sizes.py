"""Sizes that a model leaves open: their names, what is given for them, and what is known."""

from __future__ import annotations

import onnx
import pytest
from onnx import TensorProto, helper
from xdsl.dialects.builtin import ModuleOp

from stepwell.compiler.function_inputs import function_named
from stepwell.conversion.import_onnx import import_model
from stepwell.conversion.size_equations import Equation, solved
from stepwell.dialects import make_context
from stepwell.dialects.engine.size_facts import facts_of
from stepwell.dialects.framework import dims_of
from stepwell.errors import ImportModelError
from stepwell.runtime.size import named
from stepwell.runtime.size_facts import Dim

N, S, P = map(named, "NSP")


def model(**inputs: list[int | str | None]) -> onnx.ModelProto:
    """Each input through a node of its own."""
    infos = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)
        for name, dims in inputs.items()
    ]
    nodes = [helper.make_node("Relu", [name], [f"{name}_out"]) for name in inputs]
    outputs = [onnx.ValueInfoProto(name=f"{name}_out") for name in inputs]
    graph = helper.make_graph(nodes, "g", infos, outputs)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def imported(proto: onnx.ModelProto, **options: object) -> ModuleOp:
    return import_model(proto, make_context(), **options)  # pyright: ignore[reportArgumentType]


def sizes(module: ModuleOp) -> list[object]:
    function = function_named(module, "main")
    return [dims_of(type_) for type_ in function.function_type.inputs]


def facts(module: ModuleOp) -> dict[str, Dim]:
    return dict(facts_of(function_named(module, "main")).dims)


def test_an_expression_over_names_of_inputs_is_one():
    """As exporters of decoders write the length of their masks."""
    module = imported(model(ids=["N", "S"], past=["N", "P", 64], mask=["N", "P + S"]))
    assert sizes(module) == [(N, S), (N, P, 64), (N, P + S)]
    assert list(facts(module)) == ["N", "S", "P"]


@pytest.mark.parametrize("name", ["batch-size", "2*n", "x.shape[0]", "a b", "1", "max"])
def test_what_only_looks_like_an_expression_is_a_name(name: str):
    module = imported(model(x=[name, "other"]))
    assert sizes(module) == [(named(name), named("other"))]
    assert list(facts(module)) == [name, "other"]
    assert sizes(imported(model(x=[name, 3]), shapes={name: (5,)})) == [(5, 3)]


def test_what_has_no_name_gets_one_of_its_own():
    module = imported(model(x=["?", -1, 3], y=[None, "x_0"]))
    assert sizes(module) == [(named("x_0_1"), named("x_1"), 3), (named("y_0"), named("x_0"))]
    assert sizes(imported(model(x=["?", -1, 3]), shapes={"x_1": (7,)})) == [(named("x_0"), 7, 3)]


def test_a_made_name_is_no_word_of_the_model():
    proto = model(x=["?", 3])
    proto.graph.output[0].type.CopyFrom(
        helper.make_tensor_type_proto(TensorProto.FLOAT, ["x_0", 3])
    )
    assert sizes(imported(proto)) == [(named("x_0_1"), 3)]


def test_hints_are_those_of_batch_length_and_image():
    module = imported(model(x=["N", "S"], image=["N", 3, "H", "W"]))
    assert {name: dim.hint for name, dim in facts(module).items()} == {
        "N": 1, "S": 128, "H": 224, "W": 224,
    }  # fmt: skip


def test_what_is_said_of_names():
    dims = {"S": Dim(1, 2048, hint=64), "N": Dim(8, 64), "H": Dim(0, 500, multiple=32)}
    module = imported(model(x=["N", "S"], y=["H"]), sizes=dims)
    hidden = named("H/32")
    assert sizes(module) == [(N, S), (hidden * 32,)]
    assert facts(module) == {
        "N": Dim(8, 64, hint=8),
        "S": Dim(1, 2048, hint=64),
        "H/32": Dim(0, 15, hint=0),
    }


def test_one_size_binds():
    assert sizes(imported(model(x=["N", "S"]), sizes={"S": Dim(7, 7)})) == [(N, 7)]


def test_given_sizes_solve_expressions():
    module = imported(
        model(past=["N", "P"], mask=["N", "P + S"], ids=["S"]),
        shapes={"mask": (2, 9), "ids": (4,)},
    )
    assert sizes(module) == [(2, 5), (2, 9), (4,)]
    assert facts(module) == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"sizes": {"T": Dim(1, 2)}},
            r"size 'T': no input has a dimension of this name; there are",
        ),
        ({"sizes": {"batc": Dim()}}, r"there are batch$"),
        (
            {"sizes": {"P": Dim(1, 8)}, "shapes": {"P": (9,)}},
            r"size 'P': it is given as 9, and as one within 1\.\.8",
        ),
        (
            {"shapes": {"mask": (2, 9), "P": (5,), "S": (3,)}},
            r"dimension 'P \+ S' is given as 9, but is 8 by the other sizes",
        ),
        ({"shapes": {"mask": (2, 9)}}, r"dimension 'P \+ S' is given as 9; give P or S, too"),
        ({"shapes": {"mask": (2, 3), "P": (5,)}}, r"is given as 3, which no size of S makes"),
    ],
)
def test_what_contradicts_is_said(options: dict[str, object], message: str):
    proto = model(ids=["batch", "S"], past=["batch", "P"], mask=["batch", "P + S"])
    with pytest.raises(ImportModelError, match=message):
        imported(proto, **options)


def test_equations_with_one_unknown_are_solved_in_any_order():
    values, wrong = solved([Equation(S * 2 + P, 11), Equation(P - N, 3), Equation(N, 2)])
    assert values == {"N": 2, "P": 5, "S": 3}
    assert not wrong


def test_an_equation_without_an_integer_solution_is_wrong():
    values, [wrong] = solved([Equation(S * 2, 7)])
    assert values == {}
    assert wrong.found is None


def test_a_size_by_name_is_given():
    module = imported(model(x=["?", "S"], y=["S"]), shapes={"x_0": (N,), "S": (P,)})
    assert sizes(module) == [(N, P), (P,)]
    assert list(facts(module)) == ["N", "P"]
    module = imported(model(x=["a", "b"], y=["b"]), shapes={"x": (N, 4)})
    assert sizes(module) == [(N, 4), (4,)]
    with pytest.raises(ImportModelError, match="dimension 1 is 3 in the model, not N"):
        imported(model(x=["a", 3]), shapes={"x": (P, N)})


def test_an_input_without_a_rank_gets_one():
    proto = model(x=[])
    proto.graph.input[0].type.tensor_type.ClearField("shape")
    assert sizes(imported(proto)) == [None]
    module = imported(proto, shapes={"x": (N, 4, N * 2)}, sizes={"N": Dim(1, 8)})
    assert sizes(module) == [(N, 4, N * 2)]
    assert facts(module) == {"N": Dim(1, 8, hint=1)}
