"""Greedy decoding with caches that grow, in one model: the words are those of step after step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime
import pytest

import stepwell

from .decoding import END, WORDS, Decoder
from .graph import Array

DECODER = Decoder()


def step_by_step(engine: stepwell.Engine, text: Array, limit: int) -> Array:
    """What a caller does who keeps the caches: one call for each word."""
    rows = len(text)
    past = [np.zeros((rows, DECODER.heads, 0, DECODER.each), np.float32)] * len(DECODER.caches)
    words, written = text, list[Array]()
    best, *past = engine(words, *past)
    while len(written) < limit:
        written.append(best)
        if (best == END).all():
            break
        best, *past = engine(best[:, np.newaxis], *past)
    return np.stack(written, 1) if written else np.zeros((rows, 0), np.int64)


def texts() -> Sequence[Array]:
    rng = np.random.default_rng(11)
    return [rng.integers(1, WORDS, shape) for shape in ((1, 1), (1, 7), (3, 5), (2, 40), (1, 7))]


def test_words_of_one_model_are_those_of_steps():
    whole = stepwell.compile(DECODER.whole().model())
    step = stepwell.compile(DECODER.step().model())
    for engine in (whole, step):
        assert not engine.reference_ops
        assert not engine.program.is_open
    lengths: set[int] = set()
    for text in texts():
        for limit in (0, 1, 30, 110):
            [words] = whole.run({"text": text, "limit": np.array(limit)}).values()
            wanted = step_by_step(step, text, limit)
            assert words.tolist() == wanted.tolist()
            lengths.add(words.shape[1])
    assert len(lengths) > 2


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_as_onnxruntime(threads: int):
    proto = DECODER.whole().model()
    engine = stepwell.compile(proto, threads=threads)
    theirs: Any = onnxruntime.InferenceSession(proto.SerializeToString())
    for text in texts():
        feeds = {"text": text, "limit": np.array(30)}
        assert engine.run(feeds)["words"].tolist() == theirs.run(None, feeds)[0].tolist()


def test_one_that_is_told_no_limit():
    """It ends when all texts have ended."""
    engine = stepwell.compile(DECODER.whole().model())
    text = np.array([[10]])
    words = engine.run({"text": text, "limit": np.array(2**63 - 1)})["words"]
    assert words.shape == (1, 25)
    assert np.flatnonzero(words == END).tolist() == [24]
    limited = engine.run({"text": text, "limit": np.array(200)})["words"]
    assert words.tolist() == limited.tolist()
