"""`stepwell why-not`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from ...compiler.questions.why_not import MissAnswer, WhyNot, why_not
from .question_input import QuestionInput, put_json

SHOWN = 5
"""How many attempts are printed, the nearest first."""


def why_not_model(asked: QuestionInput, rule: str, node: str | None, *, as_json: bool) -> None:
    """
    Print why a rule did not apply.

    Raises:
        StepwellError: for a model that cannot be compiled, and for a rule or node there is not.
    """
    answer = why_not(str(asked.model), rule, node=node, **asked.options)
    if as_json:
        put_json(answer)
    else:
        sys.stdout.write("".join(f"{line}\n" for line in _lines(answer)))


def _lines(answer: WhyNot) -> Iterator[str]:
    yield f"{answer['rule']}: {answer['equation']}"
    if answer["reason"]:
        yield f"not tried: {answer['reason']}"
    times = len(answer["applied"])
    if times:
        yield f"it applied {times} times:" if times > 1 else "it applied once:"
        for nodes in answer["applied"][:SHOWN]:
            yield f"  {_names(nodes)}"
        if times > SHOWN:
            yield f"  and {times - SHOWN} more"
    for miss in answer["misses"][:SHOWN]:
        yield from _miss_lines(miss)
    if len(answer["misses"]) > SHOWN:
        yield f"and {len(answer['misses']) - SHOWN} other attempts; --json has all"


def _miss_lines(miss: MissAnswer) -> Iterator[str]:
    yield f"on {_names(miss['nodes'])}"
    yield f"  {miss['operation']}"
    where = f" ({miss['place']})" if miss["place"] else ""
    yield f"  not so: {miss['clause']}{where}; {miss['held']} conditions held before"
    for name, value in miss["values"].items():
        yield f"    {name} = {value}"


def _names(nodes: list[str]) -> str:
    if not nodes:
        return "an operation without a node"
    shown = ", ".join(nodes[-3:])
    return shown if len(nodes) <= 3 else f"{shown} and {len(nodes) - 3} more"
