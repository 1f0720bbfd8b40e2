"""
Random graphs, at default exactness and bitwise, against `onnx.reference` and onnxruntime.

Bitwise, graphs of operators that round at most once per result give every bit of the reference, and
rewrites change no bit of what the interpreter makes of level 2.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx

from stepwell.conversion.import_model import import_model
from stepwell.conversion.to_engine.convert_to_engine import ConvertToEnginePass
from stepwell.dialects import make_context
from stepwell.errors import StepwellError
from stepwell.interpreters import run as interpret
from stepwell.interpreters.deviation import mismatch
from stepwell.test.fuzz.case_feeds import keep_feeds, kept_feeds, model_bytes
from stepwell.test.fuzz.graph_builder import GraphBuilder, UnsuitableError
from stepwell.test.fuzz.graph_elements import ELEMENTS, Grow
from stepwell.test.fuzz.graph_layers import LAYERS
from stepwell.test.fuzz.graph_movement import MOVEMENT
from stepwell.test.fuzz.graph_patterns import PATTERNS
from stepwell.test.fuzz.judge_model import judged_model
from stepwell.test.fuzz.kind import Announce
from stepwell.test.fuzz.oracles import MOVING, ROUNDED_ONCE
from stepwell.test.fuzz.outcome import Outcome
from stepwell.transforms.optimize import OptimizePass

VOCABULARY: Mapping[str, Grow] = {**ELEMENTS, **MOVEMENT, **LAYERS, **PATTERNS}
"""What a graph can be made of: operators, and groups of them."""

FAMILIES = ((ELEMENTS, 5), (MOVEMENT, 6), (LAYERS, 6), (PATTERNS, 2))
COMMON = {
    "Conv": 5, "MatMul": 5, "Gemm": 3, "ConvTranspose": 2, "Add": 4, "Mul": 4, "Relu": 3, "Cast": 2,
    "Where": 2, "Transpose": 3, "Reshape": 2, "Slice": 2, "Concat": 2, "attention": 2, "MaxPool": 2,
    "AveragePool": 2, "And": 2, "BitwiseXor": 2,
}  # fmt: skip
"""How many times as often as the others of its family something comes."""
SHAPES = (
    (), (1,), (4,), (17,), (3, 5), (1, 8), (16, 16), (2, 3, 4), (1, 5, 8), (2, 7, 6), (3, 1, 9),
    (1, 3, 7, 5), (2, 4, 6, 6), (1, 8, 8, 9), (1, 16, 5, 5), (4, 4, 3, 5), (1, 2, 3, 4, 5),
    (0, 3), (2, 0, 4), (1, 32, 3, 3),
)  # fmt: skip
DTYPES = ("float32",) * 7 + ("float64", "float16", "int64", "int32", "bool", "uint8", "int8")
MOST_ATTEMPTS = 120


def random_model(seed: int) -> onnx.ModelProto:
    """A graph of 3 to 15 nodes or groups, with its inputs in its metadata."""
    rng = random.Random(seed)
    while True:
        builder = GraphBuilder(rng)
        shape = rng.choice(SHAPES)
        for _ in range(rng.choice([1, 1, 2, 3])):
            builder.input(
                rng.choice(DTYPES[:9]), shape if rng.random() < 0.5 else rng.choice(SHAPES)
            )
        if rng.random() < 0.3:
            builder.input(rng.choice(DTYPES), rng.choice(SHAPES))
        _grow(builder, rng.randint(3, 15))
        if builder.nodes:
            break
    model = builder.model()
    used = {value.name for value in model.graph.input}
    keep_feeds(model, {v.name: v.array for v in builder.inputs if v.name in used})
    return model


def _grow(builder: GraphBuilder, count: int) -> None:
    families = [family for family, _ in FAMILIES]
    weights = [weight for _, weight in FAMILIES]
    grown = 0
    for _ in range(MOST_ATTEMPTS):
        if grown == count:
            return
        family = builder.rng.choices(families, weights)[0]
        try:
            often = [COMMON.get(name, 1) for name in family]
            family[builder.rng.choices(list(family), often)[0]](builder)
        except UnsuitableError:
            continue
        grown += 1


def rounds_at_most_once(model: onnx.ModelProto) -> bool:
    """Whether every result of every node is the nearest number to the true one."""
    return all(node.op_type in MOVING | ROUNDED_ONCE for node in model.graph.node)


def moved_bits(model: onnx.ModelProto, feeds: Mapping[str, Any]) -> str | None:
    """What `optimize` under `bitwise` changes in the results of level 2; None for nothing."""
    context = make_context()
    module = import_model(model, context)
    ConvertToEnginePass().apply(context, module)
    with np.errstate(all="ignore"):
        before = interpret(context, module.clone(), dict(feeds))
        OptimizePass(exactness="bitwise").apply(context, module)
        module.verify()
        after = interpret(context, module, dict(feeds))
    for at, (old, new) in enumerate(zip(before, after, strict=True)):
        wrong = mismatch(np.asarray(old), np.asarray(new), "bitwise")
        if wrong is not None:
            return f"output {at} by bitwise rewrites: {wrong}"
    return None


class RandomGraphs:
    """The kind of cases; a file is a model with its inputs."""

    suffix = ".onnx"

    def made(self, seed: int) -> bytes:
        return random_model(seed).SerializeToString()

    def judged(self, data: bytes, announce: Announce) -> Outcome:
        data = model_bytes(data)
        outcome = judged_model(data, announce, valid=True)
        if not outcome.fine:
            return outcome
        announce("")
        model = onnx.load_from_string(data)
        exact = rounds_at_most_once(model)
        strict = judged_model(data, announce, exactness="bitwise", valid=True, exact=exact)
        if not strict.fine:
            return Outcome(strict.kind, f"bitwise: {strict.word}")
        announce("")
        feeds = kept_feeds(model)
        try:
            wrong = None if feeds is None else moved_bits(model, feeds)
        except StepwellError as error:
            return Outcome("rejected", f"level 2 by the interpreter: {error}")
        return Outcome("differs", wrong) if wrong is not None else outcome
