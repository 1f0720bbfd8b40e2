"""
Whether sizes, axes and numbers of an operator fit together: what the rules of every framework's
operators are made of.

A size that is not known fits everything. All functions raise `VerifyException` with what is wrong
and what was expected; the caller knows which operation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NoReturn

from xdsl.utils.exceptions import VerifyException

from ...runtime.size import same
from .types import Dim

Dims = tuple[Dim, ...]
"""The dimensions of a tensor, as far as known."""


def refuse(problem: str) -> NoReturn:
    """Raise `VerifyException`."""
    raise VerifyException(problem)


def differ(a: Dim, b: Dim) -> bool:
    """Whether two sizes are known to be not the same."""
    if isinstance(a, int) and isinstance(b, int):
        return a != b
    return a is not None and b is not None and same(a, b) is False


def shown(dims: Iterable[Dim]) -> str:
    """A shape in a message: `[2, batch, ?]`."""
    return f"[{', '.join('?' if d is None else str(d) for d in dims)}]"


def require_axis(axis: int, rank: int, name: str = "axis") -> int:
    """The axis counted from the front. One of a tensor of rank 0 may be 0 or -1."""
    if not -max(rank, 1) <= axis < max(rank, 1):
        least, most = -max(rank, 1), max(rank, 1) - 1
        refuse(f"{name} {axis} is outside of a tensor of rank {rank}; expected {least} to {most}")
    return axis + rank if axis < 0 else axis


def require_axes(axes: Sequence[int], rank: int, name: str = "axes") -> list[int]:
    """Distinct axes, counted from the front."""
    for axis in axes:
        if not -rank <= axis < rank:
            refuse(
                f"{name} {list(axes)} has {axis}, which is outside of a tensor of rank {rank}; "
                f"expected {-rank} to {rank - 1}"
            )
    found = [axis % rank for axis in axes]
    require_distinct(found, axes, name)
    return found


def require_distinct(found: Sequence[int], given: Sequence[int], name: str) -> None:
    """No axis twice, whichever way each of them is spelled."""
    if len(set(found)) < len(found):
        refuse(f"{name} {list(given)} names an axis twice; expected each once")


def require_permutation(order: Sequence[int], rank: int, name: str) -> None:
    """Each axis of a tensor once."""
    if sorted(order) != list(range(rank)):
        refuse(f"{name} {list(order)} is not an order of the {rank} axes of its operand")


def require_rank(dims: Dims | None, name: str, least: int, most: int | None = None) -> None:
    """A rank in a range; without `most`, no upper bound."""
    if dims is None or (least <= len(dims) and (most is None or len(dims) <= most)):
        return
    wanted = f"at least {least}" if most is None else str(least)
    if most is not None and most > least:
        wanted += f" to {most}"
    refuse(f"{name} {shown(dims)} has rank {len(dims)}; expected rank {wanted}")


def require_dims(dims: Dims | None, wanted: Sequence[Dim], name: str, why: str = "") -> None:
    """The dimensions that are known to be wanted."""
    if dims is None:
        return
    if len(dims) != len(wanted) or any(map(differ, dims, wanted)):
        refuse(f"{name} has the shape {shown(dims)}; expected {shown(wanted)}{why}")


def require_count(values: Sequence[object], count: int, name: str, why: str) -> None:
    """A number of values."""
    if len(values) != count:
        refuse(f"{name} has {len(values)} values; expected {count}, {why}")


def require_least(values: Iterable[int], least: int, name: str) -> None:
    """Values none of which is smaller."""
    for value in values:
        if value < least:
            refuse(f"{name} has the value {value}; expected {least} or more")


def require_one_of(value: str | None, known: Iterable[str], name: str) -> None:
    """A word of a list."""
    if value is not None and value not in known:
        refuse(f"{name} is {value!r}; expected one of {', '.join(known)}")


def broadcast_dims(shapes: Sequence[Dims], names: Sequence[str]) -> Dims:
    """The dimensions of tensors broadcast together."""
    rank = max(map(len, shapes), default=0)
    result: list[Dim] = [1] * rank
    for dims in shapes:
        for at, size in enumerate(dims, rank - len(dims)):
            if result[at] == 1:
                result[at] = size
            elif size != 1 and differ(result[at], size):
                every = " and ".join(f"{n} {shown(d)}" for n, d in zip(names, shapes, strict=True))
                refuse(f"{every} cannot be broadcast together")
            elif size != 1 and isinstance(size, int):
                result[at] = size
    return tuple(result)


def require_broadcasts_to(dims: Dims | None, target: Dims, name: str, what: str) -> None:
    """Dimensions that can be repeated until they are `target`."""
    if dims is None:
        return
    fits = len(dims) <= len(target) and not any(
        size != 1 and differ(size, wanted)
        for size, wanted in zip(reversed(dims), reversed(target), strict=False)
    )
    if not fits:
        refuse(f"{name} {shown(dims)} cannot be broadcast to {what} {shown(target)}")
