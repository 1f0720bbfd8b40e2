"""Operations and values in one line each, for answers that people read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Operation, SSAValue

from ...dialects.engine.base import names_of

LONGEST = 160
"""Characters of one value."""

_QUIET = frozenset(("nodes", "rewrites", "value", "operandSegmentSizes", "resultSegmentSizes"))


def brief(op: Operation) -> str:
    """`engine.conv (f32 1x3x8x8, f32 4x3x3x3) -> f32 1x4x8x8 {pads = ...}`."""
    operands = ", ".join(type_text(v.type) for v in op.operands)
    results = ", ".join(type_text(v.type) for v in op.results)
    said = {**op.properties, **op.attributes}
    kept = (f"{k} = {_short(str(v))}" for k, v in said.items() if k not in _QUIET)
    attributes = ", ".join(kept)
    inside = [inner.name for region in op.regions for inner in _few(region.walk())]
    body = f" of {', '.join(inside)}" if inside else ""
    return f"{op.name}{body} ({operands}) -> {results}" + (
        f" {{{attributes}}}" if attributes else ""
    )


def _few(ops: Iterable[Operation]) -> Iterator[Operation]:
    for number, op in enumerate(ops):
        if number == 8:
            return
        yield op


def type_text(type_: Attribute) -> str:
    """`f32 1x3x8x8`, or the type as it prints where it is no tensor."""
    if not isinstance(type_, TensorType):
        return _short(str(type_))
    sizes = "x".join("?" if n < 0 else str(n) for n in type_.get_shape())
    return f"{type_.element_type} {sizes or 'scalar'}"


def value_text(value: object) -> str | None:
    """What a variable of a rule holds, in a line; None for what says nothing to a reader."""
    if isinstance(value, SSAValue):
        owner = value.owner
        by = f" of {owner.name}" if isinstance(owner, Operation) else ", an input"
        return f"{type_text(value.type)}{by}"
    if isinstance(value, Operation):
        return _short(brief(value))
    if isinstance(value, bool | int | float | str | Attribute) or value is None:
        return _short(str(value))
    if isinstance(value, list | tuple | set | frozenset):
        items = cast("Iterable[Any]", value)
        parts = [value_text(item) for item in items]
        return _short(f"[{'; '.join(p for p in parts if p is not None)}]")
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if isinstance(shape, tuple) and dtype is not None:
        return f"an array of {dtype}{list(cast('tuple[Any, ...]', shape))}"
    return None


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."


def graph_operations(module: ModuleOp) -> Iterator[Operation]:
    """The operations of all functions and of the bodies of their branches and loops."""
    for function in module.ops:
        if isinstance(function, FuncOp):
            for op in function.body.walk():
                parent = op.parent_op()
                if not isinstance(op, FuncOp) and (parent is function or names_of(op, "nodes")):
                    yield op
