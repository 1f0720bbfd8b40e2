"""`Gradient` nodes give what differences of the reference's own results give."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from stepwell.conversion.import_onnx import import_model
from stepwell.conversion.onnx_import.gradient_rules import RULES
from stepwell.dialects import make_context
from stepwell.errors import ImportModelError
from stepwell.interpreters import run

DOMAIN = "ai.onnx.preview.training"
RNG = np.random.default_rng(0)


def value(name, shape, code=TensorProto.DOUBLE):
    return helper.make_tensor_value_info(name, code, shape)


def forward_model(nodes, inputs, constants=()):
    """`inputs` are arrays by name; the output is `y`."""
    graph = helper.make_graph(
        nodes,
        "forward",
        [value(name, array.shape) for name, array in inputs.items()],
        [onnx.ValueInfoProto(name="y")],
        [numpy_helper.from_array(np.asarray(v), name) for name, v in dict(constants).items()],
    )
    graph.output[0].type.tensor_type.elem_type = TensorProto.DOUBLE
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)])


def with_gradient(forward, inputs, at=None, xs=None, zs=(), y="y"):
    """The model with the gradients by `xs` as its only outputs, taken at the values `at`."""
    model = onnx.ModelProto()
    model.CopyFrom(forward)
    model.opset_import.append(helper.make_opsetid(DOMAIN, 1))
    xs = list(inputs) if xs is None else xs
    outputs = [f"d{name}" for name in xs]
    node = helper.make_node(
        "Gradient", at or [*xs, *zs], outputs, "grad", domain=DOMAIN, xs=xs, zs=zs or None, y=y
    )
    model.graph.node.append(node)
    del model.graph.output[:]
    model.graph.output.extend(
        value(out, inputs[name].shape if name in inputs else None)
        for out, name in zip(outputs, xs, strict=True)
    )
    return model


def gradients(model, inputs):
    context = make_context()
    return run(context, import_model(model, context), inputs)


def by_differences(forward, inputs):
    """d(sum(y)) / dx for each input, by central differences."""
    evaluator = ReferenceEvaluator(forward)

    def total(**changed):
        [y] = evaluator.run(None, {**inputs, **changed})
        return float(np.sum(np.asarray(y)))

    results = []
    for name, array in inputs.items():
        derivative = np.zeros_like(array)
        for at in np.ndindex(array.shape):
            step = np.zeros_like(array)
            step[at] = 1e-6
            derivative[at] = (total(**{name: array + step}) - total(**{name: array - step})) / 2e-6
        results.append(derivative)
    return results


def node(op_type, *inputs, output="y", **attributes):
    return helper.make_node(op_type, list(inputs), [output], **attributes)


POSITIVE = {"a": RNG.uniform(0.5, 2, (2, 3))}
PAIR = {**POSITIVE, "b": RNG.uniform(0.5, 2, (3,))}
WIDE = {"a": RNG.uniform(0.5, 2, (2, 1)), "b": RNG.uniform(0.5, 2, (4, 1, 3))}
SIGNED = {"a": RNG.uniform(-2, 2, (2, 3))}

CASES = {
    **{
        op: ([node(op, "a")], SIGNED)
        for op in ("Abs", "Cos", "Exp", "Identity", "Neg", "Relu", "Sigmoid", "Sin", "Softplus")
    },
    **{op: ([node(op, "a")], POSITIVE) for op in ("Log", "Reciprocal", "Sqrt", "Tanh")},
    **{op: ([node(op, "a", "b")], PAIR) for op in ("Add", "Sub", "Mul", "Div", "Pow", "Sum")},
    **{f"{op} wide": ([node(op, "a", "b")], WIDE) for op in ("Add", "Mul", "Div", "Pow")},
    "Sum three": ([node("Sum", "a", "b", "a")], PAIR),
    "MatMul": ([node("MatMul", "a", "b")], {"a": RNG.random((2, 3)), "b": RNG.random((3, 4))}),
    "MatMul batches": (
        [node("MatMul", "a", "b")],
        {"a": RNG.random((5, 1, 2, 3)), "b": RNG.random((4, 3, 2))},
    ),
    "Transpose": (
        [node("Transpose", "a", output="t", perm=[1, 2, 0]), node("Mul", "t", "b")],
        {"a": RNG.random((4, 2, 3)), "b": RNG.random((2, 3, 4))},
    ),
    "Reshape": (
        [node("Reshape", "a", "shape", output="t"), node("Mul", "t", "b")],
        {"a": RNG.random((2, 3)), "b": RNG.random((3, 2))},
        {"shape": [3, -1]},
    ),
    "Flatten": (
        [node("Flatten", "a", output="t"), node("Mul", "t", "b")],
        {"a": RNG.random((2, 3, 2)), "b": RNG.random((2, 6))},
    ),
    "Unsqueeze": (
        [node("Unsqueeze", "a", "axes", output="t"), node("Mul", "t", "b")],
        {"a": RNG.random((2, 3)), "b": RNG.random((2, 1, 3))},
        {"axes": [1]},
    ),
    "Squeeze": (
        [node("Squeeze", "a", output="t"), node("Mul", "t", "b")],
        {"a": RNG.random((2, 1, 3)), "b": RNG.random((2, 3))},
    ),
    "Expand": (
        [node("Expand", "a", "shape", output="t"), node("Mul", "t", "b")],
        {"a": RNG.random((2, 1)), "b": RNG.random((4, 2, 3))},
        {"shape": [4, 2, 3]},
    ),
    "ReduceSum": (
        [node("ReduceSum", "a", "axes", output="t", keepdims=0), node("Mul", "t", "b")],
        {"a": RNG.random((2, 2, 3)), "b": RNG.random((2, 3))},
        {"axes": [-2]},
    ),
    "ReduceMean": (
        [node("ReduceMean", "a", "axes", output="t"), node("Mul", "t", "b")],
        {"a": RNG.random((2, 2, 3)), "b": RNG.random((2, 1, 1))},
        {"axes": [1, 2]},
    ),
    "ReduceMean all": ([node("ReduceMean", "a", keepdims=0)], {"a": RNG.random((2, 3))}),
    "Softmax": (
        [node("Softmax", "a", output="t", axis=0), node("Mul", "t", "b")],
        {"a": RNG.random((3, 2)), "b": RNG.random((3, 2))},
    ),
    "Where": (
        [node("Greater", "a", "b", output="c"), node("Where", "c", "a", "b")],
        {"a": RNG.random((2, 3)), "b": RNG.random((3,))},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_rules(case):
    nodes, inputs, *constants = CASES[case]
    constants = {name: np.array(v, np.int64) for name, v in (constants or [{}])[0].items()}
    forward = forward_model(nodes, inputs, constants)
    found = gradients(with_gradient(forward, inputs), inputs)
    for one, other in zip(found, by_differences(forward, inputs), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6)


def test_every_rule_is_tried():
    tried = {case.split()[0] for case in CASES} | {"Greater"}
    zero = {op for op, rule in RULES.items() if rule is RULES["Constant"]}
    assert set(RULES) == tried | zero


PRODUCT = [node("Mul", "a", "b", output="h"), node("Mul", "h", "a")]  # y = a^2 b


def test_a_derivative_is_taken_where_its_inputs_say():
    inputs = {"a": np.array([2.0]), "b": np.array([5.0]), "c": np.array([3.0])}
    forward = forward_model(PRODUCT, inputs)
    model = with_gradient(forward, inputs, at=["c", "b"], xs=["a"], zs=["b"])
    [da] = gradients(model, inputs)
    assert da == 2 * 3.0 * 5.0


def test_a_derivative_by_a_value_in_between():
    inputs = {"a": np.array([2.0]), "b": np.array([5.0])}
    model = with_gradient(forward_model(PRODUCT, inputs), inputs, xs=["h"], zs=["a"])
    [dh] = gradients(model, inputs)
    assert dh == 2.0


def test_a_second_derivative():
    inputs = {"a": np.array([2.0]), "b": np.array([5.0])}
    model = with_gradient(forward_model(PRODUCT, inputs), inputs, xs=["a"], zs=["b"])
    second = helper.make_node(
        "Gradient", ["a", "b"], ["dda"], "again", domain=DOMAIN, xs=["a", "b"], y="da"
    )
    model.graph.node.append(second)
    model.graph.output.append(value("dda", [1]))
    da, dda = gradients(model, inputs)
    assert da == 2 * 2.0 * 5.0
    assert dda == 2 * 5.0


@pytest.mark.parametrize(
    ("nodes", "arguments", "says"),
    [
        ([node("Erf", "a")], {}, "no derivative of Erf, only of Abs"),
        ([node("Neg", "b")], {"xs": ["a"], "zs": ["b"]}, "'y' does not depend on a"),
        (PRODUCT, {"xs": ["a"], "at": ["a", "b"]}, "names 1 xs and 0 zs, and has 2 inputs"),
    ],
)
def test_what_has_no_derivative_is_refused(nodes, arguments, says):
    inputs = {"a": np.ones(1), "b": np.ones(1)}
    arguments.setdefault("xs", ["a"])
    model = with_gradient(forward_model(nodes, inputs), inputs, **arguments)
    with pytest.raises(ImportModelError, match=says) as caught:
        import_model(model, make_context())
    assert "Gradient 'grad'" in str(caught.value)
