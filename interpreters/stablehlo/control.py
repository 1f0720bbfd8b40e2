"""Branches, loops, random bits, and what leaves its operands as they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...dialects.engine.weights import Array
from ...dialects.stablehlo.attributes import WordAttribute
from ...errors import StepwellError
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


def _rng_bit_generator(call: Call) -> list[Array]:
    algorithm = call.op.properties["rng_algorithm"]
    assert isinstance(algorithm, WordAttribute)
    if algorithm.word.data == "PHILOX":
        raise StepwellError(f"{call.op.label}: bits of the algorithm PHILOX are not reproduced")
    state, shape, dtype = call.operands[0], shape_of(call, 1), call.dtype(1)
    words = np.ascontiguousarray(state).view(np.uint32).reshape(-1)
    count = int(np.prod(shape, dtype=np.int64))
    wide = dtype.itemsize == 8
    blocks = count if wide else -(-count // 2)
    start = np.uint64(int(words[2]) | int(words[3]) << 32)
    places = start + np.arange(blocks, dtype=np.uint64)
    halves = (
        (places & np.uint64(0xFFFFFFFF)).astype(np.uint32),
        (places >> np.uint64(32)).astype(np.uint32),
    )
    x, y = threefry(words[:2], halves)
    if wide:
        bits = x.astype(np.uint64) | y.astype(np.uint64) << np.uint64(32)
    else:
        bits = np.concatenate([x, y])[:count]
    following = words.copy()
    after = int(start) + blocks
    following[2], following[3] = after & 0xFFFFFFFF, after >> 32 & 0xFFFFFFFF
    unsigned = np.dtype(f"u{dtype.itemsize}")
    return [
        following.view(state.dtype).reshape(state.shape),
        bits.astype(unsigned).view(dtype).reshape(shape),
    ]


SEMANTICS: dict[str, Function] = {
    "stablehlo.case": _case,
    "stablehlo.if": _if,
    "stablehlo.optimization_barrier": lambda call: call.operands,
    "stablehlo.rng_bit_generator": _rng_bit_generator,
    "stablehlo.while": _while,
}
