"""
Sizes that are not numbers: integer expressions over names, in one normal form.

A dimension whose size is known when a call is made only is a `Size`: a polynomial with integer
coefficients over *atoms*: names, floor divisions, minima, maxima and broadcasts of sizes. Two
sizes that are equal by the rules of the normal form are the same object to `==` and `hash`:
`S + P - S` is `P`, `N * S * 768 floordiv (N * S)` is 768, and five halvings of `H` that round up
are `(H + 31) floordiv 32`. Nothing else is tried; no solver.

A result that is a number is an `int`: a `Size` that is a number does not exist, so what has no
names computes with numbers alone. Every name stands for a number of at least 0.

Questions about sizes have three answers, yes, no and not known: `same`, and with what is known of
the names `size_facts.py`. A `Size` used as a number raises `NeedsNumber`.

A division by 0 gives 0, the sizes of an empty tensor. Factors of both sides are dropped before:
`N * S floordiv S` is `N` whatever `S` is, and `N * S floordiv (N * 4)` is `S floordiv 4`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from math import gcd
from typing import NoReturn

from ..errors import CompileError

LARGEST = 256
"""Terms of the largest expression."""

KEPT = 1 << 14
"""Sums, products and quotients that are remembered: a model has the same ones over and over."""

DEEPEST = 40
"""Depth of nested divisions, minima and maxima, and of parentheses in text."""


class NeedsNumber(CompileError):
    """An expression was used where only a number will do."""

    def __init__(self, size: Size, what: str = "a number is needed"):
        super().__init__(
            f"{what}, but the size is '{size}'; give it one, as in shapes={{{size.names[0]!r}: 1}}"
        )
        self.size = size


class Atom:
    """
    What a polynomial is over: a name, or a function of sizes.

    `kind` is `name`, `floordiv`, `min`, `max` or `broadcast`. Atoms are made by `named` and by
    operations of sizes, which keep the normal form.
    """

    __slots__ = ("_hash", "depth", "kind", "name", "operands", "text")

    def __init__(self, kind: str, name: str, operands: tuple[Extent, ...]):
        self.kind = kind
        self.name = name
        self.operands = operands
        self.depth = 1 + max((depth_of(o) for o in operands), default=0)
        if self.depth > DEEPEST:
            raise CompileError(f"a size has more than {DEEPEST} nested divisions and minima")
        self.text = _atom_text(kind, name, operands)
        self._hash = hash((kind, self.text))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Atom)
            and self._hash == other._hash
            and self.kind == other.kind
            and self.text == other.text
        )


Monomial = tuple[Atom, ...]
"""A product of atoms, in the order of their texts; one that occurs twice is squared."""

Terms = Mapping[Monomial, int]


class Size:
    """A size that is not a number. Made by `named`, `parse_size` and arithmetic."""

    __slots__ = ("__dict__", "_hash", "terms")

    def __init__(self, terms: tuple[tuple[Monomial, int], ...]):
        """Of terms in normal form; `of_terms` makes them."""
        self.terms = terms
        self._hash = hash(terms)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Size) and self._hash == other._hash and self.terms == other.terms
        )

    def __add__(self, other: Extent) -> Extent:
        return _sum((self, 1), (other, 1))

    __radd__ = __add__

    def __sub__(self, other: Extent) -> Extent:
        return _sum((self, 1), (other, -1))

    def __rsub__(self, other: Extent) -> Extent:
        return _sum((other, 1), (self, -1))

    def __neg__(self) -> Extent:
        return _sum((self, -1))

    def __mul__(self, other: Extent) -> Extent:
        return _product(self, other)

    __rmul__ = __mul__

    def __floordiv__(self, other: Extent) -> Extent:
        return floordiv(self, other)

    def __rfloordiv__(self, other: Extent) -> Extent:
        return floordiv(other, self)

    def _needs_number(self, *_: object) -> NoReturn:
        raise NeedsNumber(self)

    __int__ = __index__ = __float__ = __bool__ = _needs_number
    __lt__ = __le__ = __gt__ = __ge__ = __mod__ = __rmod__ = __truediv__ = _needs_number

    def __repr__(self) -> str:
        return f"Size({self.text!r})"

    def __str__(self) -> str:
        return self.text

    @cached_property
    def text(self) -> str:
        """The expression, which `parse_size` reads back."""
        return _size_text(self)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names in it, each once, sorted."""
        found: set[str] = set()
        for atom in atoms_below(self):
            if atom.kind == "name":
                found.add(atom.name)
        return tuple(sorted(found))


