"""
Greedy decoding with caches that grow: in one model with a loop, and a call for each word.

    python benchmarks/decoding.py [--words N] [--rounds N] [--width N] [--layers N]

Each way is run by Stepwell and by onnxruntime, on one thread and in turns; the table has the
fastest run of each in milliseconds of processor time. The words must be the same.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import numpy as np

import stepwell
from stepwell.test.dynamic_models.decoding import Decoder

# What onnxruntime says of its types is in part unknown.
onnxruntime: Any = import_module("onnxruntime")

Arrays = Mapping[str, np.ndarray[Any, Any]]
Run = Callable[[Arrays], list[Any]]

TEXT = np.array([[14, 5, 33, 8, 2, 41, 6, 17]])
"""What is written on."""


def sessions(model: Any) -> tuple[Run, Run]:
    """What runs a model, by Stepwell and by onnxruntime."""
    engine = stepwell.compile(model, threads=1)
    assert not engine.reference_ops
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return lambda feeds: list(engine.run(dict(feeds)).values()), lambda feeds: session.run(
        None, dict(feeds)
    )


def stepped(run: Run, decoder: Decoder, words: int) -> list[int]:
    """The words of a call for each."""
    none = np.zeros((1, decoder.heads, 0, decoder.each), np.float32)
    past, step, found = [none] * len(decoder.caches), TEXT, list[int]()
    for _ in range(words):
        best, *past = run({"words": step, **dict(zip(decoder.caches, past, strict=True))})
        found.append(int(best[0]))
        step = best[:, np.newaxis]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--words", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=2)
    given = parser.parse_args()
    decoder = Decoder(given.width, 4, given.layers, ends=False)
    whole, step = sessions(decoder.whole().model()), sessions(decoder.step().model())
    feeds = {"text": TEXT, "limit": np.array(given.words)}
    ways: dict[str, Callable[[], list[int]]] = {
        "one model": lambda: whole[0](feeds)[0][0].tolist(),
        "one model, onnxruntime": lambda: whole[1](feeds)[0][0].tolist(),
        "a call for each word": lambda: stepped(step[0], decoder, given.words),
        "a call for each word, onnxruntime": lambda: stepped(step[1], decoder, given.words),
    }
    words = {name: way() for name, way in ways.items()}
    wanted = words["a call for each word, onnxruntime"]
    for name, found in words.items():
        if found != wanted:
            raise SystemExit(f"{name} gives other words: {found}, not {wanted}")
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(given.rounds):
        for name, way in ways.items():
            start = time.process_time()
            way()
            best[name] = min(best[name], time.process_time() - start)
    print(f"{given.words} words, {given.layers} layers of {given.width}")
    for name, seconds in best.items():
        print(f"{name:34} {seconds * 1e3:8.2f} ms {seconds * 1e6 / given.words:8.1f} us a word")


if __name__ == "__main__":
    main()
