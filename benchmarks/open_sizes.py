"""
Models whose sizes are open: one program for all sizes beside a program for each, and onnxruntime.

    python benchmarks/open_sizes.py [--only SUBSTRING] [--points N] [--rounds N] [--sizes N=1,S=7]

At each point, sizes are drawn (or those of `--sizes` taken), and the three take turns. The table
has the fastest call of each, the ratio of the general program to the bound one, how much faster it
is than onnxruntime, the largest difference of its results from both in parts of the largest number,
and its arena in parts of that of the bound program. Behind it stands what compiling costs, and what
sizes cost that were never seen, over 200 of them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from math import exp, log, prod
from typing import Any

import models
import numpy as np

import stepwell
from stepwell.runtime.size import evaluated
from stepwell.runtime.size_text import parse_size

# What onnxruntime says of its types is in part unknown.
onnxruntime: Any = import_module("onnxruntime")

IMAGES = {"N": (1, 3), "H": (33, 256), "W": (33, 256)}
"""Few images of any number of rows and columns."""

CASES: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "lstm_tagger_dyn": {"N": (1, 8), "S": (1, 128)},
    "distilbert_dyn": {"N": (1, 4), "S": (1, 256)},
    "llama_4l_dyn": {"N": (1, 3), "S": (1, 160)},
    "resnet50_dynbatch": {"N": (1, 6)},
    "mobilenetv2_nhw": IMAGES,
    "mobilenetv3_small_legacy_nhw": IMAGES,
    "squeezenet1_1_nhw": IMAGES,
    "resnet18_nhw": IMAGES,
    "densenet121_nhw": IMAGES,
    "convnext_tiny_legacy_nhw": IMAGES,
    "unet_resize_nhw": {"N": (1, 2), "H": (2, 16, 16), "W": (2, 16, 16)},
    "yolov8n_nhw": {"N": (1, 2), "H": (2, 14, 32), "W": (2, 14, 32)},
    "dcgan_generator_nhw": {"N": (1, 4), "H": (1, 3), "W": (1, 3)},
}
"""Models, and of each of their names the least and the most that is drawn, times a multiple."""

UNSEEN = 200
"""Sizes that are drawn to see what new ones cost."""

Feeds = dict[str, Any]

HEAD = """\
| model | sizes | general | bound | ratio | ONNX Runtime | faster | off bound | off theirs | arena |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"""


def feeds_of(engine: stepwell.Engine, sizes: Mapping[str, int], rng: np.random.Generator) -> Feeds:
    """Inputs of these sizes: small integers, and normal numbers."""
    found: Feeds = {}
    for tensor in engine.inputs:
        shape = tuple(evaluated(parse_size(str(n)), sizes) for n in tensor.shape)
        if tensor.dtype.startswith("int"):
            # A mask is of ones: with none at all, nothing is attended to.
            low, high = (1, 2) if "mask" in tensor.name else (0, 1000)
            found[tensor.name] = rng.integers(low, high, shape).astype(tensor.dtype)
        else:
            found[tensor.name] = rng.standard_normal(shape).astype(tensor.dtype)
    return found


def fastest(calls: list[Callable[[], object]], rounds: int) -> list[float]:
    """The seconds of the fastest call of each, which take turns."""
    best = [float("inf")] * len(calls)
    for _ in range(rounds):
        for at, call in enumerate(calls):
            start = time.perf_counter()
            call()
            best[at] = min(best[at], time.perf_counter() - start)
    return best


def off(ours: list[Any], other: list[Any]) -> float:
    """The largest difference, in parts of the largest number beside it."""
    pairs = [(np.asarray(a, float), np.asarray(b, float)) for a, b in zip(ours, other, strict=True)]
    return max(
        float(abs(a - b).max(initial=0) / max(abs(b).max(initial=0), 1e-30)) for a, b in pairs
    )


def milliseconds(seconds: float) -> str:
    """`1.23 ms`."""
    return f"{seconds * 1e3:.2f} ms"


class Case:
    """One model, compiled for all sizes."""

    def __init__(self, name: str, threads: int):
        self.name, self.threads = name, threads
        self.path = models.model_path(name)
        start = time.perf_counter()
        self.engine = stepwell.compile(self.path, threads=threads)
        self.seconds = time.perf_counter() - start
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(str(self.path), options)
        self.rng = np.random.default_rng(0)

    def drawn(self) -> dict[str, int]:
        """Sizes for every name."""
        return {
            name: int(self.rng.integers(low, high + 1)) * prod(times)
            for name, (low, high, *times) in CASES[self.name].items()
        }

    def point(self, sizes: Mapping[str, int], rounds: int) -> tuple[str, float, float]:
        """A line of the table, the ratio to the bound program, and how much faster than theirs."""
        bound = stepwell.compile(self.path, threads=self.threads, shapes=dict(sizes))
        feeds = feeds_of(self.engine, sizes, self.rng)
        ours, other = (list(e.run(feeds).values()) for e in (self.engine, bound))
        theirs = self.session.run(None, feeds)
        general, numbers, peer = fastest(
            [
                lambda: self.engine.run(feeds),
                lambda: bound.run(feeds),
                lambda: self.session.run(None, feeds),
            ],
            rounds,
        )
        arena = self.engine.memory(**sizes).intermediate / max(bound.arena_bytes, 1)
        said = ", ".join(f"{n} = {size}" for n, size in sizes.items())
        times = f"{milliseconds(general)} | {milliseconds(numbers)} | {general / numbers:.2f}"
        differences = f"{off(ours, other):.0e} | {off(ours, theirs):.0e}"
        line = (
            f"| {self.name} | {said} | {times} | {milliseconds(peer)} | {peer / general:.2f}× | "
            f"{differences} | {arena:.2f} |"
        )
        return line, general / numbers, peer / general

    def unseen(self) -> tuple[float, float]:
        """The median seconds that sizes cost which were never seen, beyond a call that follows."""
        costs: list[float] = []
        for _ in range(UNSEEN):
            feeds = feeds_of(self.engine, self.drawn(), self.rng)
            times: list[float] = []
            for _ in range(3):
                start = time.perf_counter()
                self.engine.run(feeds)
                times.append(time.perf_counter() - start)
            costs.append(times[0] - min(times[1:]))
        return float(np.median(costs)), float(np.quantile(costs, 0.95))

    def cost(self) -> str:
        """What compiling costs beside one set of sizes, and what new sizes do."""
        start = time.perf_counter()
        stepwell.compile(self.path, threads=self.threads, shapes=self.drawn())
        bound = time.perf_counter() - start
        median, most = self.unseen()
        return (
            f"{self.name}: compiled in {self.seconds:.1f} s, for one set of sizes {bound:.1f} s; "
            f"new sizes cost {median * 1e3:.2f} ms (median of {UNSEEN}), {most * 1e3:.2f} ms at "
            "the 95th percentile"
        )


def mean(ratios: list[float]) -> float:
    """The geometric mean."""
    return exp(sum(map(log, ratios)) / len(ratios))


def parsed(text: str) -> dict[str, int]:
    """Sizes as in `N=1,S=7`."""
    return {name: int(size) for name, _, size in (part.partition("=") for part in text.split(","))}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--only", default="")
    parser.add_argument("--points", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--sizes", type=parsed, action="append", default=[])
    arguments = parser.parse_args()
    general: list[float] = []
    faster: list[float] = []
    costs: list[str] = []
    print(HEAD)
    for name in CASES:
        if arguments.only not in name:
            continue
        case = Case(name, arguments.threads)
        if case.engine.program.is_open:
            options = case.engine.program.provenance.options
            print(f"| {name} | {options.get('a program for each size', '')} |", flush=True)
            continue
        for sizes in arguments.sizes or [case.drawn() for _ in range(arguments.points)]:
            line, ratio, speed = case.point(sizes, arguments.rounds)
            general.append(ratio)
            faster.append(speed)
            print(line, flush=True)
        costs.append(case.cost())
    if general:
        print(
            f"\ngeneral / bound {mean(general):.2f} in the geometric mean, {max(general):.2f} at ",
            end="",
        )
        print(f"worst; {mean(faster):.2f}× as fast as ONNX Runtime\n")
    print("\n".join(costs))


if __name__ == "__main__":
    main()