Extent = int | Size
"""A size: a number, or an expression."""


def atoms_below(size: Extent) -> Iterator[Atom]:
    """Every atom of an expression, also those inside of others, in no order, some repeatedly."""
    open_: list[Extent] = [size]
    while open_:
        if isinstance(part := open_.pop(), Size):
            for monomial, _ in part.terms:
                for atom in monomial:
                    yield atom
                    open_.extend(atom.operands)


def depth_of(size: Extent) -> int:
    """How deeply divisions, minima and maxima are nested: 0 for a number, 1 for a name."""
    if isinstance(size, int):
        return 0
    return max(atom.depth for monomial, _ in size.terms for atom in monomial)


@lru_cache(4096)
def named(name: str) -> Size:
    """The size that has this name."""
    return Size((((Atom("name", name, ()),), 1),))


def of_terms(terms: Terms) -> Extent:
    """The extent with these terms, of which some may be 0."""
    kept = [(m, c) for m, c in terms.items() if c]
    if not kept:
        return 0
    if len(kept) == 1 and not kept[0][0]:
        return kept[0][1]
    if len(kept) > LARGEST:
        raise CompileError(f"a size has more than {LARGEST} terms")
    return Size(tuple(sorted(kept, key=_order)))


def _order(term: tuple[Monomial, int]) -> tuple[int, list[str]]:
    return -len(term[0]), [atom.text for atom in term[0]]


def terms_of(size: Extent) -> dict[Monomial, int]:
    """Coefficients by product of atoms; that of the empty product is the constant."""
    return dict(size.terms) if isinstance(size, Size) else {(): size} if size else {}


def _of_atom(atom: Atom) -> Size:
    return Size((((atom,), 1),))


def _atom(kind: str, operands: tuple[Extent, ...]) -> Extent:
    """The size that this function of sizes is: a number where it can be one only."""
    atom = Atom(kind, "", operands)
    low, high = _range_of_atom(atom, _any_size)
    return int(low) if low == high else _of_atom(atom)


def _any_size(name: str) -> tuple[int, int | None]:
    del name
    return 0, None


Bounds = Callable[[str], tuple[int, int | None]]
"""The least and the most that a name can be, the latter None where nothing says it."""


@lru_cache(KEPT)
def _sum(*parts: tuple[Extent, int]) -> Extent:
    terms: dict[Monomial, int] = {}
    for part, sign in parts:
        for monomial, coefficient in terms_of(part).items():
            terms[monomial] = terms.get(monomial, 0) + sign * coefficient
    return of_terms(terms)


@lru_cache(KEPT)
def _product(a: Extent, b: Extent) -> Extent:
    terms: dict[Monomial, int] = {}
    for left, x in terms_of(a).items():
        for right, y in terms_of(b).items():
            monomial = tuple(sorted(left + right, key=lambda atom: atom.text))
            terms[monomial] = terms.get(monomial, 0) + x * y
    return of_terms(terms)


def _without(monomial: Monomial, divisor: Monomial) -> Monomial | None:
    """`monomial / divisor`, None where it does not divide."""
    left = list(monomial)
    for atom in divisor:
        if atom not in left:
            return None
        left.remove(atom)
    return tuple(left)


