"""
The sizes that a kernel takes as arguments.

Where an operation has sizes that are no numbers, its kernel is written for an operation that has
*parameters* in their place: `p0`, `p1`, ..., in the order in which they appear. So operations whose
sizes have other names, or come from other expressions, share a kernel; names, hints and bounds
decide nothing in it.

- Equal sizes are one parameter: `memref<?x?xf32, sizes<"N", "S">>` is `sizes<"p0", "p1">`, and a
  size that is a sum or a product is one, too: `N * S` rows are `p0` rows.
- A size that is made of parameters is written with them: beside `P` and `S`, `P + S` is `p0 + p1`.
  Such sizes are found from the simplest on, so `N * S` beside `N` and `S` is a product whichever
  comes first. A quotient, minimum, maximum or broadcast is always a parameter of its own.
- Strides stay products: `S * 768` beside `S` is `p0 * 768`. What is left of a stride that is no
  product of parameters is one more.

`kernel_sizes(op)` gives what to pass for `p0`, `p1`, ...; the arguments come last
(`template.kernel_arguments`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import gcd
from typing import TypeVar, cast

from xdsl.dialects.builtin import (
    ArrayAttr,
    DictionaryAttr,
    IntegerAttr,
    MemRefType,
    StringAttr,
    i64,
)
from xdsl.ir import Attribute, Block, SSAValue

from ..dialects.engine.base import EngineOp, extents_of, layout_attr_of
from ..dialects.engine.bound_sizes import BoundSizes
from ..dialects.engine.data_sizes import SizeDefiningOp
from ..dialects.engine.layout import LayoutAttr
from ..dialects.engine.sizes import ExtentsAttr
from ..runtime.size import (
    Extent,
    Size,
    exact_quotient,
    named,
    of_terms,
    substituted,
    terms_of,
)

PARAMETERS = "parameters"
"""Attribute of an operation that a kernel is written for: how many parameters it has."""


def parameter(number: int) -> Size:
    """The size that argument number `number` of the sizes of a kernel is: `p0`, `p1`, ..."""
    return named(f"p{number}")


OpT = TypeVar("OpT", bound=EngineOp)


@dataclass(frozen=True)
class Parametrized:
    """An operation with parameters for sizes, and the size that each of them is."""

    op: EngineOp
    sizes: tuple[Extent, ...]


def has_open_sizes(op: EngineOp) -> bool:
    """Whether an operation has a size or stride that is no number."""
    return any(map(is_open, op.operand_types)) or any(map(_holds_extents, op.properties.values()))


def is_open(value: SSAValue | Attribute) -> bool:
    """Whether a buffer has a size or a stride that is no number; kernels take it as flat memory."""
    if isinstance(value, MemRefType):
        return _is_open_buffer(cast("MemRefType[Attribute]", value))
    return isinstance(value, SSAValue) and is_open(value.type)


def _is_open_buffer(type_: MemRefType[Attribute]) -> bool:
    # Every operand of every kernel is asked several times, and abstract classes take long to say
    # whether they have an instance.
    if any(size.data < 0 for size in type_.shape.data):
        return True
    layout = type_.layout
    if type(layout) is not LayoutAttr or type(layout.strides) is not ArrayAttr:
        return False
    return any(type(stride) is StringAttr for stride in layout.strides.data)


def _holds_extents(attr: Attribute) -> bool:
    kind = type(attr)
    if kind is ArrayAttr or kind is DictionaryAttr:
        return any(True for _ in _extents_below(attr))
    return kind is ExtentsAttr


def _extents_below(attr: Attribute) -> Iterator[ExtentsAttr]:
    """The lists of sizes in a property."""
    match attr:
        case ExtentsAttr():
            yield attr
        case ArrayAttr():
            for entry in attr:
                yield from _extents_below(entry)
        case DictionaryAttr():
            for entry in attr.data.values():
                yield from _extents_below(entry)
        case _:
            pass


def kernel_sizes(op: EngineOp) -> tuple[Extent, ...]:
    """What a planned operation passes to its kernel for the parameters, in order."""
    if PARAMETERS in op.attributes:
        return tuple(map(parameter, range(parameter_count(op))))
    return _named(op)[1] if has_open_sizes(op) else ()


def parameter_count(op: EngineOp) -> int:
    """How many sizes the kernel of a planned operation takes."""
    said = op.attributes.get(PARAMETERS)
    return said.value.data if isinstance(said, IntegerAttr) else len(kernel_sizes(op))


def with_sizes(size: Extent, op: EngineOp) -> Extent:
    """A size of the kernel of `op`, in its parameters, as one of the operation."""
    if isinstance(size, int):
        return size
    sizes = kernel_sizes(op)
    return substituted(size, {f"p{n}": given for n, given in enumerate(sizes)})


def parametrized(op: EngineOp) -> Parametrized:
    """
    The operation with parameters for its sizes; itself where all sizes are numbers.

    A copy has operands of its own, arguments of a block that nothing else is in.
    """
    if PARAMETERS in op.attributes or not has_open_sizes(op):
        return Parametrized(op, kernel_sizes(op))
    written, sizes = _named(op)
    copy = with_attributes(op, _Renamed(written))
    if isinstance(copy, SizeDefiningOp):
        copy.defines = _renamed(copy.defines, written)
    copy.attributes[PARAMETERS] = IntegerAttr(len(sizes), i64)
    return Parametrized(copy, sizes)


def _renamed(
    defines: ArrayAttr[StringAttr], written: Mapping[Size, Extent]
) -> ArrayAttr[StringAttr]:
    """The names that an operation defines as parameters, where its operands mention them."""
    sizes = [named(name.data) for name in defines]
    return ArrayAttr([StringAttr(str(written.get(size, size))) for size in sizes])


def with_attributes(op: OpT, changed: Callable[[Attribute], Attribute]) -> OpT:
    """
    A copy of an operation with other types of operands and other properties.

    Its operands are arguments of a block that nothing else is in.
    """
    values = list(dict.fromkeys(op.operands))
    block = Block(arg_types=[changed(v.type) for v in values])
    copy = op.clone(dict(zip(values, block.args, strict=True)))
    copy.properties = {name: changed(attr) for name, attr in op.properties.items()}
    copy.attributes.pop(PARAMETERS, None)
    block.add_op(copy)
    return copy


def _named(op: EngineOp) -> tuple[dict[Size, Extent], tuple[Extent, ...]]:
    """Every size of an operation with parameters, and the size of each parameter."""
    extents, strides = _sizes_in(op)
    return _numbered(tuple(extents), tuple(strides))


@lru_cache(4096)
def _numbered(
    extents: tuple[Size, ...], strides: tuple[Size, ...]
) -> tuple[dict[Size, Extent], tuple[Extent, ...]]:
    """The same of the sizes; each operation is asked for it several times, and others are alike."""
    naming = _Naming()
    naming.add_extents(extents)
    naming.add_strides(strides)
    return naming.numbered([*extents, *strides]), tuple(naming.found)


def _sizes_in(op: EngineOp) -> tuple[list[Size], list[Size]]:
    """The different sizes of an operation's operands and properties, and its other strides."""
    extents: dict[Size, None] = {}
    strides: dict[Size, None] = {}
    for value in op.operands:
        extents.update(dict.fromkeys(_open(extents_of(value))))
        attr = layout_attr_of(value)
        strides.update(dict.fromkeys(_open(() if attr is None else attr.stride_extents or ())))
    for _, attr in sorted(op.properties.items()):
        for said in _extents_below(attr):
            extents.update(dict.fromkeys(_open(said.extents)))
    return list(extents), [size for size in strides if size not in extents]


