"""Donated inputs: callers copy them to their indices of an output, and nothing comes before."""

from __future__ import annotations

import pytest

from stepwell.errors import CompileError
from stepwell.test.transforms.check_memory_plan.checked import check

PART = '#engine.layout<"ab", [4, 1]>'

PLAN = f"""
func.func @main(%arena: memref<24xi8>, %past: memref<2x3xf32>, %new: memref<2x1xf32>,
    %present: memref<2x4xf32>, %other: memref<2x3xf32>)
    attributes {{input_names = ["past", "new"], output_names = ["present", "other"]}} {{
  %0 = engine.view %present {{offset = 0 : i64}} : memref<2x4xf32> -> memref<2x3xf32, {PART}>
  engine.relayout %past outs(%0 : memref<2x3xf32, {PART}>) {{donated}} : memref<2x3xf32>
  engine.softmax %0 outs(%other : memref<2x3xf32>) {{axis = 1 : i64}} : memref<2x3xf32, {PART}>
  engine.concat %0, %new outs(%present : memref<2x4xf32>)
      {{axis = 1 : i64, absorbed = array<i64: 0>}} : memref<2x3xf32, {PART}>, memref<2x1xf32>
  func.return
}}
"""
COPY = PLAN.split("\n")[5] + "\n"
NORM = PLAN.split("\n")[6] + "\n"


def test_the_plan_is_right():
    check(PLAN)


REFUSED = {
    "not the same indices": (
        "%present {offset = 0 : i64}",
        "%present {offset = 4 : i64}",
        "does not lie at its indices of %present",
    ),
    "not first": (
        COPY + NORM,
        "  engine.softmax %new outs(%other : memref<2x3xf32>) {axis = 1 : i64} : memref<2x1xf32>\n"
        .replace("%new", "%past").replace("memref<2x1xf32>", "memref<2x3xf32>") + COPY,
        "is donated, but not before all else",
    ),
    "in the arena": (
        f"%present {{offset = 0 : i64}} : memref<2x4xf32> -> memref<2x3xf32, {PART}>",
        "%arena {offset = 0 : i64} : memref<24xi8> -> memref<2x3xf32>",
        "is donated, but to no output of its own",
    ),
    "twice to one": (
        COPY,
        COPY + "  %1 = engine.view %present {offset = 0 : i64} : memref<2x4xf32> -> memref<2x1xf32,"
        f" {PART}>\n"
        f"  engine.relayout %new outs(%1 : memref<2x1xf32, {PART}>) {{donated}}"
        " : memref<2x1xf32>\n",
        "%new is donated, but to no output of its own",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what: str):
    before, after, message = REFUSED[what]
    assert before in PLAN
    text = PLAN.replace(before, after)
    if what == "in the arena":
        text = text.replace(f"%0 : memref<2x3xf32, {PART}>", "%0 : memref<2x3xf32>")
        text = text.replace(f": memref<2x3xf32, {PART}>", ": memref<2x3xf32>")
        text = text.replace(", absorbed = array<i64: 0>", "")
    with pytest.raises(CompileError, match=message):
        check(text)
