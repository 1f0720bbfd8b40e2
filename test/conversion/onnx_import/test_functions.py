"""Functions that a model defines itself: what their calls give, and which are refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from stepwell.conversion.import_onnx import import_model
from stepwell.dialects import make_context
from stepwell.errors import ImportModelError
from stepwell.interpreters.running import run

Nodes = Sequence[onnx.NodeProto]
OPSETS = [helper.make_opsetid("", 18), helper.make_opsetid("own", 1)]


def node(
    op: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Any
) -> onnx.NodeProto:
    return helper.make_node(op, inputs, outputs, **attributes)


def call(name: str, inputs: Sequence[str], outputs: Sequence[str], **more: Any) -> onnx.NodeProto:
    return helper.make_node(name, inputs, outputs, domain="own", **more)


def function(
    name: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    nodes: Nodes,
    attributes: Sequence[str] = (),
    defaults: Sequence[onnx.AttributeProto] = (),
    opset: int = 18,
) -> onnx.FunctionProto:
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("own", 1)]
    return helper.make_function(
        "own", name, inputs, outputs, nodes, opsets, attributes, attribute_protos=defaults
    )


def referring(node: onnx.NodeProto, name: str, outside: str, kind: Any) -> onnx.NodeProto:
    """`node` with an attribute that is one of the function."""
    node.attribute.append(onnx.AttributeProto(name=name, ref_attr_name=outside, type=kind))
    return node


def model(
    nodes: Nodes, functions: Sequence[onnx.FunctionProto], outputs: Sequence[str] = ("y",)
) -> onnx.ModelProto:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])
    condition = helper.make_tensor_value_info("c", TensorProto.BOOL, [])
    infos = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in outputs]
    graph = helper.make_graph(nodes, "g", [x, condition], infos)
    return helper.make_model(graph, functions=functions, opset_imports=OPSETS, ir_version=10)


X = np.array([1.0, -2.0], np.float32)


def results(proto: onnx.ModelProto, *, condition: bool = True) -> list[Any]:
    context = make_context()
    module = import_model(proto, context)
    return run(context, module, [X, np.array(condition)])


def message(proto: onnx.ModelProto) -> str:
    with pytest.raises(ImportModelError) as caught:
        import_model(proto, make_context())
    return str(caught.value)


def scaled() -> onnx.FunctionProto:
    """x * alpha, which is 3 where a call does not say."""
    constant = referring(node("Constant", [], ["a"]), "value_float", "alpha", 1)
    body = [constant, node("Mul", ["x", "a"], ["y"])]
    return function("Scaled", ["x"], ["y"], body, (), [helper.make_attribute("alpha", 3.0)])


def test_a_default_attribute_and_one_that_is_given():
    calls = [call("Scaled", ["x"], ["y"]), call("Scaled", ["x"], ["z"], alpha=7.0)]
    y, z = results(model(calls, [scaled()], ["y", "z"]))
    np.testing.assert_array_equal([y, z], [3 * X, 7 * X])


def test_an_attribute_handed_on_from_call_to_call():
    inner = referring(call("Scaled", ["x"], ["y"]), "alpha", "beta", 1)
    outer = function("Outer", ["x"], ["y"], [inner], ["beta"])
    calls = [call("Outer", ["x"], ["y"], beta=5.0), call("Outer", ["x"], ["z"])]
    y, z = results(model(calls, [outer, scaled()], ["y", "z"]))
    np.testing.assert_array_equal([y, z], [5 * X, 3 * X])


def branching() -> onnx.FunctionProto:
    """x * alpha or a call of another function, by a condition; the branches see the body."""
    constant = referring(node("Constant", [], ["a"]), "value_float", "alpha", 1)
    then = helper.make_graph(
        [constant, node("Mul", ["x", "a"], ["o"])], "then", [], [onnx.ValueInfoProto(name="o")]
    )
    other = helper.make_graph(
        [call("Negated", ["x"], ["o"])], "else", [], [onnx.ValueInfoProto(name="o")]
    )
    branch = node("If", ["c"], ["y"], then_branch=then, else_branch=other)
    return function("Branching", ["x", "c"], ["y"], [branch], ["alpha"])


NEGATED = function("Negated", ["x"], ["y"], [node("Neg", ["x"], ["y"])])


@pytest.mark.parametrize("condition", [True, False])
def test_attributes_and_calls_in_subgraphs_of_functions(condition: bool):
    calls = [
        call("Branching", ["x", "c"], ["y"], alpha=2.0),
        call("Branching", ["y", "c"], ["z"], alpha=4.0),
    ]
    proto = model(calls, [branching(), NEGATED], ["y", "z"])
    y, z = results(proto, condition=condition)
    wanted = [2 * X, 8 * X] if condition else [-X, X]
    np.testing.assert_array_equal([y, z], wanted)


def test_names_of_a_body_are_its_own():
    """The model has values of all the names that the body uses."""
    body = [node("Neg", ["x"], ["t"]), node("Exp", ["t"], ["y"])]
    nodes = [
        node("Abs", ["x"], ["t"]),
        call("F", ["t"], ["u"]),
        call("F", ["u"], ["y"]),
        node("Add", ["t", "y"], ["z"]),
    ]
    proto = model(nodes, [function("F", ["x"], ["y"], body)], ["z"])
    [z] = results(proto)
    np.testing.assert_allclose(z, np.abs(X) + np.exp(-np.exp(-np.abs(X))), rtol=1e-6)


def test_an_input_handed_through_and_an_output_nobody_wants():
    body = [node("Neg", ["a"], ["n"])]
    proto = model(
        [call("F", ["x"], ["", "y"]), call("F", ["y"], ["z"])],
        [function("F", ["a"], ["a2", "n2"], [*body, node("Identity", ["n"], ["n2"]),
                                             node("Identity", ["a"], ["a2"])]),
         function("G", ["a"], ["a"], [])],
        ["y", "z"],
    )  # fmt: skip
    y, z = results(proto)
    np.testing.assert_array_equal([y, z], [-X, -X])
    through = model([call("G", ["x"], ["y"])], [function("G", ["a"], ["a"], [])])
    np.testing.assert_array_equal(results(through), [X])


def test_an_absent_input():
    body = [node("Clip", ["x", "low", "high"], ["y"])]
    proto = model(
        [node("Constant", [], ["one"], value_float=1.0), call("F", ["x", "", "one"], ["y"])],
        [function("F", ["x", "low", "high"], ["y"], body)],
    )
    np.testing.assert_array_equal(results(proto), [np.minimum(X, 1)])


def test_functions_have_versions_of_their_own():
    """The axis of Softmax 11 is where the operand becomes a matrix."""
    body = [
        node("Unsqueeze", ["x"], ["m"], axes=[0, 2]),
        node("Softmax", ["m"], ["s"], axis=1),
        node("Squeeze", ["s"], ["y"], axes=[0, 2]),
    ]
    proto = model([call("F", ["x"], ["y"])], [function("F", ["x"], ["y"], body, opset=11)])
    np.testing.assert_allclose(results(proto), [np.exp(X) / np.exp(X).sum()], rtol=1e-6)


def test_names_of_nodes_say_where_they_are_called():
    body = [helper.make_node("Softmax", ["x"], ["y"], name="inner", axis=3)]
    proto = model(
        [helper.make_node("F", ["x"], ["y"], domain="own", name="outer")],
        [function("F", ["x"], ["y"], body)],
    )
    assert "Softmax 'outer/inner': axis 3 is outside" in message(proto)


def test_a_chain_of_thousands_of_calls():
    chain = [
        function(f"F{at}", ["x"], ["y"], [call(f"F{at + 1}", ["x"], ["y"])]) for at in range(3000)
    ]
    chain.append(function("F3000", ["x"], ["y"], [node("Neg", ["x"], ["y"])]))
    np.testing.assert_array_equal(results(model([call("F0", ["x"], ["y"])], chain)), [-X])


def doubling(depth: int) -> list[onnx.FunctionProto]:
    """Functions of which each calls the one before it twice."""
    made = [function("F0", ["x"], ["y"], [node("Neg", ["x"], ["y"])])]
    for at in range(1, depth + 1):
        body = [call(f"F{at - 1}", ["x"], ["t"]), call(f"F{at - 1}", ["t"], ["y"])]
        made.append(function(f"F{at}", ["x"], ["y"], body))
    return made


def test_calls_that_double_are_refused_when_they_are_too_many():
    np.testing.assert_array_equal(results(model([call("F4", ["x"], ["y"])], doubling(4))), [X])
    text = message(model([call("F25", ["x"], ["y"])], doubling(25)))
    assert "their calls become 33,554,432 nodes" in text
    assert "own.F25 'y'" in text
    assert "at most 100,000" in text
    endless = message(model([call("F900", ["x"], ["y"])], doubling(900)))
    assert "more than 10^12 nodes" in endless


def test_what_no_output_needs_is_not_expanded():
    dead = function("Dead", ["x"], ["y"], [call("F25", ["x"], ["t"]), node("Neg", ["x"], ["y"])])
    proto = model([call("Dead", ["x"], ["y"])], [dead, *doubling(25)])
    np.testing.assert_array_equal(results(proto), [-X])


def nested(depth: int, *, twice: bool = False) -> list[onnx.FunctionProto]:
    """Functions that call the one before them in a subgraph."""
    made = [NEGATED]
    for at in range(depth):
        inner = "Negated" if at == 0 else f"N{at - 1}"
        graphs = [
            helper.make_graph(
                [call(inner if twice or not n else "Negated", ["x"], ["o"])],
                "b", [], [onnx.ValueInfoProto(name="o")],
            )
            for n in (0, 1)
        ]  # fmt: skip
        body = [
            node("Constant", [], ["c"], value=helper.make_tensor("c", TensorProto.BOOL, [], [1])),
            node("If", ["c"], ["y"], then_branch=graphs[0], else_branch=graphs[1]),
        ]
        made.append(function(f"N{at}", ["x"], ["y"], body))
    return made


def test_subgraphs_that_nest_through_calls():
    np.testing.assert_array_equal(results(model([call("N5", ["x"], ["y"])], nested(6))), [-X])
    assert "nest subgraphs deeper than 24" in message(
        model([call("N99", ["x"], ["y"])], nested(100))
    )
    text = message(model([call("N40", ["x"], ["y"])], nested(41, twice=True)))
    assert "at most 100,000" in text


def test_graph_attributes_that_double():
    """Each call wraps the graph it is given twice; no size of a body says so."""
    graph = helper.make_graph([node("Neg", ["x"], ["o"])], "b", [], [onnx.ValueInfoProto(name="o")])

    def wrapped(inner: str) -> onnx.NodeProto:
        branches = [
            helper.make_graph(
                [referring(referring(node("If", ["c"], ["o"]), "then_branch", "g", 5),
                           "else_branch", "g", 5)],
                "w", [], [onnx.ValueInfoProto(name="o")],
            )
        ]  # fmt: skip
        return call(inner, ["x", "c"], ["y"], g=branches[0])

    functions = [
        function("W0", ["x", "c"], ["y"], [referring(referring(
            node("If", ["c"], ["y"]), "then_branch", "g", 5), "else_branch", "g", 5)], ["g"])
    ]  # fmt: skip
    functions += [
        function(f"W{at}", ["x", "c"], ["y"], [wrapped(f"W{at - 1}")], ["g"]) for at in range(1, 30)
    ]
    text = message(model([call("W29", ["x", "c"], ["y"], g=graph)], functions))
    assert "cannot be inlined" in text


def test_a_function_that_calls_itself():
    body = [call("F", ["a"], ["b"])]
    proto = model([call("F", ["x"], ["y"])], [function("F", ["a"], ["b"], body)])
    assert "the function 'F' calls itself: F -> F" in message(proto)


def test_a_function_that_calls_itself_in_a_subgraph():
    graph = helper.make_graph(
        [call("F", ["x", "c"], ["o"])], "b", [], [onnx.ValueInfoProto(name="o")]
    )
    body = [node("If", ["c"], ["y"], then_branch=graph, else_branch=graph)]
    proto = model([call("F", ["x", "c"], ["y"])], [function("F", ["x", "c"], ["y"], body)])
    assert "the function 'F' calls itself: F -> F" in message(proto)


def test_thousands_of_functions_that_call_each_other_in_a_circle():
    functions = [
        function(f"F{at}", ["a"], ["b"], [call(f"F{(at + 1) % 3000}", ["a"], ["b"])])
        for at in range(3000)
    ]
    text = message(model([call("F0", ["x"], ["y"])], functions))
    assert "'F0' calls itself: F0 -> F1 -> F2 -> F3 -> F4 -> F5 -> F0 (and 2994 more)" in text


REFUSED = {
    "own.F 'y': gives 2 inputs to the function 'F', which has 1": (
        [call("F", ["x", "x"], ["y"])],
        [function("F", ["a"], ["b"], [node("Neg", ["a"], ["b"])])],
    ),
    "own.F 'y': gives 2 outputs to the function 'F', which has 1": (
        [call("F", ["x"], ["y", "z"])],
        [function("F", ["a"], ["b"], [node("Neg", ["a"], ["b"])])],
    ),
    "own.F 'y': the function 'F' has no attribute 'alpha'": (
        [call("F", ["x"], ["y"], alpha=1.0)],
        [function("F", ["a"], ["b"], [node("Neg", ["a"], ["b"])])],
    ),
    "the function 'F' of the domain 'own' is defined twice": (
        [call("F", ["x"], ["y"])],
        [function("F", ["a"], ["b"], [node("Neg", ["a"], ["b"])])] * 2,
    ),
    "the function 'F' has 2 inputs named 'a'": (
        [call("F", ["x", "x"], ["y"])],
        [function("F", ["a", "a"], ["b"], [node("Neg", ["a"], ["b"])])],
    ),
    "the function 'F' has 2 outputs named 'b'": (
        [call("F", ["x"], ["y", "z"])],
        [function("F", ["a"], ["b", "b"], [node("Neg", ["a"], ["b"])])],
    ),
    "own.F 'y': takes the output 'nowhere' of the function 'F', which has no node": (
        [call("F", ["x"], ["y", "z"])],
        [function("F", ["a"], ["b", "nowhere"], [node("Neg", ["a"], ["b"])])],
    ),
    "in the function 'F': Neg 'b': input 'x' is defined nowhere": (
        [call("F", ["x"], ["y"])],
        [function("F", ["a"], ["b"], [node("Neg", ["x"], ["b"])])],
    ),
    "in the function 'F': the graph has a cycle": (
        [call("F", ["x"], ["y"])],
        [function("F", ["a"], ["b"], [node("Neg", ["c"], ["b"]), node("Neg", ["b"], ["c"])])],
    ),
    "function 'F' uses version 99 of the operators of 'ai.onnx'": (
        [call("F", ["x"], ["y"])],
        [function("F", ["a"], ["b"], [node("Neg", ["a"], ["b"])], opset=99)],
    ),
    "Constant 'F/Constant'": (
        [call("F", ["x"], ["y"])],
        [function("F", ["a"], ["b"], [
            referring(node("Constant", [], ["k"]), "value_float", "alpha", 1),
            node("Mul", ["a", "k"], ["b"])], ["alpha"])],
    ),
}  # fmt: skip


@pytest.mark.parametrize("words", REFUSED)
def test_calls_that_do_not_fit(words: str):
    nodes, functions = REFUSED[words]
    proto = model(nodes, functions)
    assert words in message(proto)