def _open(extents: Iterable[Extent]) -> list[Size]:
    return [n for n in extents if isinstance(n, Size)]


class _Renamed(BoundSizes):
    """Attributes with sizes replaced as a whole."""

    def __init__(self, sizes: Mapping[Size, Extent]):
        super().__init__({})
        self.sizes = sizes

    def _extents(self, extents: Sequence[Extent]) -> list[Extent]:
        return [self.sizes[n] if isinstance(n, Size) else n for n in extents]


class _Naming:
    """Parameters for sizes: `found` are the sizes that are one, `written` all with parameters."""

    def __init__(self) -> None:
        self.found: list[Size] = []
        self.written: dict[Size, Extent] = {}

    def add_extents(self, sizes: Sequence[Size]) -> None:
        for size in sorted(sizes, key=_complexity):
            said = self._made_of(size)
            self.written[size] = self._new(size) if said is None else said

    def add_strides(self, sizes: Sequence[Size]) -> None:
        for size in sizes:
            said = self._made_of(size)
            self.written[size] = self._product(size) if said is None else said

    def numbered(self, order: Sequence[Size]) -> dict[Size, Extent]:
        """All sizes with parameters that are numbered as they appear in the given order."""
        numbers: dict[str, int] = {}
        for size in order:
            said = self.written[size]
            for name in said.names if isinstance(said, Size) else ():
                numbers.setdefault(name, len(numbers))
        self.found = [
            self.found[int(name[1:])] for name in sorted(numbers, key=lambda n: numbers[n])
        ]
        values: dict[str, Extent] = {name: parameter(n) for name, n in numbers.items()}
        return {size: substituted(said, values) for size, said in self.written.items()}

    def _new(self, size: Size) -> Size:
        self.found.append(size)
        return parameter(len(self.found) - 1)

    def _made_of(self, size: Size) -> Extent | None:
        """The size as a sum, product or number beside parameters; None where it is none."""
        whole = {known: parameter(n) for n, known in enumerate(self.found)}
        if size in whole:
            return whole[size]
        factors, left = self._factors(size)
        if isinstance(left, int):
            return factors * left
        rest: Extent = size
        total: Extent = 0
        for number, known in reversed(list(enumerate(self.found))):
            if isinstance(rest, Size) and _is_part(known, rest):
                total, rest = total + parameter(number), rest - known
        for monomial, coefficient in rest.terms if isinstance(rest, Size) else (((), rest),):
            factors, left = self._factors(of_terms({monomial: coefficient}))
            if isinstance(left, Size):
                return None
            total = total + factors * left
        return total

    def _factors(self, size: Extent) -> tuple[Extent, Extent]:
        """Parameters that divide a size, multiplied, and what is left of it."""
        factors: Extent = 1
        rest: Extent = size
        for number, known in reversed(list(enumerate(self.found))):
            while isinstance(rest, Size) and (part := exact_quotient(rest, known)) is not None:
                factors, rest = factors * parameter(number), part
        return factors, rest

    def _product(self, size: Size) -> Extent:
        """A stride as a product of parameters, of which the last may be new."""
        factors, rest = self._factors(size)
        if isinstance(rest, int):
            return factors * rest
        number = gcd(*terms_of(rest).values())
        part = exact_quotient(rest, number)
        assert isinstance(part, Size)
        said = self._made_of(part)
        return factors * (self._new(part) if said is None else said) * number


def _is_part(part: Size, size: Size) -> bool:
    """Whether a size is the sum of a part and of fewer terms; numbers are not counted."""
    return _terms(size - part) + _terms(part) <= _terms(size)


def _terms(size: Extent) -> int:
    return sum(1 for monomial in terms_of(size) if monomial)


def _complexity(size: Size) -> tuple[int, int]:
    return max(len(monomial) for monomial, _ in size.terms), len(size.terms)
