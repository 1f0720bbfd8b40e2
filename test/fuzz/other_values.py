"""Numbers, words and lists that are others: what mutations put into a header."""

from __future__ import annotations

import random
from typing import Any

NUMBERS = (0, 1, 2, 3, 7, 8, 63, 64, 65, 255, 1 << 16, (1 << 31) - 1, 1 << 31, 1 << 40, (1 << 62))
WORDS = (
    *("", "x", "float32", "float16", "int64", "string", "object", "bfloat16", "f4,O", "O", "V8"),
    *("arena", "weights", "input", "output", "opaque", "zz", "\x00", "ü", "seq", "map string"),
    *("aB16b", "ab", "Ab999999999a", "stepwell_main", "bitwise", "approximate", "1" * 5000),
)


def other_number(rng: random.Random, old: int) -> int:
    """A number near another, or one at which something ends."""
    near = [old + 1, old - 1, 2 * old, -old, old + 64, old - 64, old // 2]
    return rng.choice([*NUMBERS, *(-n for n in NUMBERS), *near, *near])


def other_word(rng: random.Random, old: str) -> str:
    """A part of a word, or one that means something elsewhere."""
    cut = rng.randrange(len(old) + 1)
    return rng.choice([*WORDS, old[:cut], old + "x", old[cut:] + old[:cut], old.upper()])


def other_list(rng: random.Random, old: list[Any]) -> list[Any] | None:
    """A list that is shorter, longer, in another order, or not there."""
    new = list(old)
    kind = rng.randrange(6)
    if kind == 0 or not new:
        return rng.choice([None, []])
    at = rng.randrange(len(new))
    if kind == 1:
        del new[at]
    elif kind == 2:
        new.insert(at, new[rng.randrange(len(new))])
    elif kind == 3:
        rng.shuffle(new)
    elif kind == 4:
        new = new[:at]
    else:
        new[at] = new[rng.randrange(len(new))]
    return new
