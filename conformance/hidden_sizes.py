"""
Test cases with their sizes hidden behind names.

Every size of an input that is 2 or more becomes a name, equal ones the same: `[2, 3, 3]` is
`[d2, d3, d3]`. The model is converted once for all sizes; the engine dialect is run by its
interpreter at the sizes of the case, and with numbers put in place of the names it is compiled and
run natively.

Lengths of operands that stand for a rank (`shape`, `axes`, `pads`) stay numbers, as ranks have no
names, and so do the sizes of weights, which models have as constants and code is made for. Sizes
of outputs are the names of inputs of that size; one that no input has stays.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import onnx
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from ..compiler.compile import compile
from ..conversion.import_model import import_model
from ..conversion.to_engine.convert_to_engine import ConvertToEnginePass
from ..dialects import make_context
from ..dialects.engine import ReferenceOp
from ..dialects.engine.size_facts import SIZES, facts_of
from ..errors import StepwellError
from ..interpreters import run
from ..ir.bind_sizes import bind_sizes
from .case import Case, DataSet
from .compare import differences
from .outcome import Outcome
from .random_cases import is_random
from .run_case import one_line

OF_RANK = frozenset(
    ("shape", "axes", "pads", "starts", "ends", "steps", "repeats", "split", "sizes", "scales")
) | {"roi", "output_shape", "image_shape", "block_shape", "size", "slice_lengths", "axis"}
"""Operands whose length is a rank, or a number of results."""

WEIGHTS = frozenset(("W", "w", "R", "weight"))
"""Operands that are weights where they have three dimensions or more."""


INTERPRETED_RTOL = 2**-9
"""Two units in the last place of f16, which the interpreter rounds after every operation."""


def hidden(model: onnx.ModelProto) -> dict[str, int]:
    """Put names in place of the sizes of a model, which is changed; what they stand for."""
    kept = _kept(model.graph)
    names: dict[str, int] = {}
    for value in model.graph.input:
        if value.type.WhichOneof("value") != "tensor_type" or value.name in kept:
            continue
        for dim in value.type.tensor_type.shape.dim:
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


def _kept(graph: onnx.GraphProto) -> set[str]:
    """The inputs of a graph that are such operands of its nodes."""
    found: set[str] = set()
    ranks = {value.name: len(value.type.tensor_type.shape.dim) for value in graph.input}
    for node in graph.node:
        try:
            schema = onnx.defs.get_schema(node.op_type, domain=node.domain)
        except onnx.defs.SchemaError:
            continue
        for operand, name in zip(schema.inputs, node.input, strict=False):
            weight = operand.name in WEIGHTS and ranks.get(name, 0) >= 3
            if operand.name in OF_RANK or weight:
                found.add(name)
    return found


def run_hidden_case(case: Case, target: str = "native") -> Outcome:
    """
    The outcome of a case with hidden sizes: `native` where nothing is left to a reference.

    What fails names where: the interpreter of the engine dialect, or the native program.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _run(case, target)
    except StepwellError as error:
        return Outcome("refused", one_line(str(error)))
    except Exception as error:
        return Outcome("failed", one_line(f"{type(error).__name__}: {error}"))


def _run(case: Case, target: str) -> Outcome:
    model, data_sets = case.load()
    names = hidden(model)
    ctx, module = _converted(model)
    reasons = tuple(sorted(set(_reasons(module))))
    if is_random(model):
        return Outcome("partly" if reasons else "native", "", reasons)
    for inputs, expected in data_sets:
        rtol = max(case.rtol, INTERPRETED_RTOL)
        wrong = differences(run(ctx, module, list(inputs)), expected, rtol, case.atol)
        if wrong is not None:
            return Outcome("failed", one_line(f"interpreted: {wrong}"), reasons)
    bound = _bound(module, names)
    wrong = _natively(case, ctx, bound, data_sets, target)
    if wrong is not None:
        return Outcome("failed", one_line(f"native: {wrong}"), reasons)
    return Outcome("partly" if reasons else "native", "", reasons)


def _converted(model: onnx.ModelProto) -> tuple[Context, ModuleOp]:
    ctx = make_context()
    module = import_model(model.SerializeToString(), ctx)
    ConvertToEnginePass().apply(ctx, module)
    module.verify()
    return ctx, module


def _reasons(module: ModuleOp) -> list[str]:
    """Why operations run by their reference semantics."""
    found = [op for op in module.walk() if isinstance(op, ReferenceOp)]
    return [one_line(getattr(op.attributes.get("reason"), "data", "")) for op in found]


def _bound(module: ModuleOp, names: Mapping[str, int]) -> ModuleOp:
    """A copy of a module with numbers in place of its names."""
    bound = module.clone()
    known = {n for op in bound.ops if SIZES in op.attributes for n in facts_of(op).dims}
    bind_sizes(bound, {name: size for name, size in names.items() if name in known})
    bound.verify()
    return bound


def _natively(
    case: Case, ctx: Context, module: ModuleOp, data_sets: Sequence[DataSet], target: str
) -> str | None:
    """What is wrong with the native results, None for nothing."""
    engine = compile(module, context=ctx, target=target)
    for inputs, expected in data_sets:
        feeds: dict[str, Any] = {
            tensor.name: value for tensor, value in zip(engine.inputs, inputs, strict=False)
        }
        results = list(engine.run(feeds).values())
        wrong = differences(results, expected, case.rtol, case.atol)
        if wrong is not None:
            return wrong
    return None
