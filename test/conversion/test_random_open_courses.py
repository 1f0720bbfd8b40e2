"""Random branches and loops in each other with an open number of rows: one program for all."""

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
from stepwell.ir.bind_sizes import bind_sizes
from stepwell.test.conversion.random_courses import COLUMNS, RandomCourses
from stepwell.transforms.check_memory_plan import CheckMemoryPlanPass

SEEDS = range(8)

ROWS = (1, 3, 2, 17)


def expected(drawn: RandomCourses, rows: int) -> list[Any]:
    """What an independent implementation gives."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(drawn.model.SerializeToString(), options)
    return list(session.run(None, drawn.feeds_at(rows)))


def close(found: Any, wanted: Any) -> None:
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_native_code(seed: int):
    drawn = RandomCourses(seed, 1 + seed % 3, open_rows=True)
    engines = [stepwell.compile(drawn.model, threads=threads) for threads in (1, 2)]
    for engine in engines:
        assert not engine.program.is_open
        assert not engine.reference_ops
    for rows in ROWS:
        one, two = (list(e.run(drawn.feeds_at(rows)).values()) for e in engines)
        close(one, expected(drawn, rows))
        assert [a.tobytes() for a in one] == [a.tobytes() for a in two]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_level_by_its_interpreter(seed: int):
    drawn = RandomCourses(seed, 1 + seed % 2, open_rows=True)
    compilation = Compilation.of(drawn.model, Options())
    for level in ("engine", "layout", "plan", "kernels"):
        compilation.lower_to(level)
        if level == "plan":
            CheckMemoryPlanPass().apply(compilation.ctx, compilation.module)
        for rows in ROWS[: 3 if level == "kernels" else 4]:
            feeds = list(drawn.feeds_at(rows).values())
            close(run(compilation.ctx, compilation.module, feeds), expected(drawn, rows))


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_dead_is_read(seed: int):
    """With memory that nobody reads again filled with NaN."""
    drawn = RandomCourses(seed, 2, open_rows=True)
    compilation = Compilation.of(drawn.model, Options())
    compilation.lower_to("plan")
    for rows in ROWS:
        module = compilation.module.clone()
        bind_sizes(main_of(module), {"R": rows})
        main = main_of(module)
        interpreter = make_interpreter(compilation.ctx, module)
        interpreter.listeners = (PoisonDeadBytes(main),)
        outputs = [np.zeros((rows, COLUMNS), np.float32) for _ in drawn.outputs]
        arena = np.zeros(shape_of(main.body.block.args[0]), np.int8)
        interpreter.call_op("main", (arena, *drawn.feeds_at(rows).values(), *outputs))
        close(outputs, expected(drawn, rows))


@pytest.mark.parametrize("target", ["x86-64-v2", "x86-64-v3"])
def test_other_processors(target: str):
    drawn = RandomCourses(1, 2, open_rows=True)
    engine = stepwell.compile(drawn.model, target=target)
    close(engine.run(drawn.feeds_at(5)).values(), expected(drawn, 5))
