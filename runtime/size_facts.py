"""
What is known of the names that sizes are made of: bounds, multiples, and the size to plan for.

`Dim(1, 2048, multiple=8, hint=128)` says it of one name; `--size S=1..2048/8@128` is the same on a
command line. A name that is a multiple of `m` is replaced by `m * 'S/m'` before anything else
(`hidden`), so that `2 * (S floordiv 2)` is `S`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from ..errors import UsageError
from .size import Extent, Size, evaluated, named, range_of, same

LARGEST_SIZE = 2**48
"""No dimension is larger: products of a few of them stay within 64 bits in every check."""


@dataclass(frozen=True)
class Dim:
    """
    What is known of a size by name.

    `lower` and `upper` are the least and the most that it may be, `upper` None where nothing bounds
    it; it is a multiple of `multiple`; layouts, panels and memory are planned for `hint`. Hints
    decide speed, never results beyond rounding.

    Raises:
        UsageError: for bounds that no size is within, and for a hint outside of them.
    """

    lower: int = 0
    upper: int | None = None
    multiple: int = 1
    hint: int | None = None

    def __post_init__(self) -> None:
        top = LARGEST_SIZE if self.upper is None else self.upper
        if self.multiple < 1 or not 0 <= self.lower <= top <= LARGEST_SIZE:
            raise UsageError(f"a size of {self} does not exist: bounds are 0 <= lower <= upper")
        if -(-self.lower // self.multiple) * self.multiple > top:
            raise UsageError(f"a size of {self} does not exist: no multiple lies within the bounds")
        if self.hint is not None and not self.takes(self.hint):
            raise UsageError(f"the hint {self.hint} is no size of {self}")

    def takes(self, size: int) -> bool:
        """Whether a size is within the bounds and a multiple."""
        top = LARGEST_SIZE if self.upper is None else self.upper
        return self.lower <= size <= top and size % self.multiple == 0

    def __str__(self) -> str:
        text = f"{self.lower}..{'' if self.upper is None else self.upper}"
        text += f"/{self.multiple}" if self.multiple > 1 else ""
        return text + (f"@{self.hint}" if self.hint is not None else "")


_DIM = re.compile(r"(\d+)(?:(\.\.)(\d*))?(?:/(\d+))?(?:@(\d+))?")


def parse_dim(text: str) -> Dim:
    """
    `1..2048/8@128`, `1..`, `7`.

    Raises:
        UsageError: for another text, or bounds that contradict each other.
    """
    match = _DIM.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"'{text}' is no size: write a number, or bounds like 1..2048/8@128")
    low, dots, high, multiple, hint = match.groups()
    upper = int(low) if dots is None else int(high) if high else None
    return Dim(int(low), upper, int(multiple or 1), None if hint is None else int(hint))


def hidden(name: str, multiple: int) -> Extent:
    """The size that stands for a name that is a multiple: `multiple * 'name/multiple'`."""
    return named(name) if multiple == 1 else named(f"{name}/{multiple}") * multiple


class Facts:
    """
    What is known of some names. One that is not among them is any number from 0 on.

    The names of `dims` are those that stand in sizes; with multiples it is the hidden ones. Those
    of `decided` are found by the program, and are at most so large, which may be a size.
    """

    def __init__(
        self,
        dims: Mapping[str, Dim] | None = None,
        decided: Mapping[str, Extent | None] | None = None,
    ):
        self._dims = dict(dims or {})
        self.decided: Mapping[str, Extent | None] = dict(decided or {})

    @property
    def dims(self) -> Mapping[str, Dim]:
        """What is known, by name."""
        return self._dims

    def add(self, name: str, dim: Dim) -> None:
        """Say what is known of one more name, which nothing was asked about before."""
        self._dims[name] = dim
        self.__dict__.pop("hints", None)

    def bounds(self, name: str) -> tuple[int, int | None]:
        """The least and the most that a name can be."""
        dim = self.dims.get(name)
        return (0, None) if dim is None else (dim.lower, dim.upper)

    def hint(self, name: str) -> int:
        """The size to plan for: the hint, else the least size that is not below 1."""
        dim = self.dims.get(name)
        if dim is None:
            return 1
        return max(dim.lower, 1) if dim.hint is None else dim.hint

    @cached_property
    def hints(self) -> Mapping[str, int]:
        """The size to plan for, of every name with facts."""
        return {name: self.hint(name) for name in self.dims}

    def range_of(self, size: Extent) -> tuple[float, float]:
        """The least and the most that a size can be."""
        return range_of(size, self.bounds)

    def same(self, a: Extent, b: Extent) -> bool | None:
        """Whether two sizes are equal; None where that depends on the names."""
        if (found := same(a, b)) is not None:
            return found
        low, high = self.range_of(a - b)
        return False if low > 0 or high < 0 else True if low == high == 0 else None

    def at_least(self, size: Extent, least: Extent) -> bool | None:
        """Whether a size is at least another one; None where that depends on the names."""
        low, high = self.range_of(size - least)
        return True if low >= 0 else False if high < 0 else None

    def divides(self, divisor: int, size: Extent) -> bool | None:
        """Whether a number divides a size; None where that depends on the names."""
        if isinstance(size, int):
            return size % divisor == 0
        rest = [c % divisor for monomial, c in size.terms if monomial]
        constant = next((c for monomial, c in size.terms if not monomial), 0)
        return constant % divisor == 0 if not any(rest) else None

    def evaluated_at_hints(self, size: Extent) -> int:
        """The number that a size is where every name is its hint; 1 for a name without facts."""
        return evaluated(size, {name: self.hint(name) for name in names_of((size,))})


def names_of(sizes: Iterable[Extent]) -> tuple[str, ...]:
    """The names in sizes, each once, in the order of their first appearance."""
    found: dict[str, None] = {}
    for size in sizes:
        if isinstance(size, Size):
            found.update(dict.fromkeys(size.names))
    return tuple(found)
