"""
The text of sizes, read.

    size    = term (("+" | "-") term)*
    term    = factor (("*" | "floordiv" | "ceildiv" | "mod") factor)*
    factor  = integer | name | "-" factor | "(" size ")"
            | ("min" | "max" | "broadcast") "(" size ("," size)* ")"

A name is an identifier, or anything in single quotes, with `\\\\` and `\\'` in it. What stands in
one line binds to the left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from .size import (
    DEEPEST,
    KEYWORDS,
    Extent,
    broadcast,
    ceildiv,
    floordiv,
    maximum,
    minimum,
    mod,
    named,
)

_TOKEN = re.compile(r"\s*(?:(\d+)|([A-Za-z_][A-Za-z_0-9]*)|'((?:[^'\\]|\\.)*)'|([-+*(),]))\s*")

_PRODUCTS: Mapping[str, Callable[[Extent, Extent], Extent]] = {
    "*": lambda a, b: a * b,
    "floordiv": floordiv,
    "ceildiv": ceildiv,
    "mod": mod,
}

_CALLS: Mapping[str, Callable[..., Extent]] = {
    "broadcast": broadcast,
    "max": maximum,
    "min": minimum,
}

LONGEST = 10_000
"""Characters of the longest text that is read."""


class _Reader:
    def __init__(self, text: str):
        self.text = text
        self.at = 0
        self.depth = 0
        self.tokens: list[tuple[str, str, int]] = []
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise self.error(f"does not go on at '{text[position : position + 20]}'")
            kind = ("number", "word", "quoted", "sign")[(match.lastindex or 1) - 1]
            self.tokens.append((kind, match.group(match.lastindex or 1), match.start()))
            position = match.end()
        self.tokens.append(("end", "", len(text)))

    def error(self, what: str) -> ValueError:
        return ValueError(f"the size '{self.text[:200]}' {what}")

    def take(self, *texts: str) -> str | None:
        kind, text, _ = self.tokens[self.at]
        if kind in ("sign", "word") and text in texts:
            self.at += 1
            return text
        return None

    def expect(self, text: str) -> None:
        if self.take(text) is None:
            found = self.tokens[self.at][1] or "its end"
            raise self.error(f"has {found} where '{text}' is expected")

    def size(self) -> Extent:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(f"has more than {DEEPEST} nested parentheses")
        found = self.term()
        while (sign := self.take("+", "-")) is not None:
            other = self.term()
            found = found + other if sign == "+" else found - other
        self.depth -= 1
        return found

    def term(self) -> Extent:
        found = self.factor()
        while (operation := self.take(*_PRODUCTS)) is not None:
            found = _PRODUCTS[operation](found, self.factor())
        return found

    def factor(self) -> Extent:
        negative = False
        while self.take("-"):
            negative = not negative
        found = self.value()
        return -found if negative else found

    def value(self) -> Extent:
        if self.take("("):
            found = self.size()
            self.expect(")")
            return found
        if (call := self.take(*_CALLS)) is not None:
            self.expect("(")
            operands = [self.size()]
            while self.take(","):
                operands.append(self.size())
            self.expect(")")
            return _CALLS[call](*operands)
        kind, text, _ = self.tokens[self.at]
        if kind not in ("number", "word", "quoted") or (kind == "word" and text in KEYWORDS):
            raise self.error(f"has {text or 'its end'} where a size is expected")
        self.at += 1
        if kind == "number":
            return int(text)
        return named(re.sub(r"\\(.)", r"\1", text) if kind == "quoted" else text)


@lru_cache(4096)
def parse_size(text: str) -> Extent:
    """
    The size that a text stands for.

    Raises:
        ValueError: for text that is no size, saying where.
    """
    if len(text) > LONGEST:
        raise ValueError(f"a size of {len(text)} characters, at most {LONGEST} are read")
    reader = _Reader(text)
    found = reader.size()
    if reader.tokens[reader.at][0] != "end":
        raise reader.error(f"does not end at '{reader.tokens[reader.at][1]}'")
    return found
