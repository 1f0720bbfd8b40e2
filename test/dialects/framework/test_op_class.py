"""Operations of a dialect that is a table of schemas, without any framework behind it."""

from __future__ import annotations

from typing import Any

import pytest
from xdsl.dialects.builtin import ModuleOp, TensorType, f32
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Dialect, Region
from xdsl.parser import Parser
from xdsl.utils.exceptions import ParseError, VerifyException

from stepwell.dialects import make_context
from stepwell.dialects.framework import (
    AttributeSpec,
    Formal,
    FrameworkOp,
    Kind,
    OpSchema,
    Option,
    op_class,
    tensor_type,
)

POOL = op_class(
    OpSchema(
        "toy.pool",
        "Pool2D",
        "Toy",
        (Formal("x", "T"), Formal("mask", "tensor(bool)", Option.OPTIONAL)),
        (Formal("y", "T"),),
        {
            "ceil": AttributeSpec(Kind.BOOL, default=False),
            "keep": AttributeSpec(Kind.BOOLS),
            "to": AttributeSpec(Kind.TYPES),
            "size": AttributeSpec(Kind.INTS, required=True),
        },
        {"T": frozenset(("tensor(float)", "tensor(double)"))},
    ),
    FrameworkOp,
)
X = tensor_type(f32, [2, 3])


def parsed(text: str) -> FrameworkOp:
    ctx = make_context()
    ctx.load_dialect(Dialect("toy", [POOL]))
    body = f"func.func @f(%x: tensor<2x3xf32>) {{ {text} func.return }}"
    module = Parser(ctx, body).parse_module()
    module.verify()
    return next(op for op in module.walk() if isinstance(op, POOL))


def test_truth_values_print_as_words_and_read_back() -> None:
    block = Block(arg_types=[X])
    attributes: dict[str, Any] = {"ceil": True, "keep": [True, False], "size": [2]}
    op = POOL.make(list(block.args), [X], attributes)
    block.add_ops([op, ReturnOp()])
    module = ModuleOp([FuncOp("f", ([X], []), Region(block))])
    module.verify()
    line = str(op)
    assert "{ceil = true, keep = [true, false], size = [2]}" in line
    again = parsed(line.replace("%0", "%y").replace("%1", "%x"))
    assert again.attribute("ceil") is True
    assert again.attribute("keep") == [True, False]
    assert again.properties == op.properties


def test_a_truth_value_has_a_default_and_is_no_number() -> None:
    op = parsed("%y = toy.pool(%x) {size = [2]} : (tensor<2x3xf32>) -> tensor<2x3xf32>")
    assert op.attribute("ceil") is False
    with pytest.raises(ParseError, match="attribute 'ceil' of toy.pool must be true or false"):
        parsed("%y = toy.pool(%x) {ceil = 1, size = [2]} : (tensor<2x3xf32>) -> tensor<2x3xf32>")
    with pytest.raises(TypeError, match="1 is not true or false"):
        POOL.make([None], [X], {"ceil": 1})


def test_a_list_of_types() -> None:
    op = parsed(
        "%y = toy.pool(%x) {size = [2], to = [f32, tensor<2xi64>]} "
        ": (tensor<2x3xf32>) -> tensor<2x3xf32>"
    )
    assert str(op.properties["to"]) == "[f32, tensor<2xi64>]"
    with pytest.raises(ParseError, match="must be a list of types"):
        parsed('%y = toy.pool(%x) {size = [2], to = ["a"]} : (tensor<2x3xf32>) -> tensor<2x3xf32>')


def test_messages_name_the_framework() -> None:
    block = Block(arg_types=[TensorType(f32, [2])])
    op = POOL.make(list(block.args), [f32], {"size": [2]})
    with pytest.raises(VerifyException, match="has type f32, which Toy does not have"):
        op.verify()


def test_a_name_twice():
    """An operand and a result of one name could not be told apart."""
    schema = OpSchema("toy.rnn", "RNN", "Toy", (Formal("state", "T"),), (Formal("state", "T"),))
    with pytest.raises(ValueError, match=r"the schema of toy.rnn has 'state' twice"):
        op_class(schema, FrameworkOp)
