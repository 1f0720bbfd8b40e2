"""
Operators whose results the data sizes, beside onnxruntime: positions, masks, boxes, ranges.

    python benchmarks/data_sizes.py [--only SUBSTRING] [--rounds N]

Both run on one thread and take turns; the table has the fastest call of each in processor time, how
many elements the first result has, and how much faster the program is. Results must be equal.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from math import exp, log
from typing import Any

import numpy as np
import onnx

import stepwell

# What onnxruntime says of its types is in part unknown.
onnxruntime: Any = import_module("onnxruntime")

Arrays = Mapping[str, np.ndarray[Any, Any]]

HEADER = '<ir_version: 10, opset_import: ["" : 17]> g'

LIMITS = """m = Constant<value = int64[1] {100}>() o = Constant<value = float[1] {0.5}>()
    t = Constant<value = float[1] {0.25}>()"""


def sparse(rng: np.random.Generator, n: int, share: float) -> Arrays:
    """A matrix of `n` by `n` numbers, `share` of which are not zero."""
    x = rng.random((n, n)).astype(np.float32)
    return {"x": np.where(x < 1 - share, np.float32(0), x)}


def marked(rng: np.random.Generator, n: int, share: float) -> Arrays:
    """The same with a mark for each row."""
    return {**sparse(rng, n, share), "c": rng.random(n) < share}


def boxes(rng: np.random.Generator, n: int, share: float) -> Arrays:
    """`n` boxes of a picture and 80 classes, `share` of whose scores are high."""
    centers, sides = rng.uniform(0, 600, (1, n, 2)), rng.uniform(5, 120, (1, n, 2))
    corners = np.concatenate([centers - sides / 2, centers + sides / 2], -1)
    scores = rng.random((1, 80, n)) ** (log(share) / log(0.25))
    return {"b": corners.astype(np.float32), "s": scores.astype(np.float32)}


def numbers(rng: np.random.Generator, n: int, share: float) -> Arrays:
    """How many rows of a matrix to take."""
    return {**sparse(rng, n, share), "k": np.array(int(n * share))}


CASES: Mapping[str, tuple[str, Callable[[np.random.Generator, int, float], Arrays]]] = {
    "NonZero": ("(float[N, S] x) => (int64[2, K] y) { y = NonZero(x) }", sparse),
    "mask": (
        """(float[N, S] x) => (float[K] y) { z = Constant<value = float {0.5}>()
        m = Greater(x, z) p = NonZero(m) r = Transpose<perm = [1, 0]>(p) y = GatherND(x, r) }""",
        sparse,
    ),
    "Compress of rows": (
        "(float[N, S] x, bool[N] c) => (float[K, S] y) { y = Compress<axis = 0>(x, c) }",
        marked,
    ),
    "Compress of columns": (
        "(float[N, S] x, bool[S] c) => (float[N, K] y) { y = Compress<axis = 1>(x, c) }",
        marked,
    ),
    "Range, and rows at it": (
        """(float[N, S] x, int64 k) => (float[K, S] y) { z = Constant<value = int64 {0}>()
        o = Constant<value = int64 {1}>() r = Range(z, k, o) g = Gather(x, r) y = Relu(g) }""",
        numbers,
    ),
    "NonMaxSuppression": (
        f"""(float[B, N, 4] b, float[B, C, N] s) => (int64[K, 3] y) {{ {LIMITS}
        y = NonMaxSuppression(b, s, m, o, t) }}""",
        boxes,
    ),
    "a detector's tail": (
        f"""(float[1, N, 4] b, float[1, C, N] s) => (float[K, 6] y) {{ {LIMITS}
        r = NonMaxSuppression(b, s, m, o, t) zero = Constant<value = int64 {{0}}>()
        one = Constant<value = int64 {{1}}>() two = Constant<value = int64 {{2}}>()
        a = Constant<value = int64[1] {{1}}>()
        i = Gather<axis = 1>(r, two) c = Gather<axis = 1>(r, one)
        f = Gather(b, zero) h = Gather(f, i) ci = Unsqueeze(c, a) ii = Unsqueeze(i, a)
        at = Concat<axis = 1>(ci, ii) all = Gather(s, zero) v = GatherND(all, at)
        vs = Unsqueeze(v, a) cf = Cast<to = 1>(ci) y = Concat<axis = 1>(h, vs, cf) }}""",
        boxes,
    ),
}


def fastest(call: Callable[[], Any], other: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """The fastest of some calls of each of two functions that take turns, in seconds."""
    found = [float("inf"), float("inf")]
    for _ in range(rounds):
        for at, function in enumerate((call, other)):
            start = time.process_time()
            function()
            found[at] = min(found[at], time.process_time() - start)
    return found[0], found[1]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--only", default="", help="part of the name of a case")
    parser.add_argument("--rounds", type=int, default=20)
    args = parser.parse_args()
    print("| operator | n | share | results | Stepwell | ONNX Runtime | faster |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    ratios: list[float] = []
    for name, (text, draw) in CASES.items():
        if args.only not in name:
            continue
        model = onnx.parser.parse_model(f"{HEADER} {text}")
        engine = stepwell.compile(model)
        assert not engine.program.reference_ops, f"{name} runs by reference"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(model.SerializeToString(), options)
        for n in (100, 1000) if draw is not boxes else (400, 8400):
            for share in (0.01, 0.5):
                given = draw(np.random.default_rng(0), n, share)
                [ours], [theirs] = engine.run(given).values(), session.run(None, given)
                np.testing.assert_allclose(ours, theirs, rtol=1e-6)
                a, b = fastest(
                    partial(engine.run, given), partial(session.run, None, given), args.rounds
                )
                ratios.append(b / a)
                times = f"{a * 1e3:.3f} ms | {b * 1e3:.3f} ms | {b / a:.2f}"
                print(f"| {name} | {n} | {share} | {len(ours)} | {times} |", flush=True)
    if ratios:
        print(f"\ngeometric mean {exp(sum(map(log, ratios)) / len(ratios)):.2f} times as fast")


if __name__ == "__main__":
    main()
