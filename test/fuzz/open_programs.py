"""Programs of level 2 whose sizes are names: of inputs, or found in the middle of a call."""

from __future__ import annotations

from collections.abc import Sequence


def _function(arguments: str, results: str, sizes: str, body: str) -> str:
    return (
        f"func.func @main({arguments}) -> ({results}) attributes "
        f"{{sizes = #engine.names<{sizes}>}} {{{body}}}\n"
    )


ROWS = 'tensor<?x4xf32, #engine.sizes<"N">>'
MARKS = 'tensor<?xi1, #engine.sizes<"N">>'
CHOSEN = 'tensor<?x4xf32, #engine.sizes<"K">>'
LENGTH = "tensor<1xi64>"

OPEN: Sequence[str] = (
    _function(
        f"%x: {ROWS}, %c: {MARKS}",
        CHOSEN,
        'N in 0 hint 1, K in 0 to "N" hint 1 data',
        f"""
  %rows, %count = engine.compress %x, %c {{axis = 0 : i64, defines = ["K"]}} : {ROWS}, {MARKS} -> {CHOSEN}, {LENGTH}
  %y = engine.softmax %rows {{axis = 1 : i64}} : {CHOSEN} -> {CHOSEN}
  func.return %y : {CHOSEN}
""",
    ),
    _function(
        f"%x: {ROWS}",
        'tensor<?x2xi64, #engine.sizes<"K">>, tensor<?x2x4xf32, #engine.sizes<"K">>',
        'N in 1 to 64 hint 3, K in 0 to "N * 4" hint 4 data',
        f"""
  %p, %count = engine.nonzero %x {{defines = ["K"]}} : {ROWS} -> tensor<?x2xi64, #engine.sizes<"K">>, {LENGTH}
  %t = engine.constant dense<0.5> : tensor<9x4xf32> -> tensor<9x4xf32>
  %s = engine.slice %p {{starts = array<i64: 0, 0>, sizes = #engine.extents<["K", 2]>, steps = array<i64: 1, 1>}} : tensor<?x2xi64, #engine.sizes<"K">> -> tensor<?x2xi64, #engine.sizes<"K">>
  %y = engine.gather %t, %s {{axis = 0 : i64}} : tensor<9x4xf32>, tensor<?x2xi64, #engine.sizes<"K">> -> tensor<?x2x4xf32, #engine.sizes<"K">>
  func.return %p, %y : tensor<?x2xi64, #engine.sizes<"K">>, tensor<?x2x4xf32, #engine.sizes<"K">>
""",
    ),
    _function(
        f"%x: {ROWS}, %k: {LENGTH}",
        CHOSEN,
        "N in 2 hint 2, K in 0 to 2147483647 hint 128 data",
        f"""
  %count = engine.as_size %k {{defines = ["K"], at_most = array<i64: 2147483647>}} : {LENGTH} -> {LENGTH}
  %i = engine.iota : tensor<?xi64, #engine.sizes<"K">>
  %g = engine.gather %x, %i {{axis = 0 : i64}} : {ROWS}, tensor<?xi64, #engine.sizes<"K">> -> {CHOSEN}
  %y = engine.scan %g {{axis = 0 : i64, kind = "sum"}} : {CHOSEN} -> {CHOSEN}
  func.return %y : {CHOSEN}
""",
    ),
    _function(
        f'%x: {ROWS}, %p: tensor<?x4xf32, #engine.sizes<"P">>',
        'tensor<?xf32, #engine.sizes<"4 * N + 4 * P">>',
        "N in 1 hint 3, P in 0 to 32 hint 5",
        f"""
  %a = engine.concat %p, %x {{axis = 0 : i64}} : tensor<?x4xf32, #engine.sizes<"P">>, {ROWS} -> tensor<?x4xf32, #engine.sizes<"N + P">>
  %b = engine.transpose %a {{perm = array<i64: 1, 0>}} : tensor<?x4xf32, #engine.sizes<"N + P">> -> tensor<4x?xf32, #engine.sizes<"N + P">>
  %y = engine.reshape %b : tensor<4x?xf32, #engine.sizes<"N + P">> -> tensor<?xf32, #engine.sizes<"4 * N + 4 * P">>
  func.return %y : tensor<?xf32, #engine.sizes<"4 * N + 4 * P">>
""",
    ),
    _function(
        '%x: tensor<1x4x?x?xf32, #engine.sizes<"H", "W">>, %w: tensor<6x4x3x3xf32>',
        'tensor<1x6x?x?xf32, #engine.sizes<"H", "W">>',
        "H in 1 hint 6, W in 1 hint 5",
        """
  %a = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x4x?x?xf32, #engine.sizes<"H", "W">>, tensor<6x4x3x3xf32> -> tensor<1x6x?x?xf32, #engine.sizes<"H", "W">>
  %y = engine.softmax %a {axis = 3 : i64} : tensor<1x6x?x?xf32, #engine.sizes<"H", "W">> -> tensor<1x6x?x?xf32, #engine.sizes<"H", "W">>
  func.return %y : tensor<1x6x?x?xf32, #engine.sizes<"H", "W">>
""",
    ),
)
"""Rows that are chosen, positions and what lies there, as many as a number says, rows behind
others, and a map of any size."""
