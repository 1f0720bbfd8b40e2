"""
One function out of many: calls and named operations give way to what they stand for.

Functions are inlined from those without calls upwards, so that each body is copied as it will be.
"""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import CallOp, FuncOp
from xdsl.ir import Block, Operation, SSAValue

from ...dialects.stablehlo import HloOp
from ...dialects.stablehlo.own_forms import called_function
from ..problems import Problems
from .computed_windows import name_windows

MOST_OPERATIONS = 1 << 19
"""Operations of a program once everything is inlined."""


def inlined_main(module: ModuleOp, problems: Problems) -> FuncOp | None:
    """The function that is called from outside, without calls; None where a problem was found."""
    functions = {op.sym_name.data: op for op in module.ops if isinstance(op, FuncOp)}
    main = functions.get("main")
    if main is None:
        public = [f for f in functions.values() if _is_public(f)]
        main = public[0] if len(public) == 1 else None
    if main is None:
        problems.add(f"there is no function @main; there are {', '.join(functions) or 'none'}")
        return None
    order = _callees_first(main, functions, problems)
    sizes: dict[str, int] = {}
    for function in order:
        if problems:
            return None
        name_windows(function, functions)
        _inline_calls(function, functions, sizes, problems)
    return None if problems else main


def _is_public(function: FuncOp) -> bool:
    visibility = function.sym_visibility
    return visibility is None or visibility.data == "public"


def _calls(function: FuncOp) -> Iterator[tuple[Operation, str]]:
    for op in function.walk():
        if isinstance(op, CallOp):
            yield op, op.callee.string_value()
        elif isinstance(op, HloOp) and op.name == "stablehlo.composite":
            name = called_function(op, "decomposition")
            if name is not None:
                yield op, name


def _callees_first(main: FuncOp, functions: dict[str, FuncOp], problems: Problems) -> list[FuncOp]:
    """The functions that `main` needs, each behind those that it calls."""
    order: list[FuncOp] = []
    state: dict[str, bool] = {}  # False while what it calls is looked at
    stack = [(main, False)]
    while stack:
        function, done = stack.pop()
        name = function.sym_name.data
        if done:
            state[name] = True
            order.append(function)
            continue
        if name in state:
            continue
        state[name] = False
        stack.append((function, True))
        if function.is_declaration or len(function.body.blocks) != 1:
            problems.add(f"function @{name} is not one block")
            continue
        for op, callee in _calls(function):
            target = functions.get(callee)
            if target is None:
                problems.add(f"{op.name}: there is no function @{callee}")
            elif state.get(callee) is False:
                problems.add(f"function @{callee} calls itself")
            elif callee not in state:
                stack.append((target, False))
    return order


def _inline_calls(
    function: FuncOp, functions: dict[str, FuncOp], sizes: dict[str, int], problems: Problems
) -> None:
    calls = list(_calls(function))
    total = sum(1 for _ in function.walk()) + sum(sizes.get(name, 0) for _, name in calls)
    if total > MOST_OPERATIONS:
        problems.add(
            f"@{function.sym_name.data} has more than {MOST_OPERATIONS} operations once its calls "
            "are inlined"
        )
        return
    sizes[function.sym_name.data] = total
    for op, name in calls:
        _inline(op, functions[name], problems)


def _inline(call: Operation, function: FuncOp, problems: Problems) -> None:
    """Put a copy of a function's body in the place of a call."""
    body, block = function.body.block, call.parent
    assert block is not None
    last = body.last_op
    given = [v.type for v in call.operands]
    wanted = [a.type for a in body.args]
    returned = [] if last is None else [v.type for v in last.operands]
    if len(given) != len(wanted) or len(returned) != len(call.results) or last is None:
        problems.add(f"a call of @{function.sym_name.data} does not fit its signature")
        return
    values: dict[SSAValue, SSAValue] = dict(zip(body.args, call.operands, strict=True))
    blocks: dict[Block, Block] = {}
    for op in body.ops:
        if op is not last:
            block.insert_op_before(op.clone(values, blocks), call)
    for old, value in zip(call.results, last.operands, strict=True):
        new = values.get(value, value)
        if new.name_hint is None:
            new.name_hint = old.name_hint
        old.replace_all_uses_with(new)
    call.detach()
    call.erase()
