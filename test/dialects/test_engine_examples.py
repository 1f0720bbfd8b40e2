"""The examples in the documentation of the engine and the framework dialect are true.

Each parses (values it does not define are given the types it uses them with), verifies, contains
the operation it is an example of, and reads back from its own print in both forms.
"""

import inspect
import re
from textwrap import indent

import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute
from xdsl.parser import Parser
from xdsl.utils.exceptions import ParseError

from stepwell.dialects import make_context
from stepwell.dialects.engine import ATTRIBUTES, OPERATIONS
from stepwell.dialects.framework import AssertOp
from stepwell.ir.parse_ir import parse_ir
from stepwell.ir.verify_ir import verify_ir
from stepwell.tools.inputs.ir_file import module_text

BLOCK = re.compile(r"```mlir\n(.*?)```", re.DOTALL)


def examples(member: type) -> list[str]:
    return BLOCK.findall(inspect.cleandoc(member.__doc__ or ""))


def undefined_values(text: str) -> dict[str, Attribute]:
    """Types of the values that an example uses and does not define."""
    parser = Parser(make_context(), text)
    try:
        parser.parse_module()
    except ParseError as error:
        if not error.msg.startswith("values used but not defined"):
            raise
    return {name: uses[0].type for name, uses in parser.forward_ssa_references.items()}


def completed(text: str) -> str:
    values = undefined_values(text)
    lines = [f'%{name} = "test.op"() : () -> {type_}' for name, type_ in values.items()]
    return "\n".join([*lines, text])


def reparsed(module: ModuleOp, *, generic: bool) -> ModuleOp:
    return parse_ir(make_context(), module_text(module, generic=generic), "<reparsed>")


@pytest.mark.parametrize("op", [*OPERATIONS, AssertOp], ids=lambda op: op.name)
def test_operation(op: type):
    assert examples(op), f"{op.name} has no example"
    for example in examples(op):
        module = parse_ir(make_context(), completed(example), "<example>")
        verify_ir(module)
        assert any(isinstance(inner, op) for inner in module.walk())
        text = module_text(module)
        for generic in (False, True):
            again = reparsed(module, generic=generic)
            verify_ir(again)
            assert module_text(again) == text


@pytest.mark.parametrize("op", [*OPERATIONS, AssertOp], ids=lambda op: op.name)
def test_example_is_in_printed_form(op: type):
    """What a reader sees in the documentation is what the tool prints."""
    for example in examples(op):
        module = parse_ir(make_context(), completed(example), "<example>")
        assert indent(example.rstrip(), "  ") in module_text(module)


@pytest.mark.parametrize("attribute", ATTRIBUTES, ids=lambda a: a.name)
def test_attribute(attribute: type):
    assert examples(attribute)
    for example in examples(attribute):
        parsed = Parser(make_context(), example).parse_attribute()
        assert isinstance(parsed, attribute)
        assert str(parsed) == example.strip()