@lru_cache(KEPT)
def exact_quotient(a: Extent, b: Extent) -> Extent | None:
    """`q` with `a == q * b` as polynomials; None where there is none, or for `b` of 0."""
    divisor = terms_of(b)
    if not divisor:
        return None
    first, coefficient = min(divisor.items(), key=_order)
    rest, quotient = terms_of(a), dict[Monomial, int]()
    while rest:
        lead, value = min(rest.items(), key=_order)
        part = _without(lead, first)
        if part is None or value % coefficient or len(quotient) > LARGEST:
            return None
        quotient[part] = value // coefficient
        taken = of_terms({part: quotient[part]})
        rest = {m: c for m, c in terms_of(_sum((of_terms(rest), 1), (taken * b, -1))).items() if c}
    return of_terms(quotient)


def floordiv(a: Extent, b: Extent) -> Extent:
    """The quotient, rounded down; 0 where `b` is 0 without the factors that it shares with `a`."""
    if isinstance(b, int):
        return _by_number(a, b)
    if (exact := exact_quotient(a, b)) is not None:
        return exact
    if (shared := _shared_factor(a, b)) != 1:
        left, right = exact_quotient(a, shared), exact_quotient(b, shared)
        assert left is not None
        assert right is not None
        return floordiv(left, right)
    # No part leaves that divides: where the divisor is 0 the whole is 0.
    return _atom("floordiv", (a, b))


def _shared_factor(a: Extent, b: Extent) -> Extent:
    """The largest number times names, or other atoms, that every term of both has."""
    (first, *monomials), coefficients = [*terms_of(a), *terms_of(b)], terms_of(b).values()
    for monomial in monomials:
        first = tuple(_shared_atoms(first, monomial))
    return of_terms({first: gcd(*terms_of(a).values(), *coefficients)})


def _shared_atoms(one: Monomial, other: Monomial) -> Iterator[Atom]:
    left = list(other)
    for atom in one:
        if atom in left:
            left.remove(atom)
            yield atom


