"""`Engine` on small hand-written programs: results, checks, errors, concurrency, threads."""

from __future__ import annotations

import gc
import threading
import weakref
from dataclasses import replace

import numpy as np
import pytest

from stepwell.errors import (
    InputError,
    InvalidArtifactError,
    NotEnoughMemoryError,
    UsageError,
)
from stepwell.runtime.abi import FrameSlot
from stepwell.runtime.engine import Engine
from stepwell.runtime.program import TensorSignature, WeightSegment


@pytest.fixture
def feeds():
    rng = np.random.default_rng(0)
    return {name: rng.random(4096, dtype=np.float32) for name in "ab"}


def expected(feeds):
    return feeds["a"] + feeds["b"] + np.arange(4096, dtype=np.float32)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_do_not_depend_on_threads(adder, feeds, threads):
    engine = Engine(adder, threads=threads)
    for _ in range(20):
        np.testing.assert_array_equal(engine.run(feeds)["y"], expected(feeds))


def test_call_by_position_and_by_name(adder, feeds):
    engine = Engine(adder, threads=1)
    a, b = feeds.values()
    for result in (engine(a, b), engine(a, b=b), engine(b=b, a=a)):
        np.testing.assert_array_equal(result, expected(feeds))


def test_properties(adder):
    engine = Engine(adder, threads=3)
    assert engine.inputs == adder.inputs
    assert engine.outputs == (TensorSignature("y", "float32", (4096,)),)
    assert engine.reference_ops == engine.host_ops == ()
    assert engine.arena_bytes == 4096 * 4
    assert engine.weight_bytes == 4096 * 4 + 64
    assert engine.threads == 3
    vector = "float32[4096]"
    assert repr(engine) == f"Engine(a: {vector}, b: {vector} -> y: {vector}; threads=3)"


def test_threads_of_the_program_are_the_default(adder):
    assert Engine(replace(adder, threads=7)).threads == 7
    assert Engine(adder).threads >= 1
    with pytest.raises(UsageError, match="threads is 0, expected 1 to 1024"):
        Engine(adder, threads=0)


def test_outputs_are_aligned_and_new(adder, feeds):
    engine = Engine(adder, threads=1)
    first, second = engine(**feeds), engine(**feeds)
    assert first is not second
    assert not np.shares_memory(first, second)
    assert first.ctypes.data % 64 == second.ctypes.data % 64 == 0
    assert first.flags.writeable


def _misaligned(array):
    memory = np.empty(array.nbytes + 1, np.uint8)[1:]
    copy = memory.view(array.dtype)
    copy[:] = array
    assert not copy.flags.aligned
    return copy


@pytest.mark.parametrize(
    "form",
    [
        lambda array: np.repeat(array, 3)[::3],
        lambda array: array[::-1].copy()[::-1],
        _misaligned,
        lambda array: np.frombuffer(array.tobytes(), np.float32),
        lambda array: np.concatenate([array[:1], array])[1:],
    ],
    ids=["strided", "reversed", "misaligned", "read-only", "not 64-byte aligned"],
)
def test_inputs_of_any_layout(adder, feeds, form):
    given = {"a": form(feeds["a"]), "b": feeds["b"]}
    np.testing.assert_array_equal(Engine(adder, threads=1).run(given)["y"], expected(feeds))


def test_lists_are_inputs_too(adder):
    program = replace(adder, inputs=(TensorSignature("a", "float64", (3,)), adder.inputs[1]))
    with pytest.raises(InputError, match=r"'a' has shape \[2\], expected \[3\]"):
        Engine(program, threads=1)([1.0, 2.0], np.zeros(4096, np.float32))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"a": np.zeros(4096)}, r"input 'a' has dtype float64, expected float32; .*astype"),
        ({"a": np.zeros(4096, ">f4")}, "has dtype >f4, expected float32"),
        ({"a": None}, "has dtype object"),
        ({"a": [[1.0], [1.0, 2.0]]}, "input 'a' is not an array"),
        ({"a": np.zeros(4095, np.float32)}, r"has shape \[4095\], expected \[4096\]"),
        (
            {"a": np.zeros((1, 4096), np.float32)},
            r"has rank 2 \(shape \[1, 4096\]\), expected rank 1",
        ),
        (
            {"bb": np.zeros(1)},
            r"no input 'bb' \(did you mean 'b'\?\); the model takes 2 inputs: a: ",
        ),
    ],
)
def test_wrong_inputs(adder, feeds, change, message):
    with pytest.raises(InputError, match=message):
        Engine(adder, threads=1).run({**feeds, **change})


def test_wrong_calls(adder, feeds):
    engine = Engine(adder, threads=1)
    a, b = feeds.values()
    with pytest.raises(InputError, match=r"missing: 'b'; .*b: float32\[4096\]"):
        engine(a)
    with pytest.raises(InputError, match="3 inputs given, the model takes 2 inputs"):
        engine(a, b, a)
    with pytest.raises(InputError, match="'a' is given by position and by name"):
        engine(a, a=a)
    with pytest.raises(InputError, match="missing: 'a', 'b'"):
        engine()


