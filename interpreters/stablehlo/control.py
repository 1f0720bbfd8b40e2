"""Branches, loops, random bits, and what leaves its operands as they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...dialects.engine.weights import Array
from ...dialects.stablehlo.word_attributes import WordAttribute
from ..table_functions import Call, Function
from .movement import shape_of


def _region(call: Call, number: int, *values: Any) -> list[Any]:
    return call.run_region(call.op.regions[number], *values)


def _if(call: Call) -> list[Any]:
    return _region(call, 0 if bool(call.operands[0]) else 1)


def _case(call: Call) -> list[Any]:
    count, index = len(call.op.regions), int(call.operands[0])
    return _region(call, index if 0 <= index < count else count - 1)


def _while(call: Call) -> list[Any]:
    values = call.operands
    while bool(_region(call, 0, *values)[0]):
        values = _region(call, 1, *values)
    return values


_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))


def threefry(key: Array, counts: tuple[Array, Array]) -> tuple[Array, Array]:
    """
    Threefry-2x32 with 20 rounds of two words by two words of a key.

    Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
    """
    first, second = (np.uint32(k) for k in key)
    keys = (first, second, first ^ second ^ np.uint32(0x1BD11BDA))
    x, y = counts[0] + keys[0], counts[1] + keys[1]
    for group in range(5):
        for by in _ROTATIONS[group % 2]:
            x = x + y
            y = (y << np.uint32(by) | y >> np.uint32(32 - by)) ^ x
        x = x + keys[(group + 1) % 3]
        y = y + keys[(group + 2) % 3] + np.uint32(group + 1)
    return x, y


def philox(key: Array, counts: tuple[Array, ...]) -> tuple[Array, ...]:
    """
    Philox-4x32 with 10 rounds of four words by two words of a key, from the paper of `threefry`.
    """
    low, k = np.uint64(0xFFFFFFFF), [int(word) for word in key]
    c = [np.asarray(part, np.uint64) for part in counts]
    for _ in range(10):
        first, second = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        keys = np.uint64(k[0]), np.uint64(k[1])
        by = np.uint64(32)
        c = [second >> by ^ c[1] ^ keys[0], second & low, first >> by ^ c[3] ^ keys[1], first & low]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return tuple(part.astype(np.uint32) for part in c)


def _rng_bit_generator(call: Call) -> list[Array]:
    """Bits as XLA gives them on processors, where the default is Philox."""
    algorithm = call.op.properties["rng_algorithm"]
    assert isinstance(algorithm, WordAttribute)
    state, shape, dtype = call.operands[0], shape_of(call, 1), call.dtype(1)
    words = np.ascontiguousarray(state).view(np.uint32).reshape(-1)
    by_threefry = algorithm.word.data == "THREE_FRY"
    needed = int(np.prod(shape, dtype=np.int64)) * max(dtype.itemsize, 4) // 4
    blocks = -(-needed // (2 if by_threefry else 4))
    start = int(words[2]) | int(words[3]) << 32
    places = np.uint64(start) + np.arange(blocks, dtype=np.uint64)
    low = (places & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    high = (places >> np.uint64(32)).astype(np.uint32)
    if by_threefry:
        parts: tuple[Array, ...] = threefry(words[:2], (low, high))
    else:
        upper = words[4:6] if words.size >= 6 else words[:2]
        rest = tuple(np.full(blocks, word, np.uint32) for word in upper)
        parts = philox(words[:2], (low, high, *rest))
    found = np.stack(parts, -1).reshape(-1)[:needed]
    if dtype.itemsize == 8:
        found = found.view(np.uint64)
    following = words.copy()
    following[2:4] = (start + blocks) & 0xFFFFFFFF, (start + blocks) >> 32 & 0xFFFFFFFF
    unsigned = np.dtype(f"u{dtype.itemsize}")
    return [
        following.view(state.dtype).reshape(state.shape),
        found.astype(unsigned).view(dtype).reshape(shape),
    ]


SEMANTICS: dict[str, Function] = {
    "stablehlo.case": _case,
    "stablehlo.if": _if,
    "stablehlo.optimization_barrier": lambda call: call.operands,
    "stablehlo.rng_bit_generator": _rng_bit_generator,
    "stablehlo.while": _while,
}
