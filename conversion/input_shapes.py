"""
The inputs of a model with the sizes that a user gives them, and what is known of those left open.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from xdsl.ir import Attribute

from ..dialects.framework import dims_of, element_of, tensor_type
from ..dialects.framework.fit import shown
from ..runtime.size import Extent, Size, name_of, named, substituted
from ..runtime.size_facts import Dim, hidden
from .problems import Problems
from .size_equations import Contradiction, Equation, solved
from .size_names import SizeNames, expression_of, named_inputs, names_in, with_values

LARGEST_DIMENSION = 2**40
"""Beyond it a size is a mistake."""

LARGEST_RANK = 32
"""Arrays of numpy have up to twice as many dimensions, and operations on the way need some."""

FIRST_HINT = 1
"""The size to plan for of the first dimension of an input: a batch."""

LENGTH_HINT = 128
"""That of other dimensions of inputs of rank 3 and below: a length."""

IMAGE_HINT = 224
"""That of other dimensions of inputs of higher rank: rows and columns."""


@dataclass(frozen=True)
class GraphInputs:
    """Names and types of the inputs that a caller has to provide."""

    names: tuple[str, ...]
    types: tuple[Attribute, ...]
    sizes: SizeNames = field(default_factory=SizeNames)
    """What the names in declared sizes stand for."""
    dims: Mapping[str, Dim] = field(default_factory=dict[str, Dim])
    """What is known of each name that the types mention."""

    def without(self, names: Container[str]) -> GraphInputs:
        """The same inputs without some of them."""
        kept = [(n, t) for n, t in zip(self.names, self.types, strict=True) if n not in names]
        left = tuple(t for _, t in kept)
        found = {name: self.dims[name] for name in names_in(left)}
        return replace(self, names=tuple(n for n, _ in kept), types=left, dims=found)


def bound_inputs(
    types: Mapping[str, Attribute],
    shapes: Mapping[str, Sequence[Extent]] | None,
    problems: Problems,
    *,
    dims: Mapping[str, Dim] | None = None,
    taken: Collection[str] = (),
) -> GraphInputs:
    """The inputs of a model by name, with `shapes` and `dims` applied.

    A key of `shapes` is the name of an input, with all its sizes, or of a named dimension, with
    one size; a key of `dims` is the name of a dimension. A size that is given may be one by name.
    A dimension's name stands for one size throughout. A size that the model fixes stays what it is.
    `taken` are words that no name is made
    of for a dimension without one.
    """
    given, facts = shapes or {}, dims or {}
    found, names = named_inputs(types, taken)
    for name, shape in given.items():
        element = element_of(found[name]) if name in found else None
        if element is not None and dims_of(found[name]) is None:
            found[name] = tensor_type(element, shape)
    found, names = _renamed(found, names, given)
    numbers = _numbers(found, names, given, problems)
    for name, dim in facts.items():
        _check_dim(name, dim, names, numbers, problems)
        if name in names.values and dim.upper == dim.lower:
            numbers.setdefault(name, dim.lower)
    known: dict[str, Extent] = dict(numbers)
    for name, dim in facts.items():
        if dim.multiple > 1:
            known.setdefault(name, hidden(name, dim.multiple))
    bound = names.given({n: substituted(size, known) for n, size in names.values.items()})
    result = {name: with_values(type_, bound.values) for name, type_ in found.items()}
    return GraphInputs(tuple(result), tuple(result.values()), bound, _facts(found, result, facts))


def _renamed(
    types: Mapping[str, Attribute], names: SizeNames, shapes: Mapping[str, Sequence[Extent]]
) -> tuple[dict[str, Attribute], SizeNames]:
    """The inputs with the sizes by name that `shapes` gives in place of names of the model."""
    values: dict[str, Extent] = {}
    for key, shape in shapes.items():
        dims = dims_of(types[key]) if key in types else (named(key),) if key in names.values else ()
        for dim, size in zip(dims or (), shape, strict=False):
            name = name_of(dim)
            if isinstance(size, Size) and name is not None and size != dim:
                values.setdefault(name, size)
    found = {name: with_values(type_, values) for name, type_ in types.items()}
    new = {name: named(name) for name in names_in(found.values())}
    return found, SizeNames({**names.values, **new, **values}, names.made)


def _numbers(
    types: Mapping[str, Attribute],
    names: SizeNames,
    shapes: Mapping[str, Sequence[Extent]],
    problems: Problems,
) -> dict[str, int]:
    """The size of each named dimension that `shapes` decides."""
    equations: list[Equation] = []
    for key, shape in shapes.items():
        size = expression_of(key, names.values)
        if any(isinstance(n, int) and not 0 <= n <= LARGEST_DIMENSION for n in shape):
            problems.add(f"shape of '{key}': {shown(shape)} has an impossible size")
        elif key in types:
            equations.extend(_equations(key, types[key], shape, problems))
        elif isinstance(size, Size) and len(shape) == 1:
            if isinstance(number := shape[0], int):
                equations.append(Equation(substituted(size, names.values), number))
        else:
            choices = [*types, *sorted(names.values)]
            near = get_close_matches(key, choices, n=1) or choices
            what = "is a dimension and takes one size" if size is not None else "names no input"
            problems.add(f"shape of '{key}': it {what}; there are {', '.join(near)}")
    numbers, wrong = solved(equations)
    for contradiction in wrong:
        problems.add(_contradiction_text(contradiction))
    for equation in equations:
        left = [n for n in _names(equation.size) if n not in numbers]
        if left and not wrong:
            problems.add(
                f"dimension '{equation.size}' is given as {equation.number}; give "
                f"{' or '.join(left)}, too"
            )
    return numbers


def _names(size: Extent) -> tuple[str, ...]:
    return size.names if isinstance(size, Size) else ()


def _contradiction_text(wrong: Contradiction) -> str:
    size, number = wrong.equation.size, wrong.equation.number
    text = name_of(size) or size
    if wrong.found is None:
        return f"dimension '{text}' is given as {number}, which no size of {wrong.name} makes"
    if name_of(size) is None:
        return f"dimension '{text}' is given as {number}, but is {wrong.found} by the other sizes"
    return f"dimension '{text}' is given as {wrong.found} and as {number}"


def _equations(
    name: str, type_: Attribute, shape: Sequence[Extent], problems: Problems
) -> list[Equation]:
    """What the shape given for an input says of the names in its sizes."""
    if element_of(type_) is None:
        problems.add(f"shape of '{name}': this input is not a tensor")
        return []
    dims = dims_of(type_)
    if dims is None:
        return []
    if len(dims) != len(shape):
        problems.add(f"shape of '{name}': {shown(shape)} given, the input has rank {len(dims)}")
        return []
    found: list[Equation] = []
    for at, (dim, size) in enumerate(zip(dims, shape, strict=True)):
        if isinstance(dim, Size) and isinstance(size, int):
            found.append(Equation(dim, size))
        elif dim is not None and dim != size:
            problems.add(
                f"shape of '{name}': {shown(shape)} given, but dimension {at} is {dim} in the "
                f"model, not {size}"
            )
    return found


def _check_dim(
    name: str, dim: Dim, names: SizeNames, numbers: Mapping[str, int], problems: Problems
) -> None:
    """Report what is said of a size that no input has, or that its number contradicts."""
    if name not in names.values:
        choices = sorted(names.values)
        near = get_close_matches(name, choices, n=1) or choices
        there = f"there are {', '.join(near)}" if near else "the model leaves none open"
        problems.add(f"size '{name}': no input has a dimension of this name; {there}")
    elif name in numbers and not dim.takes(numbers[name]):
        problems.add(f"size '{name}': it is given as {numbers[name]}, and as one within {dim}")


def _facts(
    before: Mapping[str, Attribute], types: Mapping[str, Attribute], given: Mapping[str, Dim]
) -> dict[str, Dim]:
    """What is known of each name that the types of inputs mention once sizes are given."""
    hints = _default_hints(before)
    facts: dict[str, Dim] = {}
    for name, said in ((name, given.get(name, Dim())) for name in names_in(before.values())):
        hint = _within(said, hints[name]) if said.hint is None else said.hint
        if said.multiple == 1:
            facts[name] = replace(said, hint=hint)
            continue
        parts = said.multiple
        upper = None if said.upper is None else said.upper // parts
        facts[hidden_name(name, parts)] = Dim(-(-said.lower // parts), upper, 1, hint // parts)
    return {name: facts[name] for name in names_in(types.values())}


def hidden_name(name: str, multiple: int) -> str:
    """The name of which a name declared as a multiple is so many (`size_facts.hidden`)."""
    size = hidden(name, multiple)
    return size.names[0] if isinstance(size, Size) else name


def _default_hints(types: Mapping[str, Attribute]) -> dict[str, int]:
    """The size to plan for of each name, by where it first stands alone."""
    hints: dict[str, int] = {}
    for type_ in types.values():
        dims = dims_of(type_) or ()
        for at, dim in enumerate(dims):
            if isinstance(dim, Size):
                other = LENGTH_HINT if len(dims) <= 3 else IMAGE_HINT
                for name in dim.names:
                    hints.setdefault(name, other if at else FIRST_HINT)
    return hints


def _within(dim: Dim, hint: int) -> int:
    """The size nearest to a hint that a dimension takes."""
    top = hint if dim.upper is None else min(hint, dim.upper)
    below = top // dim.multiple * dim.multiple
    least = -(-dim.lower // dim.multiple) * dim.multiple
    return max(below, least)