def test_error_codes_name_the_node_and_leave_the_engine_usable(adder, feeds):
    engine = Engine(adder, threads=2)
    bad = {**feeds, "a": np.full(4096, 123, np.float32)}
    for _ in range(3):
        with pytest.raises(InputError, match=r"Add '/add': a\[0\] is out of range, expected < 100"):
            engine.run(bad)
        np.testing.assert_array_equal(engine.run(feeds)["y"], expected(feeds))


def test_symbolic_sizes_are_bound_and_passed(link_texts):
    # y[0] = N of x: f32[N, 2]; the slots after input and output hold the sizes.
    code = link_texts(f"""
        define i32 @stepwell_main(ptr %frame) {{
          %y_slot = getelementptr ptr, ptr %frame, i64 {FrameSlot.ARGUMENTS + 2}
          %y = load ptr, ptr %y_slot
          %n_slot = getelementptr i64, ptr %frame, i64 {FrameSlot.ARGUMENTS + 3}
          %n = load i64, ptr %n_slot
          store i64 %n, ptr %y
          ret i32 0
        }}""")
    from stepwell.runtime.program import CompiledProgram

    program = CompiledProgram(
        inputs=(
            TensorSignature("x", "float32", ("N", 2)),
            TensorSignature("m", "bool", (3, "N")),
        ),
        outputs=(TensorSignature("y", "int64", ("N",)),),
        codes=(code,),
        weights=(),
        weights_size=0,
        arena_size=0,
    )
    assert program.sizes == ("N",)
    engine = Engine(program, threads=1)
    result = engine(np.zeros((5, 2), np.float32), np.zeros((3, 5), np.bool_))
    assert result.shape == (5,)
    assert result[0] == 5
    with pytest.raises(InputError, match=r"'m' has shape \[3, 4\], expected \[3, N = 5\]"):
        engine(np.zeros((5, 2), np.float32), np.zeros((3, 4), np.bool_))


def test_eight_threads_share_one_engine(adder):
    engine = Engine(adder, threads=2)
    problems: list[str] = []

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(150):
            feeds = {name: rng.random(4096, dtype=np.float32) for name in "ab"}
            if not np.array_equal(engine.run(feeds)["y"], expected(feeds)):
                problems.append(f"thread {seed} got a wrong result")

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    assert not problems
    assert len(engine._idle) <= 8


def test_weights_are_copied_once_and_gaps_are_zero(adder):
    fetched: list[int] = []

    def provider():
        fetched.append(1)
        return np.full(4, 7, np.uint8)

    program = replace(
        adder, weights=(WeightSegment(64, 4, provider),), weights_size=128, constants=()
    )
    engine = Engine(program, threads=1)
    assert fetched == [1]
    image = engine.program.weights_image
    assert image is not None
    np.testing.assert_array_equal(image, [0] * 64 + [7] * 4 + [0] * 60)
    assert np.shares_memory(engine.program.weights[0].fetch(), image)


def test_constants_that_are_weights_are_freed(adder):
    """The engine keeps one copy of the weights, and can still be saved and recompiled."""
    w = np.arange(4096, dtype=np.float32)
    alive = weakref.ref(w)

    def held(array=w):
        return array

    program = replace(
        adder,
        weights=(replace(adder.weights[0], provider=held),),
        constants=(replace(adder.constants[0], provider=held),),
    )
    engine = Engine(program, threads=1)
    del w, held, program
    gc.collect()
    assert alive() is None
    restored = engine.program.constants[0].provider()
    np.testing.assert_array_equal(restored, np.arange(4096, dtype=np.float32))
    assert engine.program.weights_image is not None
    assert np.shares_memory(restored, engine.program.weights_image)


def test_a_segment_of_the_wrong_size_is_a_bug(adder):
    wrong = replace(adder, weights=(WeightSegment(0, 8, lambda: np.zeros(3, np.uint8)),))
    with pytest.raises(ValueError, match="has 3 bytes, 8 were planned"):
        Engine(wrong, threads=1)


def test_an_arena_that_does_not_fit(adder, feeds):
    with pytest.raises(NotEnoughMemoryError, match=r"needs 1,152,\S* bytes .* are available"):
        Engine(replace(adder, arena_size=1 << 60), threads=1).run(feeds)


def test_code_for_another_machine_can_be_held_but_not_run(adder, feeds):
    foreign = replace(adder.codes[0], triple="sparc-unknown-linux")
    hungry = replace(adder.codes[0], features=("avx512f", "amx-int8", "avx512vp2intersect", "sve"))
    engine = Engine(replace(adder, codes=(foreign, hungry)), threads=1)
    assert engine.inputs == adder.inputs
    with pytest.raises(InvalidArtifactError, match=r"no machine code .* for sparc; for .* with "):
        engine.run(feeds)


def test_names_of_sizes_are_shown_as_the_model_has_them():
    shape = ("N", "'S/8' * 8", "'a b'", "'S/8'", 3)
    assert str(TensorSignature("x", "int8", shape)) == "x: int8[N, S, a b, S/8, 3]"
    assert str(TensorSignature("x", "string", ("it's",), slot=0)) == "x: string[it's]"
