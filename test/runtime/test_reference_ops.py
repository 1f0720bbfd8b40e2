"""Reference ops: what they read and write, how they fail, and what a call does around them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

import stepwell
from stepwell.errors import StepwellError
from stepwell.runtime.engine import Engine
from stepwell.runtime.program import (
    OPAQUE,
    CompiledProgram,
    ReferenceBuffer,
    ReferenceOp,
    TensorSignature,
    WeightSegment,
)
from stepwell.runtime.reference_ops import FreshResults

# Runs reference op 0, then reference op 1 in the same call.
CALLS_BACK = """
define i32 @stepwell_main(ptr %frame) {
  %status = getelementptr ptr, ptr %frame, i64 4
  store i64 0, ptr %status
  %slot = getelementptr ptr, ptr %frame, i64 3
  %callback = load ptr, ptr %slot
  call void %callback(i64 0, ptr %frame)
  call void %callback(i64 1, ptr %frame)
  ret i32 0
}
"""


@pytest.fixture
def program(link_texts) -> CompiledProgram:
    """arena[64:] = f(x, w); y = f(arena[64:])."""
    w = np.arange(6, dtype=np.float32)
    pair = ("float32", (2, 3))
    first = ReferenceOp(
        "/first",
        "Celu",
        "builtin.module {}",
        (ReferenceBuffer("input", 0, 0, *pair), ReferenceBuffer("weights", 0, 64, "float32", (6,))),
        (ReferenceBuffer("arena", 0, 64, *pair),),
    )
    second = ReferenceOp(
        "/second",
        "Det",
        "builtin.module {}",
        (ReferenceBuffer("arena", 0, 64, *pair),),
        (ReferenceBuffer("output", 0, 0, *pair),),
    )
    return CompiledProgram(
        inputs=(TensorSignature("x", *pair),),
        outputs=(TensorSignature("y", *pair),),
        codes=(link_texts(CALLS_BACK),),
        weights=(WeightSegment(64, w.nbytes, lambda: w),),
        weights_size=128,
        arena_size=128,
        reference_ops=(first, second),
    )


class Semantics:
    """Stands for the interpreters: `semantics(function)` says what they do from now on."""

    function: Callable[..., Sequence[Any]]

    def __call__(self, function: Callable[..., Sequence[Any]]) -> None:
        self.function = function

    def reference(self, text: str, name: str) -> Callable[[Sequence[Any]], Sequence[Any]]:
        """What an engine is given."""
        return lambda values: self.function(*values)


@pytest.fixture
def semantics() -> Semantics:
    return Semantics()


def test_operands_and_results_are_the_programs_memory(program, semantics):
    x = np.arange(6, dtype=np.float32).reshape(2, 3)

    def f(value, weight=None):
        assert not value.flags.writeable
        return [value + 1 if weight is None else value * weight.reshape(2, 3)]

    semantics(f)
    engine = Engine(program, threads=1, reference=semantics.reference)
    assert engine.reference_ops == ("/first", "/second")
    np.testing.assert_array_equal(engine(x), x * x + 1)


@pytest.fixture
def listing(program) -> CompiledProgram:
    """A list without a buffer, of x and w."""
    op = replace(program.reference_ops[0], results=(ReferenceBuffer(OPAQUE, 0, 0, "", ()),))
    y = TensorSignature("y", "float32", (2, 3), ("seq",), 0)
    return replace(program, outputs=(y,), reference_ops=(op, op))


def test_results_are_copied_out_of_operands_unless_they_are_fresh(listing):
    """A list of an operand keeps none of the memory of the call; a fresh one is not gone over."""
    made: list[Any] = []

    def f(values):
        made.append(list(values))
        return [made[-1]]

    x = np.ones((2, 3), np.float32)
    found = Engine(listing, threads=1, reference=lambda text, name: f)(x)
    assert found is not made[-1]
    assert not np.may_share_memory(found[0], x)
    np.testing.assert_array_equal(found[0], x)
    found = Engine(listing, threads=1, reference=lambda text, name: FreshResults(f))(x)
    assert found is made[-1]


def test_the_first_failure_is_raised_with_its_node(program, semantics):
    calls: list[int] = []

    def f(*values):
        calls.append(len(values))
        raise ValueError("singular matrix")

    semantics(f)
    engine = Engine(program, threads=1, reference=semantics.reference)
    x = np.zeros((2, 3), np.float32)
    for _ in range(2):
        with pytest.raises(StepwellError, match=r"Celu '/first', run by .*: singular matrix"):
            engine(x)
    assert calls == [2, 2]  # the second op was not tried
    semantics(lambda value, *_: [value])
    np.testing.assert_array_equal(engine(x), x)


def test_an_interrupt_passes_through(program, semantics):
    def f(*_):
        raise KeyboardInterrupt

    semantics(f)
    with pytest.raises(KeyboardInterrupt):
        Engine(program, threads=1, reference=semantics.reference)(np.zeros((2, 3), np.float32))


def test_without_the_reference_semantics_it_is_said_what_to_do(program):
    with pytest.raises(StepwellError, match=r"Celu '/first', run by .*: .*stepwell\.load"):
        Engine(program, threads=1)(np.zeros((2, 3), np.float32))


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (np.zeros((3, 2), np.float32), r"is float32\[3, 2\], compiled for float32\[2, 3\]"),
        (np.zeros((2, 3), np.float64), r"is float64\[2, 3\], compiled for float32\[2, 3\]"),
    ],
)
def test_results_of_another_form(program, semantics, result, message):
    semantics(lambda *_: [result])
    with pytest.raises(StepwellError, match=message):
        Engine(program, threads=1, reference=semantics.reference)(np.zeros((2, 3), np.float32))


def test_a_reference_op_may_call_the_engine(program, semantics):
    """Whatever runs inside finds the pool taken and runs serially; nothing waits for itself."""
    engine = Engine(program, threads=2, reference=semantics.reference)
    depth = 0

    def f(value, *_):
        nonlocal depth
        if depth < 3:
            depth += 1
            return [engine(np.ascontiguousarray(value)) + 1]
        return [value + 0]

    semantics(f)
    np.testing.assert_array_equal(engine(np.zeros((2, 3), np.float32)), np.full((2, 3), 3))


def test_calls_at_once_keep_their_failures_apart(program, semantics):
    def f(value, *_):
        if value[0, 0] == 13:
            raise ValueError("unlucky")
        return [value + 0]

    semantics(f)
    engine = Engine(program, threads=1, reference=semantics.reference)
    wrong: list[int] = []

    def work(number):
        x = np.full((2, 3), number, np.float32)
        for _ in range(100):
            try:
                right = np.array_equal(engine(x), x) and number != 13
            except StepwellError:
                right = number == 13
            if not right:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in (1, 13, 2, 13)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not wrong


def test_a_model_with_an_operator_that_has_no_kernel(tmp_path):
    """y = x @ x + det(x): the determinant by its reference semantics, the rest natively."""
    nodes = [
        helper.make_node("MatMul", ["x", "x"], ["a"], name="/MatMul"),
        helper.make_node("Det", ["x"], ["d"], name="/Det"),
        helper.make_node("Add", ["a", "d"], ["y"], name="/Add"),
    ]
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, (4, 4)) for name in "xy"]
    graph = helper.make_graph(nodes, "det", value[:1], value[1:])
    opsets = [helper.make_opsetid("", 20)]
    engine = stepwell.compile(helper.make_model(graph, opset_imports=opsets, ir_version=10))
    assert engine.reference_ops == ("/Det",)
    engine.save(tmp_path / "det.well")
    x = np.random.default_rng(0).random((4, 4), dtype=np.float32)
    expected = x @ x + np.linalg.det(x)
    np.testing.assert_allclose(engine(x), expected, rtol=1e-5)
    np.testing.assert_array_equal(stepwell.load(tmp_path / "det.well")(x), engine(x))


def test_a_call_of_an_operation_that_the_file_does_not_have(program, semantics):
    only = replace(program, reference_ops=program.reference_ops[:1])
    semantics(lambda *values: [values[0]])
    engine = Engine(only, threads=1, reference=semantics.reference)
    with pytest.raises(StepwellError, match="has 1 reference operations, its machine code calls"):
        engine(np.zeros((2, 3), np.float32))


def test_more_results_than_the_file_says(program, semantics):
    semantics(lambda *values: [values[0], values[0]])
    engine = Engine(program, threads=1, reference=semantics.reference)
    with pytest.raises(StepwellError, match="Celu '/first', run by its reference semantics: Value"):
        engine(np.zeros((2, 3), np.float32))


def test_a_call_of_an_operation_in_a_file_without_any(program, semantics):
    engine = Engine(replace(program, reference_ops=()), threads=1, reference=semantics.reference)
    with pytest.raises(StepwellError, match="has 0 reference operations, its machine code calls"):
        engine(np.zeros((2, 3), np.float32))
