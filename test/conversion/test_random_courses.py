"""Random branches and loops in each other, on every level, against onnxruntime."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest

import stepwell
from stepwell.compiler.compilation import Compilation
from stepwell.compiler.options import Options
from stepwell.compiler.planned_program import main_of
from stepwell.dialects.engine.base import shape_of
from stepwell.interpreters import make_interpreter, run
from stepwell.interpreters.engine import PoisonDeadBytes
from stepwell.test.conversion.random_courses import RandomCourses
from stepwell.transforms.check_memory_plan import CheckMemoryPlanPass

SEEDS = range(8)


def expected(drawn: RandomCourses) -> list[Any]:
    """What an independent implementation gives."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(drawn.model.SerializeToString(), options)
    return list(session.run(None, drawn.feeds))


def close(found: Any, wanted: Any) -> None:
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_native_code(seed: int):
    drawn = RandomCourses(seed, 1 + seed % 3)
    wanted = expected(drawn)
    results: list[list[Any]] = []
    for threads in (1, 2, 4):
        engine = stepwell.compile(drawn.model, threads=threads)
        assert not engine.reference_ops
        for _ in range(2):  # what the first call left in the arena does not matter
            results.append(list(engine.run(drawn.feeds).values()))
    close(results[0], wanted)
    for other in results[1:]:
        assert [a.tobytes() for a in other] == [a.tobytes() for a in results[0]]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_level_by_its_interpreter(seed: int):
    drawn = RandomCourses(seed, 1 + seed % 2)
    wanted = expected(drawn)
    compilation = Compilation.of(drawn.model, Options())
    for level in ("engine", "layout", "plan"):
        compilation.lower_to(level)
        if level == "plan":
            CheckMemoryPlanPass().apply(compilation.ctx, compilation.module)
        close(run(compilation.ctx, compilation.module, list(drawn.feeds.values())), wanted)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_dead_is_read(seed: int):
    """With memory that nobody reads again filled with NaN."""
    drawn = RandomCourses(seed, 2)
    compilation = Compilation.of(drawn.model, Options())
    compilation.lower_to("plan")
    main = main_of(compilation.module)
    interpreter = make_interpreter(compilation.ctx, compilation.module)
    interpreter.listeners = (PoisonDeadBytes(main),)
    outputs = [np.zeros((3, 5), np.float32) for _ in drawn.outputs]
    arena = np.zeros(shape_of(main.body.block.args[0]), np.int8)
    interpreter.call_op("main", (arena, *drawn.feeds.values(), *outputs))
    close(outputs, expected(drawn))


@pytest.mark.parametrize("target", ["x86-64-v2", "x86-64-v3"])
def test_other_processors(target: str):
    drawn = RandomCourses(1, 2)
    engine = stepwell.compile(drawn.model, target=target)
    close(engine.run(drawn.feeds).values(), expected(drawn))
