"""
Symbolic sizes of a program of `torch.export`, as sizes.

A file writes an expression as a call tree of sympy, `Mul(Integer(2), Symbol('s77', positive=True,
integer=True))`, files of older versions as infix, `2*s77 + 1`, with functions of torch such as
`FloorDiv` in both. The grammar, read without sympy:

    sum    = term (("+" | "-") term)*
    term   = factor (("*" | "//" | "/" | "%") factor)*
    factor = "-" factor | power
    power  = value ("**" integer)?
    value  = integer | text | name | name "(" argument ("," argument)* ")" | "(" sum ")"
    argument = (name "=")? sum
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce

from ...errors import CompileError
from ...runtime.size import (
    Extent,
    ceildiv,
    floordiv,
    maximum,
    minimum,
    mod,
    named,
    product_of,
    sum_of,
)

DEEPEST = 100
"""Calls and parentheses within each other."""

LONGEST = 20_000
"""Characters of an expression."""

_TOKEN = re.compile(
    r"\s*(?:(\d+(?:\.\d*)?(?:e-?\d+)?)|([A-Za-z_][\w.]*)|('[^']*')|(\*\*|//|[-+*/%(),=]))"
)


class NotASizeError(ValueError):
    """An expression that no whole number is the value of, or a text that is no expression."""


@dataclass(frozen=True)
class _Ratio:
    """The quotient of two sizes, which is only a step on the way to one that is rounded."""

    over: Extent
    under: Extent


_Value = Extent | _Ratio


@lru_cache(4096)
def size_of(text: str) -> Extent:
    """
    The size that an expression is.

    Raises:
        NotASizeError: for one with functions that sizes do not have, such as roots, and for a text
            that does not follow the grammar.
    """
    if len(text) > LONGEST:
        raise NotASizeError(f"has {len(text)} characters, expected at most {LONGEST}")
    reader = _Reader(text)
    try:
        found = reader.sum(0)
    except (CompileError, ZeroDivisionError, OverflowError) as error:
        raise NotASizeError(f"{text!r:.80} is no size ({error})") from error
    reader.expect("")
    return _whole(found)


class _Reader:
    def __init__(self, text: str):
        self._tokens: list[str] = []
        at = 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None:
                raise NotASizeError(f"{text!r:.80} is no expression at character {at}")
            self._tokens.append(match.group().strip())
            at = match.end()
        self._text = text
        self._at = 0

    def _next(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else ""

    def take(self, *tokens: str) -> str | None:
        if self._next() not in tokens:
            return None
        self._at += 1
        return self._tokens[self._at - 1]

    def expect(self, token: str) -> None:
        if self._next() != token:
            raise NotASizeError(f"{self._text!r:.80} is no expression near {self._next()!r}")
        self._at += 1

    def sum(self, depth: int) -> _Value:
        if depth > DEEPEST:
            raise NotASizeError(f"{self._text!r:.80} has more than {DEEPEST} nested parts")
        found = self._term(depth)
        while sign := self.take("+", "-"):
            other = _whole(self._term(depth))
            found = _whole(found) + (other if sign == "+" else -other)
        return found

    def _term(self, depth: int) -> _Value:
        found = self._factor(depth)
        while sign := self.take("*", "//", "/", "%"):
            found = _OPERATORS[sign](found, self._factor(depth))
        return found

    def _factor(self, depth: int) -> _Value:
        signs = 0
        while self.take("-"):
            signs += 1
        found = self._power(depth)
        return -_whole(found) if signs % 2 else found

    def _power(self, depth: int) -> _Value:
        base = self._value(depth)
        return _power(base, self._value(depth)) if self.take("**") else base

    def _value(self, depth: int) -> _Value:
        token = self._next()
        self._at += 1
        if token == "(":
            found = self.sum(depth + 1)
            self.expect(")")
            return found
        if token.isdigit():
            return int(token)
        if not re.fullmatch(r"[A-Za-z_][\w.]*", token):
            raise NotASizeError(f"{self._text!r:.80} is no expression near {token!r}")
        if self._next() == "(":
            return self._call(token, depth)
        if "." in token:
            raise NotASizeError(f"has {token}, which is no name of a size")
        return named(token)

    def _call(self, function: str, depth: int) -> _Value:
        self.expect("(")
        if function == "Symbol":
            name = self._next()
            self._at += 1
            if not name.startswith("'"):
                raise NotASizeError(f"{self._text!r:.80} has a symbol without a name")
            while self.take(","):
                self._at += 1
                self.expect("=")
                self._at += 1
            self.expect(")")
            return named(name.strip("'"))
        arguments = [self.sum(depth + 1)]
        while self.take(","):
            arguments.append(self.sum(depth + 1))
        self.expect(")")
        known = _FUNCTIONS.get(function.rpartition(".")[2])
        if known is None:
            raise NotASizeError(f"has {function}, which is no function of whole sizes")
        try:
            return known(*arguments)
        except TypeError:
            raise NotASizeError(f"has {function} of {len(arguments)} values") from None


def _whole(value: _Value) -> Extent:
    """A value that is no step on the way to another."""
    if isinstance(value, _Ratio):
        raise NotASizeError("has a quotient that is not rounded")
    return value


def _wholes(values: Sequence[_Value]) -> list[Extent]:
    return [_whole(value) for value in values]


def _product(*values: _Value) -> _Value:
    """A product, one factor of which may be a quotient: `Mul(Rational(1, 2), n)`."""
    over = [v.over if isinstance(v, _Ratio) else v for v in values]
    under = [v.under for v in values if isinstance(v, _Ratio)]
    product = product_of(over)
    if not under:
        return product
    divisor = product_of(under)
    if isinstance(product, int) and isinstance(divisor, int) and product % divisor == 0:
        return product // divisor
    return _Ratio(product, divisor)


def _quotient(a: _Value, b: _Value) -> _Value:
    return _Ratio(_whole(a), _whole(b))


def _floor(value: _Value) -> Extent:
    return floordiv(value.over, value.under) if isinstance(value, _Ratio) else value


def _ceil(value: _Value) -> Extent:
    return ceildiv(value.over, value.under) if isinstance(value, _Ratio) else value


def _floordiv(a: _Value, b: _Value) -> Extent:
    return floordiv(_whole(a), _whole(b))


def _power(base: _Value, exponent: _Value) -> _Value:
    if not isinstance(exponent, int) or not -1 <= exponent <= 8:
        raise NotASizeError(f"has the power {exponent}")
    if exponent == -1:
        return _Ratio(1, _whole(base))
    return product_of([_whole(base)] * exponent)


def _ceildiv(a: _Value, b: _Value) -> Extent:
    return ceildiv(_whole(a), _whole(b))


def _index(a: _Value, b: _Value, c: _Value) -> Extent:
    """`a // b % c`."""
    return mod(_floordiv(a, b), _whole(c))


def _sum(*values: _Value) -> Extent:
    return sum_of(_wholes(values))


def _most(*values: _Value) -> Extent:
    return reduce(maximum, _wholes(values))


def _least(*values: _Value) -> Extent:
    return reduce(minimum, _wholes(values))


def _itself(value: _Value) -> _Value:
    return value


def _remainder(a: _Value, b: _Value) -> Extent:
    return mod(_whole(a), _whole(b))


_FUNCTIONS: Mapping[str, Callable[..., _Value]] = {
    "Integer": _itself,
    "Identity": _itself,
    "ToFloat": _itself,
    "Rational": _quotient,
    "Add": _sum,
    "Mul": _product,
    "Pow": _power,
    "PowByNatural": _power,
    "FloorDiv": _floordiv,
    "CleanDiv": _floordiv,
    "CeilDiv": _ceildiv,
    "Mod": _remainder,
    "PythonMod": _remainder,
    "ModularIndexing": _index,
    "IntTrueDiv": _quotient,
    "FloatTrueDiv": _quotient,
    "floor": _floor,
    "FloorToInt": _floor,
    "TruncToInt": _floor,
    "ceiling": _ceil,
    "CeilToInt": _ceil,
    "Max": _most,
    "Min": _least,
}
"""The functions of sizes; sizes are not negative, so that truncation rounds down."""

_OPERATORS: Mapping[str, Callable[[_Value, _Value], _Value]] = {
    "*": _product,
    "/": _quotient,
    "//": _floordiv,
    "%": _remainder,
}
