"""Register tiles of depthwise convolutions, chosen by a model of the processor's ports."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod

from ...targets.machine_model import MachineModel
from ...targets.target import Target
from ..cost import TYPICAL
from ..template import split_evenly

TILE_CYCLES = 16
"""Addresses and stores of one tile."""

SPARE_REGISTERS = 3
"""The pixel, and what the epilogue needs."""

MAX_TILE_ROWS = 2
"""Rows of a tile: more are more code and no faster (measured)."""

MAX_TILE_FMAS = 420
"""Multiply-adds of a tile, all of which are written out."""

SHUFFLED_COST = 1.45
"""Of an operation where groups have several channels: fewer registers, one port for shuffles."""

MAX_SHUFFLED_OPERATIONS = 1600
"""Operations of all shapes of tiles where groups have several channels."""

MAX_OPEN_OPERATIONS = 560
"""Operations of all shapes of tiles where rows and columns are values."""

MAX_OPEN_COLUMNS = 12
"""Columns of a tile where columns are values: there is code for each number of them."""


@dataclass(frozen=True)
class DepthwiseTile:
    """R x T pixels; `whole` when all taps stay in registers. `cycles` for a map of W channels."""

    rows: int
    columns: int
    whole: bool
    cycles: float


@lru_cache(maxsize=1024)
def choose_tile(
    rows: int,
    columns: int,
    kernel: tuple[int, int],
    strides: tuple[int, int],
    target: Target,
    channels: int = 1,
) -> DepthwiseTile:
    """The tile with the least cycles by the ports it uses, for groups of `channels`."""
    machine, registers = target.machine, target.vector_registers
    taps = kernel[0] * kernel[1]
    whole = registers - taps - SPARE_REGISTERS >= 8
    room = max(1, registers - SPARE_REGISTERS - (taps if whole else kernel[1]))
    best: DepthwiseTile | None = None
    for r in range(1, min(rows, MAX_TILE_ROWS) + 1):
        for c in range(1, min(columns, room // r) + 1):
            if channels == 1 and r * c > 1 and r * c * taps > MAX_TILE_FMAS:
                break
            heights, widths = split_evenly(rows, r), split_evenly(columns, c)
            if channels > 1 and r * c > 1:
                written = sum(
                    channels * (h * w * taps + 2 * prod(_window(h, w, kernel, strides)) + taps)
                    for (h, _), (w, _) in product(heights, widths)
                )
                if written > MAX_SHUFFLED_OPERATIONS:
                    continue
            # Tiles of one size are half the code.
            cycles = 0.0 if columns % c == 0 else 0.03 * rows * columns * taps / machine.fma_ports
            for height, down in heights:
                for width, across in widths:
                    one = _tile_cycles(height, width, kernel, strides, whole, channels, machine)
                    cycles += one * down * across
            if best is None or cycles < best.cycles * 0.98:
                best = DepthwiseTile(r, c, whole, cycles)
    assert best is not None
    return best


def open_tile(
    kernel: tuple[int, int], strides: tuple[int, int], target: Target, channels: int = 1
) -> DepthwiseTile:
    """
    The tile of a map whose rows and columns are values, with code for each smaller one.

    The rows of the filter are a loop. Two rows of results where a small filter leaves registers for
    them, else one, and one for a last row; as many columns as registers and the length of the code
    allow. Cycles are those of a map of typical size.
    """
    (kh, kw), machine = kernel, target.machine
    room = target.vector_registers - SPARE_REGISTERS
    height = MAX_TILE_ROWS if channels == 1 and room - kh * kw >= 8 else 1
    widest, written = 1, 0
    for width in range(1, min(MAX_OPEN_COLUMNS, (room - kw) // height) + 1):
        for tall in range(1, height + 1):
            _, across = _window(1, width, (1, kw), strides)
            written += channels * (tall * width * kw + 2 * tall * across + kw)
        if written > MAX_OPEN_OPERATIONS:
            break
        widest = width
    one = _tile_cycles(height, widest, kernel, strides, False, channels, machine)
    cycles = one * (TYPICAL / height) * (TYPICAL / widest)
    return DepthwiseTile(height, widest, False, cycles)


def _window(
    rows: int, columns: int, kernel: tuple[int, int], strides: tuple[int, int]
) -> tuple[int, int]:
    """Input rows and columns of a tile."""
    (kh, kw), (sh, sw) = kernel, strides
    return (rows - 1) * sh + kh, (columns - 1) * sw + kw


def _tile_cycles(
    rows: int,
    columns: int,
    kernel: tuple[int, int],
    strides: tuple[int, int],
    whole: bool,
    channels: int,
    machine: MachineModel,
) -> float:
    kh, kw = kernel
    down, across = _window(rows, columns, kernel, strides)
    loads = down * across if whole else rows * kh * across + kh * kw
    fmas = rows * columns * kh * kw
    in_flight = machine.fmas_in_flight
    latency = machine.fma_latency * kh * kw if rows * columns < in_flight else 0
    shuffles = loads if channels > 1 else 0
    cost = SHUFFLED_COST if channels > 1 else 1
    one = cost * max(machine.step_cycles(fmas + shuffles, loads), latency)
    return one * channels + TILE_CYCLES
