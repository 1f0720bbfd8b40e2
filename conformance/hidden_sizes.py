"""
Test cases with their sizes hidden behind names.

Every size of an input that is 2 or more becomes a name, equal ones the same: `[2, 3, 3]` is
`[d2, d3, d3]`. The model is converted and compiled once for all sizes. At the sizes of the case the
interpreter of the engine dialect runs the conversion, and the machine runs the program.

Lengths of operands that stand for a rank (`shape`, `axes`, coordinates in indices of blocks) stay
numbers, as ranks have no names, and so do the sizes of weights, which models have as constants and
code is made for. Sizes of outputs are the names of inputs of that size; one that no input has
stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import onnx
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from ..compiler.compile import compile
from ..compiler.open_model import PER_SIZES
from ..conversion.import_model import import_model
from ..conversion.to_engine.convert_to_engine import ConvertToEnginePass
from ..dialects import make_context
from ..dialects.engine import ReferenceOp
from ..interpreters import run
from ..runtime.engine import Engine
from .case import Case
from .compare import differences
from .outcome import SIZED, Outcome
from .random_cases import is_random
from .run_case import one_line, outcome_of

OF_RANK = frozenset(
    ("shape", "axes", "pads", "starts", "ends", "steps", "repeats", "split", "sizes", "scales")
) | {"roi", "output_shape", "image_shape", "block_shape", "size", "slice_lengths", "axis"}
"""Operands whose length is a rank, or a number of results; and inputs of their names, as a function
body put in the place of an operator has them."""

OF_RANK_IN = {"ConstantOfShape": "input", "GatherND": "indices", "ScatterND": "indices"}
"""Operands of some operators whose last dimension is a rank."""

WEIGHTS = frozenset(("W", "w", "R", "weight"))
"""Operands that are weights where they have three dimensions or more."""


INTERPRETED_RTOL = 2**-9
"""Two units in the last place of f16, which the interpreter rounds after every operation."""


def hidden(model: onnx.ModelProto) -> dict[str, int]:
    """Put names in place of the sizes of a model, which is changed; what they stand for."""
    kept, last_kept = _kept(model.graph)
    names: dict[str, int] = {}
    for value in model.graph.input:
        if value.type.WhichOneof("value") != "tensor_type" or value.name in kept:
            continue
        dims = value.type.tensor_type.shape.dim
        for dim in dims[: len(dims) - (value.name in last_kept)]:
            if dim.WhichOneof("value") == "dim_value" and dim.dim_value >= 2:
                name = f"d{dim.dim_value}"
                names[name] = dim.dim_value
                dim.dim_param = name
    for value in model.graph.output:
        if value.type.WhichOneof("value") == "tensor_type":
            for dim in value.type.tensor_type.shape.dim:
                name = f"d{dim.dim_value}"
                if dim.WhichOneof("value") == "dim_value" and name in names:
                    dim.dim_param = name
    return names


def _kept(graph: onnx.GraphProto) -> tuple[set[str], set[str]]:
    """The inputs of a graph that stay as they are, and those whose last dimension does."""
    ranks = {value.name: len(value.type.tensor_type.shape.dim) for value in graph.input}
    found = {name for name, rank in ranks.items() if name in OF_RANK and rank == 1}
    last: set[str] = set()
    for node in graph.node:
        try:
            schema = onnx.defs.get_schema(node.op_type, domain=node.domain)
        except onnx.defs.SchemaError:
            continue
        for operand, name in zip(schema.inputs, node.input, strict=False):
            weight = operand.name in WEIGHTS and ranks.get(name, 0) >= 3
            if operand.name in OF_RANK or weight:
                found.add(name)
            if OF_RANK_IN.get(node.op_type) == operand.name:
                last.add(name)
    return found, last


def run_hidden_case(case: Case, target: str = "native") -> Outcome:
    """
    The outcome of a case with hidden sizes: `native` where one program for all sizes has no
    operation that runs by its reference semantics, `sized` where there is no such program.

    What fails names where: the interpreter of the engine dialect, or the native program.
    """
    return outcome_of(_run, case, target)


def _run(case: Case, target: str) -> Outcome:
    model, data_sets = case.load()
    hidden(model)
    ctx, module = converted(model)
    reasons = tuple(sorted(set(_reasons(module))))
    engine = compile(module, context=ctx, target=target)
    why_not = engine.program.provenance.options.get(PER_SIZES)
    status = "partly" if reasons else "native"
    if why_not is not None:
        status, reasons = SIZED, (one_line(why_not), *reasons)
    for inputs, expected in () if is_random(model) else data_sets:
        rtol = max(case.rtol, INTERPRETED_RTOL)
        wrong = differences(run(ctx, module, list(inputs)), expected, rtol, case.atol)
        if wrong is not None:
            return Outcome("failed", one_line(f"interpreted: {wrong}"), reasons)
        wrong = differences(results_of(engine, inputs), expected, case.rtol, case.atol)
        if wrong is not None:
            return Outcome("failed", one_line(f"native: {wrong}"), reasons)
    return Outcome(status, "", reasons)


def converted(model: onnx.ModelProto) -> tuple[Context, ModuleOp]:
    """The module of level 2 of a model, not rewritten yet."""
    ctx = make_context()
    module = import_model(model.SerializeToString(), ctx)
    ConvertToEnginePass().apply(ctx, module)
    module.verify()
    return ctx, module


def results_of(engine: Engine, inputs: Sequence[Any]) -> list[Any]:
    """What a program gives for the inputs of a case, which are in the order of the model's."""
    names = [tensor.name for tensor in engine.inputs]
    return list(engine.run(dict(zip(names, inputs, strict=False))).values())


def _reasons(module: ModuleOp) -> list[str]:
    """Why operations run by their reference semantics."""
    found = [op for op in module.walk() if isinstance(op, ReferenceOp)]
    return [one_line(getattr(op.attributes.get("reason"), "data", "")) for op in found]
