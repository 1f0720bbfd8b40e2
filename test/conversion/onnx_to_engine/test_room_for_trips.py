"""Loops that only the data ends, which give more with every trip."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest

import stepwell
from stepwell.conversion.to_engine.vocabulary import room_for_trips
from stepwell.errors import InputError
from stepwell.runtime.engine import Engine

HEAD = '<ir_version: 10, opset_import: ["" : 21]> '
LIMITLESS = 2**63 - 1

WRITING = """g (float[n, 3] x, float top{limit}) => (float[n, k, 3] text, float[t, n] sums)
    <int64[1] one = {{1}}, int64[1] last = {{-1}}, int64[1] end = {{9223372036854775807}},
     bool on = {{1}}{constant}> {{
        first = Unsqueeze(x, one)
        text, sums = Loop(most, on, first) <body = b (int64 i, bool g, float[n, s, 3] so_far)
            => (bool more, float[n, s2, 3] longer, float[n] sum) {{
            now = Slice(so_far, last, end, one)
            twice = Add(now, now)
            longer = Concat<axis = 1>(so_far, twice)
            row = Squeeze(now, one)
            sum = ReduceSum<keepdims = 0>(row, last)
            largest = ReduceMax<keepdims = 0>(twice)
            more = Less(largest, top)
        }}>
    }}"""
"""Each trip writes twice the last row behind the others, until one is at least `top`."""


def model_of(limit: str) -> onnx.ModelProto:
    """A loop without a limit, with what exporters write for none, or with one of the data."""
    text = {
        "data": WRITING.format(limit=", int64 most", constant=""),
        "constant": WRITING.format(limit="", constant=f", int64 most = {{{LIMITLESS}}}"),
        "none": WRITING.format(limit="", constant="").replace("Loop(most, on", "Loop(, on"),
    }[limit]
    return onnx.parser.parse_model(HEAD + text)


def check(model: onnx.ModelProto, engine: Engine, feeds: dict[str, np.ndarray]) -> None:
    session = onnxruntime.InferenceSession(model.SerializeToString())
    for found, other in zip(engine.run(feeds).values(), session.run(None, feeds), strict=True):
        wanted = np.asarray(other)
        if 0 in wanted.shape:  # onnxruntime says nothing of the other sizes then
            assert len(found) == len(wanted)
            continue
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, 1e-5)


@pytest.mark.parametrize("limit", ["data", "constant", "none"])
def test_as_many_trips_as_it_takes(limit: str):
    model = model_of(limit)
    engine = stepwell.compile(model)
    assert not engine.reference_ops
    assert not engine.program.is_open
    for rows in (2, 1, 5):
        x = np.random.default_rng(rows).uniform(0.1, 1, (rows, 3)).astype(np.float32)
        for top in (0, 2, 30, 1e30):
            feeds = {"x": x, "top": np.array(top, np.float32)}
            if limit != "data":
                check(model, engine, feeds)
                continue
            for most in (0, 1, 4, 1000, -1, LIMITLESS):
                check(model, engine, {**feeds, "most": np.array(most)})


@pytest.mark.parametrize("limit", ["data", "constant"])
def test_more_trips_than_there_is_room_for(limit: str, monkeypatch: pytest.MonkeyPatch):
    """What was computed until then is not given as if it were all; the engine works on."""
    each = 2 * (3 + 1) * 4
    monkeypatch.setattr(room_for_trips, "MOST_ROWS_BYTES", 50 * each)
    engine = stepwell.compile(model_of(limit))
    x = np.ones((2, 3), np.float32)
    most = {} if limit == "constant" else {"most": np.array(LIMITLESS)}
    with pytest.raises(InputError, match=r"the loop has room for .* trips and is not done then"):
        engine.run({"x": x, "top": np.array(1e30, np.float32), **most})
    found = engine.run({"x": x, "top": np.array(1e10, np.float32), **most})
    assert found["text"].shape == (2, 35, 3)
    if limit == "data":
        limited = {"x": x, "top": np.array(1e30, np.float32), "most": np.array(70)}
        assert engine.run(limited)["sums"].shape == (70, 2)
