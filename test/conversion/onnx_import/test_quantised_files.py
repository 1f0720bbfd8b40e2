"""
Files that onnxruntime's and NNCF's quantisers wrote are read, computed with codes, and right.

`tools/record/quantised.py` makes them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import stepwell
from stepwell.compiler.compile import lower

RECORDED = Path(__file__).parent / "recorded" / "quantised"
FILES = sorted(RECORDED.glob("*.onnx"))
PRODUCTS = {"images": 4, "words": 3}


def test_files_of_all_tools_are_there():
    assert {path.stem for path in FILES} == {
        "images_qdq",
        "images_qoperator",
        "images_nncf",
        "words_qdq",
        "words_dynamic",
        "words_four_bits",
        "words_nncf",
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_like_the_runtime_without_optimisations(path: Path):
    recorded = np.load(path.with_suffix(".npz"))
    engine = stepwell.compile(path)
    assert engine.reference_ops == ()
    [found] = engine.run({"x": recorded["x"]}).values()
    expected, original = recorded["y"], recorded["original"]
    assert found.shape == expected.shape

    def off(a, b):
        return float(np.sqrt(np.square(a - b).mean()) / b.std())

    # A number in the middle between two codes may become either: less than what the codes cost.
    assert off(found, expected) <= 0.25 * off(expected, original) + 1e-6


@pytest.mark.parametrize(
    "path", [p for p in FILES if "four_bits" not in p.stem], ids=lambda path: path.stem
)
def test_products_of_codes_are_computed_with_codes(path: Path):
    text = lower(path, "engine").text
    products = [
        line for line in text.splitlines() if "engine.conv " in line or "engine.matmul " in line
    ]
    assert len(products) == PRODUCTS[path.stem.partition("_")[0]]
    coded = [line for line in products if "accumulator = i32" in line]
    assert len(coded) >= len(products) - 1
