"""A dialect that is a table, with its semantics, for the tests of what such dialects share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from xdsl.ir import Dialect
from xdsl.irdl import irdl_op_definition

from stepwell.dialects.engine.weights import WeightStore
from stepwell.dialects.framework import FrameworkOp, FrameworkYield, SchemaTable, TableClasses
from stepwell.interpreters.framework_calls import Semantics
from stepwell.interpreters.table_functions import Call, table_semantics

CLASSES = TableClasses(SchemaTable(Path(__file__).with_name("table.json")), FrameworkOp)


@irdl_op_definition
class Yield(FrameworkYield):
    """The end of a region."""

    name = "abacus.Yield"


ABACUS = Dialect("abacus", [*CLASSES.op_classes(), Yield])


def _add(call: Call) -> Any:
    x, y = call.operand("x"), call.optional("y")
    return x * call.integer("times") + (0 if y is None else y)


def _sums(call: Call) -> list[Any]:
    return [sum(call.group("xs")), call.operand("last") if call.wants("rest") else None]


def _while(call: Call) -> list[Any]:
    carried = call.group("carried")
    while call.run("cond", *carried)[0]:
        carried = call.run("body", *carried)
    return carried


def _cond(call: Call) -> list[Any]:
    return call.run("then" if call.operand("on") else "otherwise", *call.group("x"))


def _wrong(call: Call) -> Any:
    return np.zeros(3, call.dtype())


SEMANTICS = {
    "abacus.add": _add,
    "abacus.cond": _cond,
    "abacus.less": lambda call: call.operand("a") < call.operand("b"),
    "abacus.sums": _sums,
    "abacus.while": _while,
    "abacus.wrong": _wrong,
}


def semantics(store: WeightStore) -> Semantics:
    """What the table says, as `interpreters/NAME/functions.py` of a dialect has it."""
    return table_semantics(SEMANTICS, store)
