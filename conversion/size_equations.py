"""
The numbers that names have, from sizes that are known: each size is an equation.

Plain names come first, then expressions with one unknown name that is multiplied by a number. No
other is solved; once its names are known it is compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..runtime.size import Extent, Size, evaluated, name_of, substituted
from ..runtime.size_solving import coefficient, value_of


@dataclass(frozen=True)
class Equation:
    """A size that is known, and where that is from."""

    size: Extent
    number: int
    where: str = ""


@dataclass(frozen=True)
class Contradiction:
    """An equation that does not hold for the numbers that others give."""

    equation: Equation
    found: int | None
    """What the size is by the others; None where no number of the name would do."""
    other: Equation | None
    """The equation that gave the name its number, where there is one name."""
    name: str = ""
    """The one name that is left to find, where no number of it would do."""


def solved(equations: Iterable[Equation]) -> tuple[dict[str, int], list[Contradiction]]:
    """The numbers of names by the first equation that gives each, and the rest that contradicts."""
    values: dict[str, int] = {}
    origin: dict[str, Equation] = {}
    wrong: list[Contradiction] = []
    waiting: list[Equation] = []
    for equation in equations:
        name = name_of(equation.size)
        if name is None:
            waiting.append(equation)
        elif values.setdefault(name, equation.number) != equation.number:
            wrong.append(Contradiction(equation, values[name], origin[name]))
        else:
            origin.setdefault(name, equation)
    progress = True
    while progress:
        progress = False
        for equation in list(waiting):
            found = _unknown(equation, values)
            if found is None:
                continue
            waiting.remove(equation)
            progress = True
            name, number = found
            if name and number is not None and number >= 0:
                values[name], origin[name] = number, equation
            elif name:
                wrong.append(Contradiction(equation, None, None, name))
            elif number != equation.number:
                known = [origin[n] for n in _names(equation.size) if n in origin]
                other = known[0] if len(known) == 1 else None
                wrong.append(Contradiction(equation, number, other))
    return values, wrong


def _names(size: Extent) -> tuple[str, ...]:
    return size.names if isinstance(size, Size) else ()


def _unknown(equation: Equation, values: Mapping[str, int]) -> tuple[str, int | None] | None:
    """
    The one unknown name of an equation and its number, None where no number will do.

    Without an unknown name, the name is empty and the number what the size is; None where there
    are several, or one in another form than a multiple.
    """
    open_ = [name for name in _names(equation.size) if name not in values]
    if not open_:
        return "", evaluated(equation.size, values)
    if len(open_) > 1:
        return None
    [name] = open_
    factor = coefficient(substituted(equation.size, values), name)
    if not factor:
        return None
    return name, value_of(equation.size, name, factor, equation.number, values)
