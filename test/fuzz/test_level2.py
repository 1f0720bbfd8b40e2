"""
Programs of level 2 that a stranger could put into an artifact with right digests.

`load(..., recompile=True)` refuses them with a reason, or they run within their memory and give
what the interpreters give. `found/` has those that once did something else.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stepwell.test.fuzz.run_case import outcome_of

FOUND = sorted((Path(__file__).parent / "found").glob("*.mlir"))

DOUBLED = """{
  ^bb0(%a: f32):
    %b = arith.addf %a, %a : f32
    engine.yield %b : f32
  }"""

VECTOR = "tensor<4xf32>"


def program(body: str, *, arguments: str = f"%x: {VECTOR}", result: str = VECTOR) -> str:
    """`@main` with a body that defines `%y`."""
    head = f"func.func @main({arguments}) -> ({result}) {{"
    return f"{head}\n  {body}\n  func.return %y : {result}\n}}\n"


def strided(strides: str) -> str:
    return f'tensor<4xf32, #engine.layout<"a", [{strides}]>>'


REFUSED = {
    "an input far away": (
        program(
            f"%y = engine.map ins(%x : {strided('100000000')}) -> {VECTOR} {DOUBLED}",
            arguments=f"%x: {strided('100000000')}",
        ),
        "strides, which only buffers have",
    ),
    "a result far away": (
        program(
            f"%y = engine.map ins(%x : {VECTOR}) -> {strided('-64')} {DOUBLED}",
            result=strided("-64"),
        ),
        "strides, which only buffers have",
    ),
    "strides that no operation sees": (
        program("%y = engine.map ins(%x : tensor<4xf32>) -> tensor<4xf32> " + DOUBLED).replace(
            "(%x: tensor<4xf32>)", f"(%x: tensor<4xf32>, %z: {strided('-64')})"
        ),
        "inputs and outputs are row-major",
    ),
    "parts that nobody wrote": (
        program(
            f"%y = engine.concat %x, %x {{absorbed = array<i64: 0, 1>, axis = 0 : i64}} : {VECTOR},"
            f" {VECTOR} -> tensor<8xf32>",
            result="tensor<8xf32>",
        ),
        "only planning may say 'absorbed'",
    ),
    "elements of two sizes": (
        program(
            "%y = engine.concat %x, %w {axis = 0 : i64} : tensor<1xf64>, tensor<9xi8>"
            " -> tensor<10xf64>",
            arguments="%x: tensor<1xf64>, %w: tensor<9xi8>",
            result="tensor<10xf64>",
        ),
        "elements of f64 and of i8",
    ),
    "updates of other elements": (
        program(
            '%y = engine.scatter %x, %i, %u {reduction = "none"} : tensor<8x4xf32>,'
            " tensor<2x1xi64>, tensor<2x4xf64> -> tensor<8x4xf32>",
            arguments="%x: tensor<8x4xf32>, %i: tensor<2x1xi64>, %u: tensor<2x4xf64>",
            result="tensor<8x4xf32>",
        ),
        "elements of f32 and of f64",
    ),
    "index tuples longer than the rank": (
        program(
            '%y = engine.scatter %x, %i, %u {reduction = "none"} : tensor<8xf32>,'
            " tensor<2x3xi64>, tensor<2xf32> -> tensor<8xf32>",
            arguments="%x: tensor<8xf32>, %i: tensor<2x3xi64>, %u: tensor<2xf32>",
            result="tensor<8xf32>",
        ),
        "do not fit",
    ),
    "indices that are floats": (
        program(
            "%y = engine.gather %x, %i {axis = 0 : i64} : tensor<4xf32>, tensor<2xf32>"
            " -> tensor<2xf32>",
            arguments="%x: tensor<4xf32>, %i: tensor<2xf32>",
            result="tensor<2xf32>",
        ),
        "expected i32 or i64",
    ),
    "a repetition of nothing": (
        program(
            '%y = engine.pad %x {low = array<i64: 9>, high = array<i64: 0>, mode = "edge",'
            " value = 0.000000e+00 : f32} : tensor<0xf32> -> tensor<9xf32>",
            arguments="%x: tensor<0xf32>",
            result="tensor<9xf32>",
        ),
        "has nothing to take in dimension 0",
    ),
    "memory in a scalar region": (
        program(
            f"%y = engine.map ins(%x : {VECTOR}) -> {VECTOR} {{\n  ^bb0(%a: f32):\n"
            "    %i = arith.constant 1000000 : index\n"
            "    %m = memref.alloca() : memref<4xf32>\n"
            "    %b = memref.load %m[%i] : memref<4xf32>\n    engine.yield %b : f32\n  }"
        ),
        "expected operations of arith and math on scalars",
    ),
    "a buffer": (
        program("%y = engine.map ins(%x : tensor<4xf32>) -> tensor<4xf32> " + DOUBLED).replace(
            "(%x: tensor<4xf32>)", "(%x: tensor<4xf32>, %z: memref<4xf32>)"
        ),
        "is a buffer; a program of tensors is expected",
    ),
    "a matrix of other elements": (
        program(
            "%y = engine.matmul %x, %w : tensor<2x4xf64>, tensor<4x2xi8> -> tensor<2x2xf64>",
            arguments="%x: tensor<2x4xf64>, %w: tensor<4x2xi8>",
            result="tensor<2x2xf64>",
        ),
        "elements of f64 and of i8",
    ),
    "a scale of other elements": (
        program(
            '%y = engine.norm %x scale(%w : tensor<4xi8>) {kind = "layer", axes = array<i64: 1>,'
            " epsilon = 1.000000e-05 : f64} : tensor<2x4xf32> -> tensor<2x4xf32>",
            arguments="%x: tensor<2x4xf32>, %w: tensor<4xi8>",
            result="tensor<2x4xf32>",
        ),
        "elements of f32 and of i8",
    ),
    "steps outside of the input": (
        program(
            '%y = engine.pool %x {kind = "max", kernel = array<i64: 3, 3>,'
            " strides = array<i64: 1, 1>, pads = array<i64: -4, 0, 8, 0>,"
            " dilations = array<i64: 1, 1>} : tensor<1x2x4x4xf32> -> tensor<1x2x6x2xf32>",
            arguments="%x: tensor<1x2x4x4xf32>",
            result="tensor<1x2x6x2xf32>",
        ),
        "must be 0 or more",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused_with_a_reason(what: str):
    text, reason = REFUSED[what]
    kind, word = outcome_of(text)
    assert kind == "refused", word
    assert "InvalidIRError" in word
    assert reason in word


@pytest.mark.parametrize("file", FOUND, ids=lambda file: file.stem)
def test_found_before(file: Path):
    kind, word = outcome_of(file.read_text("utf-8"))
    assert kind in ("refused", "ran"), word


def test_mutations(seeds: range, seconds: float):
    """In a process of its own, which a kernel that leaves its memory ends."""
    command = [sys.executable, "-m", "stepwell.test.fuzz.run_case", *map(str, seeds)]
    end = time.monotonic() + seconds
    outcomes: dict[str, str] = {}
    begun = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said = json.loads(line)
            if "begin" in said:
                begun = said["begin"]
                if time.monotonic() > end:
                    process.kill()
                    break
                continue
            assert said["outcome"] in ("refused", "ran"), f"seed {begun}: {said['word']}"
            outcomes[begun] = said["outcome"]
        else:
            assert process.wait() == 0, f"seed {begun} ended the process"
    assert {"refused", "ran"} <= set(outcomes.values())
