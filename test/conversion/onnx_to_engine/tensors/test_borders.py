"""Pads that repeat elements along dimensions of any size."""

from __future__ import annotations

from typing import Literal

import numpy as np
import onnx
import pytest
from onnx import parser

import stepwell


def padded(mode: str, pads: list[int]) -> onnx.ModelProto:
    """`[N, 2, L]` padded along all of its dimensions."""
    listed = ", ".join(map(str, pads))
    head = '<ir_version: 8, opset_import: ["" : 19]>'
    text = f"{head} g (float[N, 2, L] x) => (float[M, 2, K] y) <int64[6] pads = {{{listed}}}>"
    return parser.parse_model(f'{text} {{ y = Pad<mode = "{mode}">(x, pads) }}')


@pytest.mark.parametrize("mode", ["reflect", "wrap"])
@pytest.mark.parametrize("pads", [[0, 0, 40, 0, 0, 31], [0, 0, 2, 0, 0, 3], [7, 0, 9, 6, 0, 5]])
def test_wide_borders(mode: Literal["reflect", "wrap"], pads: list[int]) -> None:
    engine = stepwell.compile(padded(mode, pads))
    assert not engine.program.is_open
    assert not engine.reference_ops
    rng = np.random.default_rng(0)
    for rows, length in [(1, 1), (8, 2), (2, 45), (3, 7), (5, 300)]:
        x = rng.standard_normal((rows, 2, length)).astype(np.float32)
        wanted = np.pad(x, list(zip(pads[:3], pads[3:], strict=True)), mode=mode)
        np.testing.assert_array_equal(engine(x), wanted)