def _by_number(a: Extent, b: int) -> Extent:
    if b == 0:
        return 0
    if isinstance(a, int):
        return a // b
    if b < 0:
        return _by_number(-a, -b)
    whole = of_terms({m: c // b for m, c in a.terms if c % b == 0})
    rest = {m: c for m, c in a.terms if c % b}
    constant = rest.pop((), 0)
    if not rest:
        return whole + constant // b
    return whole + constant // b + _fraction(of_terms(rest) + constant % b, b)


def _fraction(a: Extent, b: int) -> Extent:
    """`a floordiv b` where no term of `a` divides by `b`, and its constant is below `b`."""
    assert isinstance(a, Size)
    constant = terms_of(a).get((), 0)
    rest = a - constant
    assert isinstance(rest, Size)
    common = gcd(b, *(c for _, c in rest.terms))
    if common > 1:  # what is left of the constant is less than one part
        return _by_number(floordiv(rest, common) + constant // common, b // common)
    if len(rest.terms) == 1:
        (monomial, coefficient) = rest.terms[0]
        inner = monomial[0] if len(monomial) == 1 and coefficient == 1 else None
        if inner is not None and inner.kind == "floordiv":
            numerator, denominator = inner.operands
            if isinstance(denominator, int):
                return _by_number(numerator + constant * denominator, denominator * b)
    return _atom("floordiv", (a, b))


def ceildiv(a: Extent, b: Extent) -> Extent:
    """The quotient, rounded up; 0 where `b` is 0."""
    return floordiv(a + b - 1, b) if isinstance(b, int) and b > 0 else -floordiv(-a, b)


def mod(a: Extent, b: Extent) -> Extent:
    """What the division rounded down leaves; `a` where `b` is 0."""
    return a - floordiv(a, b) * b


def minimum(*sizes: Extent) -> Extent:
    """The smallest of them."""
    return _extreme("min", sizes)


def maximum(*sizes: Extent) -> Extent:
    """The largest of them."""
    return _extreme("max", sizes)


def _flattened(kind: str, sizes: Iterable[Extent]) -> list[Extent]:
    found: list[Extent] = []
    for size in sizes:
        atom = single_atom(size)
        found.extend(atom.operands if atom is not None and atom.kind == kind else (size,))
    return list(dict.fromkeys(found))


def single_atom(size: Extent) -> Atom | None:
    """The atom that a size is; None for a number, and for sums and products."""
    if isinstance(size, Size) and len(size.terms) == 1:
        monomial, coefficient = size.terms[0]
        if coefficient == 1 and len(monomial) == 1:
            return monomial[0]
    return None


def _extreme(kind: str, sizes: Sequence[Extent]) -> Extent:
    parts = _flattened(kind, sizes)
    if kind == "min" and 1 in parts:
        parts = list(dict.fromkeys(map(_presence, parts)))
    kept: list[Extent] = []
    for part in parts:
        if any(_wins(kind, other, part) for other in kept):
            continue
        kept = [other for other in kept if not _wins(kind, part, other)] + [part]
    if len(kept) == 1:
        return kept[0]
    return _atom(kind, tuple(sorted(kept, key=str)))


def _presence(size: Extent) -> Extent:
    """
    A simpler size that is 0 where `size` is, beside 1 in a minimum: of terms that are none of them
    negative each alone decides, whatever it is multiplied by, and `min(1, S)` is as good as `S`.
    """
    if not isinstance(size, Size):
        return size
    found: Extent = 0
    seen: set[Extent] = set()
    for monomial, coefficient in size.terms:
        term = of_terms({monomial: 1})
        if coefficient < 0 or not monomial or lower_bound(term) < 0:
            return size
        atom = single_atom(term)
        if atom is not None and atom.kind == "min" and 1 in atom.operands:
            rest = [operand for operand in atom.operands if operand != 1]
            term = rest[0] if len(rest) == 1 else term
        if term not in seen:
            seen.add(term)
            found = found + term
    return found


def _wins(kind: str, a: Extent, b: Extent) -> bool:
    """Whether `a` makes `b` superfluous beside it, for names of any size."""
    lower, upper = (a, b) if kind == "min" else (b, a)
    return lower_bound(upper - lower) >= 0 or _below_one_of_two(lower, upper)


def _below_one_of_two(lower: Extent, upper: Extent) -> bool:
    """
    Whether `lower` is at most a maximum of two, or a minimum of two at most `upper`: because they
    are integers, of which not both are above by 1 if both together are above by less than 2.
    `S` is at most `max(0, S * 2 - 1)`.
    """
    above, below = single_atom(upper), single_atom(lower)
    if above is not None and above.kind == "max" and len(above.operands) == 2:
        return lower_bound(sum_of(above.operands) - lower * 2) > -2
    if below is not None and below.kind == "min" and len(below.operands) == 2:
        return lower_bound(upper * 2 - sum_of(below.operands)) > -2
    return False


def lower_bound(size: Extent, bounds: Bounds = _any_size) -> float:
    """The least that the size is known to be, minus infinity where that is not known."""
    return _least(size) if bounds is _any_size else range_of(size, bounds)[0]


@lru_cache(KEPT)
def _least(size: Extent) -> float:
    return range_of(size)[0]


INFINITY = float("inf")


def range_of(size: Extent, bounds: Bounds = _any_size) -> tuple[float, float]:
    """The least and the most that a size can be, by the arithmetic of intervals."""
    if isinstance(size, int):
        return size, size
    low = high = 0.0
    for monomial, coefficient in size.terms:
        a, b = 1.0, 1.0
        for atom in monomial:
            a, b = _times((a, b), _range_of_atom(atom, bounds))
        a, b = _times((a, b), (coefficient, coefficient))
        low, high = low + a, high + b
    return low, high


def _times(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    products = [0.0 if 0 in (x, y) else x * y for x in a for y in b]
    return min(products), max(products)


def _range_of_atom(atom: Atom, bounds: Bounds) -> tuple[float, float]:
    if atom.kind == "name":
        low, high = bounds(atom.name)
        return low, INFINITY if high is None else high
    ranges = [range_of(operand, bounds) for operand in atom.operands]
    lows, highs = [r[0] for r in ranges], [r[1] for r in ranges]
    if atom.kind == "min":
        return min(lows), min(highs)
    if atom.kind == "max":
        return max(lows), max(highs)
    if atom.kind == "broadcast":
        return min(lows), max(highs)
    (low, high), (least, most) = ranges
    if least < 0:
        return -INFINITY, INFINITY
    quotients = [_floor(n, d) for n in (low, high) for d in (max(least, 1), max(most, 1))]
    zero = [0.0] if least <= 0 else []
    return min(*quotients, *zero), max(*quotients, *zero)


def _floor(a: float, b: float) -> float:
    if a in (INFINITY, -INFINITY):
        return a
    if b == INFINITY:
        return 0.0 if a >= 0 else -1.0
    return float(int(a) // int(b))


def broadcast(*sizes: Extent) -> Extent:
    """The size that is left of sizes of which each is 1 or that size."""
    parts = [p for p in _flattened("broadcast", sizes) if p != 1]
    numbers = [p for p in parts if isinstance(p, int)]
    if numbers:  # the others are 1, or it
        return numbers[0]
    if len(parts) <= 1:
        return parts[0] if parts else 1
    return _atom("broadcast", tuple(sorted(parts, key=str)))


def numbers_of(extents: Iterable[Extent]) -> tuple[int, ...]:
    """
    The extents as numbers.

    Raises:
        NeedsNumber: for the first that is none.
    """
    found: list[int] = []
    for extent in extents:
        if isinstance(extent, Size):
            raise NeedsNumber(extent)
        found.append(extent)
    return tuple(found)


def product_of(extents: Iterable[Extent]) -> Extent:
    """The product; 1 of none."""
    total: Extent = 1
    for extent in extents:
        total = total * extent
    return total


def sum_of(extents: Iterable[Extent]) -> Extent:
    """The sum; 0 of none."""
    total: Extent = 0
    for extent in extents:
        total = total + extent
    return total


def is_one(size: Extent) -> bool:
    """Whether it is the number 1; a size that may turn out to be 1 is not."""
    return isinstance(size, int) and size == 1


def is_zero(size: Extent) -> bool:
    """Whether it is the number 0; a size that may turn out to be 0 is not."""
    return isinstance(size, int) and size == 0


def same(a: Extent, b: Extent) -> bool | None:
    """Whether two sizes are equal: True or False where that holds for names of any size."""
    if a == b:
        return True
    difference = a - b
    low, high = range_of(difference)
    return False if low > 0 or high < 0 else None


Values = Mapping[str, Extent]


def substituted(size: Extent, values: Values, functions: Functions | None = None) -> Extent:
    """
    The size with these names replaced: a number where no name is left.

    `functions` say what floor divisions, minima and so on of sizes are, where more is known of the
    names than that they are 0 or more.
    """
    functions = FUNCTIONS if functions is None else functions
    if isinstance(size, int):
        return size
    done: dict[Size, Extent] = {}
    stack = [size]
    while stack:
        current = stack[-1]
        if current in done:
            stack.pop()
            continue
        inner = {o for m, _ in current.terms for a in m for o in a.operands if isinstance(o, Size)}
        if waiting := [o for o in inner if o not in done]:
            stack.extend(waiting)
            continue
        done[current] = _substituted_terms(current, values, done, functions)
        stack.pop()
    return done[size]


def _substituted_terms(
    size: Size, values: Values, done: Mapping[Size, Extent], functions: Functions
) -> Extent:
    total: Extent = 0
    for monomial, coefficient in size.terms:
        product: Extent = coefficient
        for atom in monomial:
            product = product * _substituted_atom(atom, values, done, functions)
        total = total + product
    return total


Functions = Mapping[str, Callable[..., Extent]]

FUNCTIONS: Functions = {
    "broadcast": broadcast,
    "floordiv": floordiv,
    "max": maximum,
    "min": minimum,
}
"""What atoms that are functions of sizes are, by their kinds."""


def _substituted_atom(
    atom: Atom, values: Values, done: Mapping[Size, Extent], functions: Functions
) -> Extent:
    if atom.kind == "name":
        return values.get(atom.name, _of_atom(atom))
    operands = [done[o] if isinstance(o, Size) else o for o in atom.operands]
    return functions[atom.kind](*operands)


def evaluated(size: Extent, values: Mapping[str, int]) -> int:
    """
    The number that a size is for these values of its names.

    Raises:
        NeedsNumber: when a name has no value.
    """
    # Calls with new sizes ask so some dozens of times; to put numbers in for names makes sizes of
    # all that is on the way.
    return size if isinstance(size, int) else _evaluated(size, values, {})


def _evaluated(size: Size, values: Mapping[str, int], done: dict[Atom, int]) -> int:
    total = 0
    for monomial, coefficient in size.terms:
        for atom in monomial:
            if atom.kind == "name":
                value = values.get(atom.name)
                if value is None:
                    raise NeedsNumber(size)
            elif (value := done.get(atom)) is None:
                operands = [
                    _evaluated(o, values, done) if isinstance(o, Size) else o for o in atom.operands
                ]
                [value] = numbers_of([FUNCTIONS[atom.kind](*operands)])
                done[atom] = value  # sizes nest `DEEPEST` deep at the most
            coefficient = coefficient * value
        total += coefficient
    return total


def name_text(name: str) -> str:
    """A name as it stands in an expression: quoted unless it is an identifier and no keyword."""
    if name.isidentifier() and name.isascii() and name not in KEYWORDS:
        return name
    return "'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"


def name_of(size: Extent | None) -> str | None:
    """The name that a size is; None for a number and for any other expression."""
    atom = None if size is None else single_atom(size)
    return atom.name if atom is not None and atom.kind == "name" else None


KEYWORDS = ("broadcast", "ceildiv", "floordiv", "max", "min", "mod")


def _factor_text(size: Extent) -> str:
    """An operand of a product or division: in parentheses unless it is a single thing."""
    if isinstance(size, int):
        return str(size) if size >= 0 else f"({size})"
    atom = single_atom(size)
    plain = atom is not None and atom.kind != "floordiv"
    return size.text if plain else f"({size.text})"


def _atom_text(kind: str, name: str, operands: tuple[Extent, ...]) -> str:
    if kind == "name":
        return name_text(name)
    if kind == "floordiv":
        return f"{_factor_text(operands[0])} floordiv {_factor_text(operands[1])}"
    return f"{kind}({', '.join(map(str, operands))})"


def _term_text(monomial: Monomial, coefficient: int, alone: bool) -> str:
    single = len(monomial) == 1 and coefficient == 1
    parts = [
        f"({a.text})" if a.kind == "floordiv" and not (single and alone) else a.text
        for a in monomial
    ]
    if coefficient != 1 or not parts:
        parts.append(str(coefficient))
    return " * ".join(parts)


def _size_text(size: Size) -> str:
    ordered = sorted(size.terms, key=lambda term: term[1] < 0)
    text = ""
    for monomial, coefficient in ordered:
        part = _term_text(monomial, abs(coefficient), len(ordered) == 1 and coefficient > 0)
        if coefficient < 0:
            text = f"{text} - {part}" if text else f"-{part}"
        else:
            text = f"{text} + {part}" if text else part
    return text
