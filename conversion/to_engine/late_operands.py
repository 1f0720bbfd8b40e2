"""
Replacing values of which an operation with many operands uses each.

To set one of n operands copies all n. An operation of many operands is therefore given its new
ones together, when it is looked at next; until then what gave the old ones is kept aside.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from xdsl.ir import Operation, SSAValue

MANY = 64
"""Operands from which on they are set together."""


@dataclass
class LateOperands:
    """New operands of operations of many, until `settle`."""

    _operands: dict[Operation, dict[int, SSAValue]] = field(
        default_factory=dict[Operation, dict[int, SSAValue]]
    )
    _kept: list[Operation] = field(default_factory=list[Operation])
    """Operations without a block, whose results are still operands of those."""

    def replace(self, old: SSAValue, new: SSAValue) -> None:
        """Give the uses of `old` the value `new`, at once or late."""
        for use in tuple(old.uses):
            if len(use.operation.operands) < MANY:
                use.operation.operands[use.index] = new
            else:
                self._operands.setdefault(use.operation, {})[use.index] = new
        if new.name_hint is None:
            new.name_hint = old.name_hint

    def erase(self, op: Operation) -> None:
        """Take away an operation that has been replaced."""
        op.detach()
        if any(result.first_use is not None for result in op.results):
            self._kept.append(op)
        else:
            op.erase()

    def settle(self, op: Operation) -> None:
        """Give an operation the operands it was to get."""
        late = self._operands.pop(op, None)
        if late is not None:
            op.operands = [late.get(at, value) for at, value in enumerate(op.operands)]

    def settle_all(self) -> None:
        """The same for every operation; what was kept aside is erased."""
        for op in list(self._operands):
            self.settle(op)
        for op in reversed(self._kept):
            op.erase()
        self._kept.clear()
