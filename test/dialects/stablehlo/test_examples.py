"""Each operation and attribute of `stablehlo` and `chlo` reads back from what it prints."""

from __future__ import annotations

import inspect
import re

import pytest
from xdsl.ir import Attribute
from xdsl.parser import Parser
from xdsl.utils.exceptions import ParseError

from stepwell.dialects import make_context
from stepwell.dialects.chlo import attributes as chlo_attributes
from stepwell.dialects.chlo.dialect import OPERATIONS as CHLO
from stepwell.dialects.stablehlo.dialect import ATTRIBUTES, OPERATIONS
from stepwell.dialects.stablehlo.return_op import ReturnOp
from stepwell.ir.parse_ir import parse_ir
from stepwell.ir.verify_ir import verify_ir
from stepwell.tools.inputs.ir_file import module_text

BLOCK = re.compile(r"```mlir\n(.*?)```", re.DOTALL)
EVERY = [*OPERATIONS, ReturnOp, *CHLO]
CHLO_ATTRIBUTES = [chlo_attributes.ComparisonDirectionAttr, chlo_attributes.ComparisonTypeAttr]


def example(member: type) -> str:
    [found] = BLOCK.findall(inspect.cleandoc(member.__doc__ or ""))
    return found


def undefined(text: str) -> dict[str, Attribute]:
    parser = Parser(make_context(), text)
    try:
        parser.parse_module()
    except ParseError as error:
        if not error.msg.startswith("values used but not defined"):
            raise
    return {name: uses[0].type for name, uses in parser.forward_ssa_references.items()}


def completed(text: str) -> str:
    """An example with the values that it uses, in a function if it ends one."""
    values = undefined(text)
    lines = [f'%{name} = "test.op"() : () -> {type_}' for name, type_ in values.items()]
    return "\n".join([*lines, text])


@pytest.mark.parametrize("op", EVERY, ids=lambda op: op.name)
def test_operation_reads_back_in_both_forms(op: type):
    text = example(op)
    if op.name == "stablehlo.return":
        text = f'"stablehlo.case"(%i) ({{\n{text}}}) : (tensor<i32>) -> tensor<f32>'
    module = parse_ir(make_context(), completed(text), "<example>")
    verify_ir(module)
    assert any(isinstance(inner, op) for inner in module.walk())
    printed = module_text(module)
    for line in example(op).splitlines():
        assert " ".join(line.split()) in " ".join(printed.split())
    for generic in (False, True):
        again = parse_ir(make_context(), module_text(module, generic=generic), "<reparsed>")
        verify_ir(again)
        assert module_text(again) == printed


@pytest.mark.parametrize("attribute", [*ATTRIBUTES, *CHLO_ATTRIBUTES], ids=lambda a: a.name)
def test_attribute_reads_back(attribute: type):
    text = example(attribute).strip()
    parser = Parser(make_context(), text)
    parsed = parser.parse_type() if text.startswith("!") else parser.parse_attribute()
    assert isinstance(parsed, attribute)
    assert str(parsed) == text
