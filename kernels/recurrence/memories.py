"""What the functions of a recurrent kernel work on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import SSAValue


@dataclass(frozen=True)
class Memories:
    """The operands and results of the kernel, inside of one of its functions."""

    gates: SSAValue
    weights: Sequence[SSAValue]
    lengths: Sequence[SSAValue]
    hidden: SSAValue
    states: Sequence[SSAValue]
    extras: Sequence[SSAValue]
    kept: Sequence[SSAValue]
    """First gates `[rows, G1 * H]` and the operand of the second product `[rows, H]`."""

    @property
    def all(self) -> list[SSAValue]:
        """In the order of a function's arguments."""
        rest = [*self.lengths, self.hidden, *self.states, *self.extras, *self.kept]
        return [self.gates, *self.weights, *rest]

    def inside(self, values: Sequence[SSAValue]) -> Memories:
        """The same ones as the arguments of a function that takes `all`."""
        rest = list(values)

        def take(old: Sequence[SSAValue]) -> list[SSAValue]:
            return [rest.pop(0) for _ in old]

        [gates], weights, lengths = take([self.gates]), take(self.weights), take(self.lengths)
        [hidden], states, extras = take([self.hidden]), take(self.states), take(self.extras)
        return Memories(gates, weights, lengths, hidden, states, extras, take(self.kept))
