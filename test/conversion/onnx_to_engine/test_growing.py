"""Values that a loop carries and that grow in every trip, natively and in place."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

import stepwell
from stepwell.compiler.compilation import Compilation
from stepwell.compiler.options import Options
from stepwell.compiler.planned_program import main_of
from stepwell.dialects.engine import ConcatOp
from stepwell.dialects.engine.loop import in_line, loops_around
from stepwell.errors import StepwellError
from stepwell.interpreters import run
from stepwell.test.conversion.cached_decoder import CachedDecoder
from stepwell.test.fuzz import plan_mutations
from stepwell.test.fuzz.plan_mutations import Fault
from stepwell.test.transforms.open_plan_faults import DATA_FAULTS, OPEN_FAULTS
from stepwell.transforms.check_memory_plan import CheckMemoryPlanPass

HEAD = '<ir_version: 10, opset_import: ["": 21]>\n'

MEANS = """g (float[N, P, 4] x, float top) => (float[N, Q, 4] y, float[N, 4] last, float[N] s)
    <int64 most = {20}, bool on = {1}, int64[1] one = {1}, int64[2] rest = {1, 2}, float[4, 4] w =
    {1, 0, 0, 0.1, 0, 1, 0.2, 0, 0, 0, 1, 0, 0.1, 0, 0, 1}> {
    first = ReduceMax<keepdims = 0>(x, one)
    y, last = Loop(most, on, x, first) <body = b (int64 i, bool g, float[N, L, 4] c, float[N, 4] u)
        => (bool h, float[N, M, 4] d, float[N, 4] v) {
        before = ReduceMax<keepdims = 0>(c, one)
        t = MatMul(u, w)
        row = Unsqueeze(t, one)
        d = Concat<axis = 1>(c, row)
        m = ReduceMean<keepdims = 0>(d, one)
        a = Add(m, before)
        v = Add(a, u)
        largest = ReduceMax<keepdims = 0>(v)
        h = Less(largest, top)
    }>
    s = ReduceSum<keepdims = 0>(y, rest)
}"""

POINTS = ((1, 1, 0.0), (2, 3, 30.0), (3, 1, 200.0), (2, 5, 1e30))


def means(n: int, p: int, top: float) -> dict[str, Any]:
    x = np.random.default_rng(n).uniform(0.1, 1, (n, p, 4)).astype(np.float32)
    return {"x": x, "top": np.array(top, np.float32)}


def like(found: Any, wanted: Any) -> None:
    for one, other in zip(found, wanted, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, 1e-4, 1e-5)


@pytest.mark.parametrize("shapes", [{}, {"N": 2, "P": 3}])
def test_natively(shapes: dict[str, int], tmp_path: Path):
    model = onnx.parser.parse_model(HEAD + MEANS)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    engines = [stepwell.compile(model, shapes=shapes, threads=n) for n in (1, 2)]
    engines[0].save(tmp_path / "means.well")
    engines.append(stepwell.load(tmp_path / "means.well"))
    lengths: set[int] = set()
    for engine in engines:
        assert not engine.program.is_open
        assert not engine.reference_ops
    for n, p, top in POINTS:
        feeds = means(*((2, 3) if shapes else (n, p)), top)
        wanted = session.run(None, feeds)
        results = [list(engine.run(feeds).values()) for engine in engines]
        lengths.add(np.asarray(wanted[0]).shape[1] - feeds["x"].shape[1])
        for found in results:
            like(found, wanted)
            assert [a.tobytes() for a in found] == [a.tobytes() for a in results[0]]
    assert len(lengths) > 2


def test_every_level_by_its_interpreter():
    model = onnx.parser.parse_model(HEAD + MEANS)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    compilation = Compilation.of(model, Options())
    for level in ("engine", "layout", "plan", "kernels"):
        compilation.lower_to(level)
        if level == "plan":
            CheckMemoryPlanPass().apply(compilation.ctx, compilation.module)
        for point in POINTS[1:]:
            feeds = means(*point)
            found = run(compilation.ctx, compilation.module, feeds)
            like(found, session.run(None, feeds))


def test_what_is_there_stays_where_it_is():
    compilation = Compilation.of(onnx.parser.parse_model(HEAD + MEANS), Options())
    compilation.lower_to("plan")
    ops = in_line(main_of(compilation.module).body.block)
    [joined] = [op for op in ops if isinstance(op, ConcatOp) and loops_around(op)]
    assert 0 in joined.absorbed()


def test_greedy_decoding_with_caches():
    decoder = CachedDecoder()
    session = onnxruntime.InferenceSession(decoder.model.SerializeToString())
    engines = [stepwell.compile(decoder.model, threads=n) for n in (1, 2)]
    assert not engines[0].program.is_open
    assert not engines[0].reference_ops
    assert str(engines[0].outputs[0]) == "tokens: int64[T, N]"
    assert str(engines[0].outputs[1]) == "last_k0: float32[N, 4, P + T, 16]"
    for batch, past in ((1, 0), (1, 5), (3, 9), (2, 1)):
        feeds = decoder.feeds(batch, past)
        one, two = (list(engine.run(feeds).values()) for engine in engines)
        like(one, session.run(None, feeds))
        assert [a.tobytes() for a in one] == [a.tobytes() for a in two]


OTHERWISE = {
    "in front": "d = Concat<axis = 0>(row, c)",
    "twice as long": "d = Concat<axis = 0>(c, c)",
    "with a pad": "pads = Constant<value_ints = [0, 0, 1, 0]>() d = Pad(c, pads)",
}


@pytest.mark.parametrize("step", OTHERWISE.values(), ids=OTHERWISE)
def test_what_grows_otherwise_runs_by_reference(step: str):
    text = f"""g (int64 n, float[P, 2] x) => (float[Q, 2] y)
        <bool on = {{1}}, int64 most = {{6}}> {{
        few = Min(n, most)
        y = Loop(most, on, x) <body = b (int64 i, bool g, float[L, 2] c)
            => (bool h, float[M, 2] d) {{
            row = Constant<value = float[1, 2] {{1, 2}}>()
            {step}
            h = Less(i, few)
        }}>
    }}"""
    model = onnx.parser.parse_model(HEAD + text)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    engine = stepwell.compile(model)
    for n, p in ((0, 1), (2, 3)):
        feeds = {"n": np.array(n), "x": np.ones((p, 2), np.float32)}
        like(engine.run(feeds).values(), session.run(None, feeds))


FAULTS = (
    *OPEN_FAULTS,
    *DATA_FAULTS,
    plan_mutations.other_absorbed,
    plan_mutations.less_absorbed,
    plan_mutations.other_yield,
    plan_mutations.outside_value,
    plan_mutations.other_operand,
    plan_mutations.late_operation,
    plan_mutations.swapped_operations,
)


def test_no_fault_passes_with_a_wrong_result():
    compilation = Compilation.of(onnx.parser.parse_model(HEAD + MEANS), Options())
    compilation.lower_to("plan")
    calls = [means(*point) for point in POINTS[1:]]
    wanted = [run(compilation.ctx, compilation.module, feeds) for feeds in calls]
    outcomes: Counter[str] = Counter()
    for seed in range(6 * len(FAULTS)):
        fault: Fault = FAULTS[seed % len(FAULTS)]
        spoilt = compilation.module.clone()
        if not fault(random.Random(seed), main_of(spoilt)):
            continue
        try:
            CheckMemoryPlanPass().apply(compilation.ctx, spoilt)
        except StepwellError:
            outcomes["refused"] += 1
            continue
        for feeds, arrays in zip(calls, wanted, strict=True):
            found = run(compilation.ctx, spoilt, feeds)
            same = all(np.allclose(a, b, 1e-4, 1e-4) for a, b in zip(found, arrays, strict=True))
            assert same, f"seed {seed}: a plan with {fault.__name__} passes"
        outcomes["right"] += 1
    assert outcomes["refused"] > 10, outcomes


LIMITED = """g (int64 n, float[N, P, 4] x) => (float[N, Q, 4] y, float[T, N] r)
    <bool on = {1}, int64[1] one = {1}, int64[2] two = {1, 2}> {
    y, r = Loop(n, on, x) <body = b (int64 i, bool g, float[N, L, 4] c)
        => (bool h, float[N, M, 4] d, float[N] q) {
        h = Identity(g)
        t = ReduceMean<keepdims = 1>(c, one)
        e = Exp(c)
        s = Softmax<axis = 1>(e)
        q = ReduceSum<keepdims = 0>(s, two)
        d = Concat<axis = 1>(c, t)
    }>
}"""


def test_an_input_says_how_many_trips():
    model = onnx.parser.parse_model(HEAD + LIMITED)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    engines = [stepwell.compile(model, threads=n) for n in (1, 2)]
    assert not engines[0].program.is_open
    assert not engines[0].reference_ops
    assert str(engines[0].outputs[0]) == "y: float32[N, P + T, 4]"
    compilation = Compilation.of(model, Options())
    compilation.lower_to("plan")
    CheckMemoryPlanPass().apply(compilation.ctx, compilation.module)
    for n, p, trips in ((1, 1, 0), (2, 3, 5), (2, 3, 2), (3, 1, 300), (1, 2, -3)):
        feeds = {"x": means(n, p, 0)["x"], "n": np.array(trips)}
        one, two = (list(engine.run(feeds).values()) for engine in engines)
        assert one[0].shape == (n, p + max(trips, 0), 4)
        assert one[1].shape == (max(trips, 0), n)
        for found, other, wanted in zip(one, two, session.run(None, feeds), strict=True):
            np.testing.assert_allclose(found.ravel(), np.asarray(wanted).ravel(), 1e-4, 1e-5)
            assert found.tobytes() == other.tobytes()
        if trips < 6:
            like(run(compilation.ctx, compilation.module, feeds), one)


def test_a_condition_may_keep_all_trips_from_being_made():
    text = LIMITED.replace("(int64 n,", "(int64 n, bool on,").replace("bool on = {1}, ", "")
    model = onnx.parser.parse_model(HEAD + text)
    engine = stepwell.compile(model)
    assert not engine.reference_ops
    session = onnxruntime.InferenceSession(model.SerializeToString())
    for on, trips in ((True, 4), (False, 4), (True, 1)):
        feeds = {"x": means(2, 3, 0)["x"], "n": np.array(trips), "on": np.array(on)}
        found = list(engine.run(feeds).values())
        assert found[0].shape == (2, 3 + on * trips, 4)
        for one, other in zip(found, session.run(None, feeds), strict=True):
            np.testing.assert_allclose(one.ravel(), np.asarray(other).ravel(), 1e-4, 1e-5)
