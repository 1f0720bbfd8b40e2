"""Branches and loops, whose subgraphs are regions."""

from __future__ import annotations

from typing import Any

from ..table_functions import Call, Function


def _if(call: Call) -> list[Any]:
    taken = bool(call.operand("cond").reshape(-1)[0])
    return call.run("then_branch" if taken else "else_branch", *call.group("input"))


def _while(call: Call) -> list[Any]:
    values: list[Any] = list(call.group("input"))
    while bool(call.run("cond", *values)[0].reshape(-1)[0]):
        values = call.run("body", *values)
    return values


OPERATORS: dict[str, Function] = {"IF": _if, "WHILE": _while}
