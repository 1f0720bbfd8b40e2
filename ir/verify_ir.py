"""Verification whose error names the operation, its place and its function, and nothing else.

xDSL appends the whole module in generic form to every verifier error, which is megabytes for a
real model. `quiet_diagnostics` turns that off.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from io import StringIO
from typing import NoReturn

from xdsl.dialects.builtin import ArrayAttr, ModuleOp, StringAttr
from xdsl.ir import IRNode, Operation, SSAValue
from xdsl.printer import Printer
from xdsl.traits import SymbolOpInterface
from xdsl.utils.diagnostic import Diagnostic

from ..errors import InvalidIRError, Note
from .diagnostics import source_position
from .dominance import DominanceError, verify_dominance
from .verify_operations import InvalidOperationError, verify_operations

MAX_EXCERPT = 400


@contextmanager
def quiet_diagnostics() -> Generator[dict[int, Operation]]:
    """Errors of verifiers, patterns and interpreters come without a print of the module.

    Yields a table from the `id` of each such error to the operation that it is about.
    """
    culprits: dict[int, Operation] = {}

    def raise_plainly(self: Diagnostic, ir: IRNode, underlying_error: Exception) -> NoReturn:
        for op in self.op_messages:
            culprits.setdefault(id(underlying_error), op)
        raise underlying_error

    original = Diagnostic.raise_exception
    Diagnostic.raise_exception = raise_plainly
    try:
        yield culprits
    finally:
        Diagnostic.raise_exception = original


def verify_ir(module: ModuleOp, *, after: str | None = None) -> None:
    """Verify every operation, and that values and sizes of the data are defined
    before they are used.

    Args:
        module: what to verify.
        after: the pass that made it, for the message.

    Raises:
        InvalidIRError: with the place, the operation and its function.
    """
    with quiet_diagnostics():
        try:
            verify_operations(module)
        except InvalidOperationError as error:
            raise invalid(error.op, str(error.__cause__), after=after) from error.__cause__
        try:
            verify_dominance(module)
        except DominanceError as error:
            note = _defined_here(error.operand)
            raise invalid(error.op, str(error), after=after, notes=note) from error
        if _ENGINE in sys.modules:  # whose operations alone define sizes; it loads numpy
            _verify_data_sizes(module, after)


_ENGINE = f"{__name__.rsplit('.', 2)[0]}.dialects.engine"


def _verify_data_sizes(module: ModuleOp, after: str | None) -> None:
    from .data_sizes import DataSizesError, verify_data_sizes

    try:
        verify_data_sizes(module)
    except DataSizesError as error:
        raise invalid(error.op, str(error), after=after) from error


def _after(name: str | None) -> str:
    return "" if name is None else f"after pass '{name}': "


def _defined_here(value: SSAValue) -> tuple[Note, ...]:
    if not isinstance(owner := value.owner, Operation):
        return ()
    file, line, column = source_position(owner)
    return (Note("defined here", file, line, column),) if file is not None else ()


def invalid(
    op: Operation, what: str, *, after: str | None = None, notes: Sequence[Note] = ()
) -> InvalidIRError:
    """An error about `op`: where it stands, which framework nodes it is from, how it reads."""
    file, line, column = source_position(op)
    subject = "" if what.startswith(f"'{op.name}'") else f"'{op.name}': "
    return InvalidIRError(
        f"{_after(after)}{subject}{' '.join(what.split())}{_nodes(op)}",
        file=file,
        line=line,
        column=column,
        excerpt=f"  {operation_text(op)}\n  {_enclosing_function(op)}".rstrip(),
        notes=notes,
        operation=op,
    )


def operation_text(op: Operation) -> str:
    """One line of generic IR for `op`, its regions left out, long ones shortened."""
    bare = op.clone_without_regions()
    for old, new in zip(op.results, bare.results, strict=True):
        new.name_hint = old.name_hint
    stream = StringIO()
    Printer(stream=stream, print_generic_format=True).print_op(bare)
    bare.drop_all_references()
    text = " ".join(stream.getvalue().split())
    return text if len(text) <= MAX_EXCERPT else text[: MAX_EXCERPT - 4] + " ..."


def _nodes(op: Operation) -> str:
    nodes = op.attributes.get("nodes")
    if not isinstance(nodes, ArrayAttr):
        return ""
    names = [node.data for node in nodes if isinstance(node, StringAttr)]
    return f" (from node {', '.join(repr(name) for name in names)})" if names else ""


def _enclosing_function(op: Operation) -> str:
    parent = op.parent_op()
    while parent is not None:
        trait = parent.get_trait(SymbolOpInterface)
        if trait is not None and (name := trait.get_sym_attr_name(parent)) is not None:
            return f"in {parent.name} @{name.data}"
        parent = parent.parent_op()
    return ""
