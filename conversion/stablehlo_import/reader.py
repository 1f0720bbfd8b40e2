"""Text, bytecode, files of `jax.export` and its objects as a `Program`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from xdsl.context import Context
from xdsl.dialects.func import FuncOp

from ...dialects.chlo.dialect import op_classes as chlo_classes
from ...dialects.stablehlo import op_classes
from ...errors import ImportModelError, InvalidIRError
from ...ir.dominance import DominanceError, verify_dominance
from ...ir.parse_ir import parse_ir
from ..source import Content
from .bytecode import read_bytecode
from .exported import Exported, exported_of
from .open_dims import sizes_by_calls
from .program import Program
from .recognise import holds_exported, is_bytecode
from .text import MOST_REPEATED, largest_repeat, operations_in, plain_text


def read_program(source: Content | Any, ctx: Context) -> Program:
    """
    The program in a file, in bytes, or in an object `jax.export.Exported`.

    Raises `ImportModelError` for what is damaged, of another format, or has unknown operations.
    """
    program = _read(source, ctx)
    _require_order(program)
    if not program.input_dims:
        return replace(program, input_dims=sizes_by_calls(program.module) or ())
    return program


def _require_order(program: Program) -> None:
    """
    See that functions have one block each, in which values are defined before they are used.

    Raises `ImportModelError` where they are not: what comes next walks them in this order.
    """
    module = program.module
    if len(module.body.blocks) != 1:
        raise ImportModelError(program.subject, "has a module without one block of functions")
    for op in module.ops:
        if isinstance(op, FuncOp) and not op.is_declaration and len(op.body.blocks) != 1:
            count, name = len(op.body.blocks), op.sym_name.data
            raise ImportModelError(
                program.subject, f"function '{name}' has {count} blocks, expected one"
            )
    try:
        verify_dominance(module)
    except DominanceError as error:
        raise ImportModelError(program.subject, f"is no program: {error}") from error


def _read(source: Content | Any, ctx: Context) -> Program:
    if not isinstance(source, Content):
        serialized = getattr(source, "mlir_module_serialized", None)
        if not isinstance(serialized, bytes):
            kind = f"{type(source).__module__}.{type(source).__qualname__}"
            raise ImportModelError(
                "model",
                f"is a {kind}; expected jax.export.Exported, as "
                "jax.export.export(jax.jit(f))(*arguments) gives; or compile jax.jit(f) with "
                "example=arguments",
            )
        return _exported(Exported.of_object(source, serialized), "model")
    data = source.data
    if is_bytecode(data):
        return read_bytecode(bytes(data), source.subject)
    if holds_exported(data):
        return _exported(exported_of(data, source.subject), source.subject)
    return _text(source, ctx)


def _exported(found: Exported, subject: str) -> Program:
    program = read_bytecode(found.module, subject)
    return Program(
        subject,
        program.module,
        (*found.facts, *program.facts),
        found.input_names,
        found.input_dims,
        found.output_names,
    )


def _text(source: Content, ctx: Context) -> Program:
    try:
        text = bytes(source.data).decode()
    except UnicodeDecodeError as error:
        problem = f"is not a text (byte {error.start} is not UTF-8)"
        raise ImportModelError(source.subject, problem) from None
    found = operations_in(text)
    unknown = sorted(name for name in found if name not in _known())
    if unknown:
        problems = [f"operation '{name}' is not supported" for name in unknown]
        raise ImportModelError(source.subject, tuple(problems))
    plain = plain_text(text, source.subject)
    repeated = largest_repeat(plain.text)
    if repeated > MOST_REPEATED:
        problem = f"a number is repeated {repeated} times outside of a constant"
        raise ImportModelError(source.subject, problem)
    try:
        module = parse_ir(ctx, plain.text, source.subject)
    except InvalidIRError as error:
        raise ImportModelError(source.subject, str(error)) from error
    facts = (("format", "StableHLO, text"),)
    return Program(source.subject, module, facts, names=plain.names)


def _known() -> Mapping[str, object]:
    return {**op_classes(), **chlo_classes(), **dict.fromkeys(_FUNCTIONS)}


_FUNCTIONS = (
    *("builtin.module", "func.call", "func.func", "func.return", "stablehlo.return", "sdy.mesh"),
)
