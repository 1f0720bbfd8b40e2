"""Dialects whose operators come from a table: the file, the classes, and their text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Dialect, SSAValue
from xdsl.irdl import irdl_op_definition
from xdsl.parser import Parser
from xdsl.utils.exceptions import ParseError, VerifyException

import stepwell
from stepwell.dialects import make_context
from stepwell.dialects.framework import (
    FrameworkOp,
    FrameworkYield,
    Kind,
    OpSchema,
    SchemaTable,
    TableClasses,
    property_of,
)
from stepwell.dialects.framework.signature import field_of

TABLE = {
    "dialect": "toy",
    "framework": "Toy",
    "source": "this test",
    "version": "1",
    "enums": {"Padding": {"SAME": 0, "VALID": 1}},
    "operators": {
        "conv": {
            "in": ["x", "w", "bias?"],
            "out": ["y"],
            "attr": {"padding": ["Padding", "SAME"], "stride": "ints!", "eps": ["double", 1e-5]},
        },
        "lstm": {"in": ["x", "hx+", "params*", "sizes?"], "out": ["y", "states*", "last?"]},
        "scale": {
            "in": ["parent"],
            "out": ["results"],
            "attr": {"name": "scalar!", "values": "scalars"},
        },
        "cond": {"in": ["on"], "out": ["y*"], "attr": {"then": "region!"}},
        "draw": {"out": ["y"], "pure": False},
    },
}


@irdl_op_definition
class Yield(FrameworkYield):
    """The end of a region."""

    name = "toy.Yield"


@pytest.fixture(name="classes")
def _classes(tmp_path: Path) -> TableClasses[FrameworkOp]:
    path = tmp_path / "table.json"
    path.write_text(json.dumps(TABLE))
    return TableClasses(SchemaTable(path), FrameworkOp)


def parsed(classes: TableClasses[FrameworkOp], text: str) -> ModuleOp:
    ctx = make_context()
    ctx.load_dialect(Dialect("toy", [*classes.op_classes(), Yield]))
    body = f"func.func @f(%x: tensor<2xf32>, %c: tensor<i1>) {{ {text} func.return }}"
    module = Parser(ctx, body).parse_module()
    module.verify()
    return module


@pytest.mark.parametrize(
    "text",
    [
        '%y = toy.conv(%x, %x) {padding = "VALID", stride = [2]} : (tensor<2xf32>, tensor<2xf32>)'
        " -> tensor<2xf32>",
        "%y = toy.conv(%x, %x, %x) {eps = 1.0e-12, stride = []} : "
        "(tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>",
        "%y, %a, %b = toy.lstm(%x, [%x, %c], []) : (tensor<2xf32>, [tensor<2xf32>, tensor<i1>], [])"
        " -> (tensor<2xf32>, [tensor<2xf32>, tensor<2xf32>])",
        "%y, %l = toy.lstm(%x, [%x], [%x], %c) : "
        "(tensor<2xf32>, [tensor<2xf32>], [tensor<2xf32>], tensor<i1>)"
        " -> (tensor<2xf32>, [], tensor<2xf32>)",
        "%y = toy.scale(%x) {name = 2, values = [1, 0.1, true]} : (tensor<2xf32>) -> tensor<2xf32>",
        "%y = toy.scale(%x) {name = 0x7FF0000000000000 : f64, values = []} : (tensor<2xf32>)"
        " -> tensor<2xf32>",
        "%y = toy.cond(%c) : (tensor<i1>) -> tensor<2xf32> then() { toy.Yield %x : tensor<2xf32> }",
        "%y = toy.Constant dense<1.0> : tensor<2xf32>",
    ],
)
def test_text_reads_back(classes: TableClasses[FrameworkOp], text: str):
    """What is printed is the same module, and prints the same again."""
    module = parsed(classes, text)
    ctx = make_context()
    ctx.load_dialect(Dialect("toy", [*classes.op_classes(), Yield]))
    again = Parser(ctx, str(module)).parse_module()
    assert again.is_structurally_equivalent(module)
    assert str(again) == str(module)


def _first(module: ModuleOp) -> FrameworkOp:
    return next(op for op in module.walk() if isinstance(op, FrameworkOp))


def test_operands_that_others_follow(classes: TableClasses[FrameworkOp]):
    op = _first(
        parsed(
            classes,
            "%y, %l = toy.lstm(%x, [%x, %x], [], %c) : "
            "(tensor<2xf32>, [tensor<2xf32>, tensor<2xf32>], [], tensor<i1>)"
            " -> (tensor<2xf32>, [], tensor<2xf32>)",
        )
    )
    assert len(op.operand_group("hx")) == 2
    assert op.operand_group("params") == ()
    assert op.operand("sizes") is op.operands[3]
    assert op.result_named("last") is op.results[1]
    built = type(op).make(
        op.operand_entries,
        _result_types(op),
    )
    assert built.is_structurally_equivalent(op)
    with pytest.raises(ValueError, match="operand 'hx' must not be absent"):
        type(op).make([op.operands[0], []], [])
    with pytest.raises(ValueError, match="operand 'hx' must be a list"):
        type(op).make([op.operands[0], op.operands[0]], [])


def _result_types(op: FrameworkOp) -> list[Any]:
    return [
        entry.type if isinstance(entry, SSAValue) else [v.type for v in entry or ()]
        for entry in op.result_entries
    ]


def test_defaults_and_kinds(classes: TableClasses[FrameworkOp]):
    op = _first(
        parsed(
            classes,
            "%y = toy.conv(%x, %x) {stride = [1]} : (tensor<2xf32>, tensor<2xf32>)"
            " -> tensor<2xf32>",
        )
    )
    assert (op.attribute("padding"), op.attribute("eps")) == ("SAME", 1e-5)
    assert op.attribute("stride") == [1]


def test_names_that_operations_have(classes: TableClasses[FrameworkOp]):
    """An operand `parent`, a result `results` and an attribute `name` take nothing away."""
    op = _first(
        parsed(classes, "%y = toy.scale(%x) {name = true} : (tensor<2xf32>) -> tensor<2xf32>")
    )
    assert op.name == "toy.scale"
    assert op.attribute("name") is True
    assert op.operand("parent") is op.operands[0]
    assert op.result_named("results") is op.results[0]
    taken = {name for name in dir(op) if not name.startswith("__") and name in dir(FrameworkOp)}
    taken |= {"name", "attributes", "operands", "properties", "regions", "traits", "irdl_options"}
    assert all(field_of(name) != name for name in taken)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '%y = toy.conv(%x, %x) {stride = [1], padding = "VALUD"} : '
            "(tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>",
            "attribute 'padding' is \"VALUD\"; did you mean 'VALID'",
        ),
        (
            "%y = toy.lstm(%x, [%x]) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>",
            "toy.lstm has 2 operands but 2 operand types",
        ),
        (
            "%y = toy.scale(%x) {name = []} : (tensor<2xf32>) -> tensor<2xf32>",
            "attribute 'name' of toy.scale must be a number, or true or false",
        ),
    ],
)
def test_errors(classes: TableClasses[FrameworkOp], text: str, expected: str):
    with pytest.raises((ParseError, VerifyException), match=expected):
        parsed(classes, text)


def test_purity(classes: TableClasses[FrameworkOp]):
    assert not classes.table.schema("draw").pure
    assert classes.table.schema("conv").pure
    assert classes.op_class("missing") is None
    assert classes.op_class("conv") is classes.op_class("conv")


ROOT = Path(stepwell.__file__).parent
TABLES = sorted(ROOT.glob("dialects/*/table.json"))


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.parent.name)
def test_tables(path: Path):
    """The tables of the dialects: known keys, classes that can be made, defaults of their kind."""
    table = SchemaTable(path)
    assert table.dialect == path.parent.name
    assert table.source
    raw = json.loads(path.read_bytes())
    assert raw.keys() <= {"dialect", "framework", "source", "version", "enums", "operators"}
    for row in raw["operators"].values():
        assert row.keys() <= {"in", "out", "attr", "pure"}
    for operator in table.operators:
        schema = table.schema(operator)
        for spec in schema.attributes.values():
            check_default(schema, spec.kind, spec.default, spec.choices)
    assert len(TableClasses(table, FrameworkOp).op_classes()) == len(table.operators)


def check_default(schema: OpSchema, kind: Kind, default: Any, choices: frozenset[str] | None):
    if default is not None:
        property_of(default, kind)
        assert choices is None or default in choices, schema.name
