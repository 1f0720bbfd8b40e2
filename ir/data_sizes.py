"""
Every size that the data decides is defined once, before it is used: what `verify_ir` checks of it.

A name that an operation finds is listed by its function as one that the data decides, and is
known behind that operation in its block and in the regions of what follows there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation
from xdsl.utils.exceptions import VerifyException

from ..dialects.engine.data_sizes import SizeDefiningOp, data_names
from ..dialects.engine.loop import LoopOp
from ..dialects.engine.mentioned_names import MentionedNames
from ..dialects.engine.view import ViewOp


class DataSizesError(VerifyException):
    """A name that the data decides and that is not what it should be: `op` is where."""

    def __init__(self, complaint: str, op: Operation):
        super().__init__(f"'{op.name}' {complaint}")
        self.op = op


def verify_data_sizes(module: ModuleOp) -> None:
    """
    Check the names that operations of a module define.

    Raises:
        DataSizesError: at the first that is unknown to its function, defined twice, or used before
            its definition or outside of the region of that.
    """
    for op in module.ops:
        if isinstance(op, FuncOp):
            _Function(op).verify()


class _Function:
    def __init__(self, function: FuncOp):
        self._function = function
        self._listed = data_names(function).keys()
        self._mentioned = MentionedNames()
        self._visible: set[str] = set()
        self._defined: set[str] = set()

    def verify(self) -> None:
        open_: list[tuple[Iterator[Operation], list[str]]] = []
        self._enter(self._function, open_)
        while open_:
            ops, names = open_[-1]
            op = next(ops, None)
            if op is None:
                self._visible.difference_update(names)
                open_.pop()
                continue
            if self._listed and not isinstance(op, ViewOp | LoopOp):  # memory is there before
                self._check_uses(op)
            if isinstance(op, SizeDefiningOp):
                names.extend(self._define(op, op.defined_names))
            self._enter(op, open_)
            trip = op.trip_name if isinstance(op, LoopOp) else None
            if trip is not None and trip in self._listed:
                open_[-1][1].extend(self._define(op, [trip]))

    def _enter(self, op: Operation, open_: list[tuple[Iterator[Operation], list[str]]]) -> None:
        open_.extend((iter(b.ops), []) for r in op.regions for b in r.blocks)

    def _check_uses(self, op: Operation) -> None:
        own = set(op.defined_names) if isinstance(op, SizeDefiningOp) else set[str]()
        for name in self._mentioned.of_operation(op):
            if name in self._listed and name not in self._visible and name not in own:
                raise DataSizesError(
                    f"has a size '{name}', which the data decides and no operation before it in"
                    " its region defines",
                    op,
                )

    def _define(self, op: Operation, defined: Sequence[str]) -> Sequence[str]:
        for name in defined:
            if name not in self._listed:
                raise DataSizesError(
                    f"defines '{name}', which its function does not list among its sizes as one"
                    " that the data decides",
                    op,
                )
            if name in self._defined:
                raise DataSizesError(f"defines '{name}', which another one defines before it", op)
        self._defined.update(defined)
        self._visible.update(defined)
        return defined
