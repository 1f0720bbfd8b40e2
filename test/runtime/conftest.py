"""Small programs in LLVM IR, linked and wrapped as the compiler would."""

from __future__ import annotations

import numpy as np
import pytest

from stepwell.runtime.abi import FrameSlot
from stepwell.runtime.program import (
    CodeImage,
    CompiledProgram,
    Constant,
    ErrorEntry,
    PlannedBuffer,
    Provenance,
    TensorSignature,
    WeightSegment,
)
from stepwell.test.compiler.conftest import emit, link_texts, target_machine

__all__ = ["adder", "adder_code", "emit", "link_texts", "target_machine"]

ELEMENTS = 4096
CHUNKS = 16
PER_CHUNK = ELEMENTS // CHUNKS
ARGUMENTS = int(FrameSlot.ARGUMENTS)

# y = (a + b) + w in two parallel regions with the sum of the first in the arena. With a[0] >= 100,
# the program fails with its first error.
MAIN = f"""
declare void @stepwell_parallel(ptr, ptr, ptr, i64)
declare void @add(ptr, ptr, ptr, i64)

define internal void @task(ptr %captured, i64 %chunk) nounwind {{
  %a = load ptr, ptr %captured
  %b_slot = getelementptr ptr, ptr %captured, i64 1
  %b = load ptr, ptr %b_slot
  %y_slot = getelementptr ptr, ptr %captured, i64 2
  %y = load ptr, ptr %y_slot
  call void @add(ptr %a, ptr %b, ptr %y, i64 %chunk)
  ret void
}}

define i32 @stepwell_main(ptr %frame) nounwind {{
  %weights = load ptr, ptr %frame
  %arena_slot = getelementptr ptr, ptr %frame, i64 1
  %arena = load ptr, ptr %arena_slot
  %pool_slot = getelementptr ptr, ptr %frame, i64 2
  %pool = load ptr, ptr %pool_slot
  %status = getelementptr i64, ptr %frame, i64 4
  store i64 0, ptr %status
  %a_slot = getelementptr ptr, ptr %frame, i64 {ARGUMENTS}
  %a = load ptr, ptr %a_slot
  %b_slot = getelementptr ptr, ptr %frame, i64 {ARGUMENTS + 1}
  %b = load ptr, ptr %b_slot
  %y_slot = getelementptr ptr, ptr %frame, i64 {ARGUMENTS + 2}
  %y = load ptr, ptr %y_slot
  %first = load float, ptr %a
  %bad = fcmp oge float %first, 100.0
  br i1 %bad, label %fail, label %go
fail:
  store i64 1, ptr %status
  ret i32 1
go:
  %captured = alloca [3 x ptr]
  %captured_b = getelementptr ptr, ptr %captured, i64 1
  %captured_y = getelementptr ptr, ptr %captured, i64 2
  store ptr %a, ptr %captured
  store ptr %b, ptr %captured_b
  store ptr %arena, ptr %captured_y
  call void @stepwell_parallel(ptr %pool, ptr @task, ptr %captured, i64 {CHUNKS})
  store ptr %arena, ptr %captured
  store ptr %weights, ptr %captured_b
  store ptr %y, ptr %captured_y
  call void @stepwell_parallel(ptr %pool, ptr @task, ptr %captured, i64 {CHUNKS})
  ret i32 0
}}
"""

ADD = f"""
define void @add(ptr %a, ptr %b, ptr %y, i64 %chunk) nounwind {{
entry:
  %start = mul i64 %chunk, {PER_CHUNK}
  %end = add i64 %start, {PER_CHUNK}
  br label %loop
loop:
  %i = phi i64 [%start, %entry], [%next, %loop]
  %pa = getelementptr float, ptr %a, i64 %i
  %pb = getelementptr float, ptr %b, i64 %i
  %py = getelementptr float, ptr %y, i64 %i
  %va = load <16 x float>, ptr %pa, align 4
  %vb = load <16 x float>, ptr %pb, align 4
  %vy = fadd <16 x float> %va, %vb
  store <16 x float> %vy, ptr %py, align 4
  %next = add i64 %i, 16
  %more = icmp ult i64 %next, %end
  br i1 %more, label %loop, label %exit
exit:
  ret void
}}
"""


@pytest.fixture(scope="session")
def adder_code(link_texts) -> CodeImage:
    """The image of the adder; `adder` says what it computes."""
    return link_texts(MAIN, ADD)


@pytest.fixture
def adder(adder_code) -> CompiledProgram:
    """y = a + b + w, float32[4096]; fails for a[0] >= 100."""
    w = np.arange(ELEMENTS, dtype=np.float32)
    other = np.arange(30, dtype=np.int64).reshape(5, 6)
    vector = ("float32", (ELEMENTS,))
    return CompiledProgram(
        inputs=(TensorSignature("a", *vector), TensorSignature("b", *vector)),
        outputs=(TensorSignature("y", *vector),),
        codes=(adder_code,),
        weights=(WeightSegment(0, w.nbytes, lambda: w, "digest of w"),),
        weights_size=w.nbytes + 64,
        arena_size=w.nbytes,
        plan=(PlannedBuffer("sum", 0, w.nbytes, 0, 1),),
        errors=(ErrorEntry("/add", "Add '/add': a[0] is out of range, expected < 100"),),
        ir="builtin.module {\n  // text with an ü\n}\n",
        constants=(
            Constant("w", "digest of w", "float32", w.shape, lambda: w),
            Constant("other", "digest of other", "int64", (5, 6), lambda: other),
            Constant("w again", "digest of w", "float32", (64, 64), lambda: w),
        ),
        provenance=Provenance(
            model="adder.onnx",
            exactness="rounding",
            rewrites={"fold-batchnorm": 3, "drop-identity": 1},
            options={"threads": "2"},
            versions={"stepwell": "0.1.0"},
        ),
    )
