"""
Tensors that share memory, in a program that writes into them.

A program before decomposition changes tensors in place: `relu_`, `add_`, `cache[0:1].copy_(x)`.
Values of the IR never change. So every tensor belongs to a `Storage`, which has a current value;
one that is a view knows by which steps it comes from it. A write makes a new value of the storage,
through the steps backwards, and every view is made anew when it is next looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from xdsl.ir import SSAValue

from .program import TensorMeta


@dataclass
class Storage:
    """Memory that several tensors may share."""

    value: SSAValue
    """What it holds by now, as the tensor that it was made as."""
    version: int = 0
    """How often it was written into."""


@dataclass(frozen=True)
class ViewStep:
    """One view of a tensor."""

    forward: Callable[[SSAValue], SSAValue]
    """The view of a value of the whole."""
    backward: Callable[[SSAValue, SSAValue], SSAValue]
    """The whole where the view has a new value, from what it was and that value."""


@dataclass
class Tensor:
    """A tensor of the program."""

    storage: Storage
    meta: TensorMeta
    steps: tuple[ViewStep, ...] = ()
    """From the tensor that the storage was made as to this one."""
    _value: SSAValue | None = None
    _version: int = field(default=-1)

    @classmethod
    def new(cls, value: SSAValue, meta: TensorMeta) -> Tensor:
        """One with memory of its own."""
        return cls(Storage(value), meta)

    def view(self, value: SSAValue, meta: TensorMeta, step: ViewStep) -> Tensor:
        """A view of this one, which has the value that it has now."""
        return Tensor(self.storage, meta, (*self.steps, step), value, self.storage.version)

    @property
    def value(self) -> SSAValue:
        """What it holds by now."""
        if self._value is None or self._version != self.storage.version:
            value = self.storage.value
            for step in self.steps:
                value = step.forward(value)
            self._value, self._version = value, self.storage.version
        return self._value

    def write(self, value: SSAValue) -> None:
        """Give it a new value, and so everything that it is a view of."""
        wholes = [self.storage.value]
        for step in self.steps[:-1]:
            wholes.append(step.forward(wholes[-1]))
        new = value
        for step, whole in zip(reversed(self.steps), reversed(wholes), strict=False):
            new = step.backward(whole, new)
        self.storage.value = new
        self.storage.version += 1
        self._value, self._version = value, self.storage.version
