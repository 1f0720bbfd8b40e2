"""What a program in StableHLO says of itself."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute

from ...dialects import make_context
from ...dialects.framework import dims_of, element_of, tensor_type
from ...dialects.stablehlo import HloOp
from ..model_summary import ModelSummary
from ..size_names import named_inputs
from ..source import Content
from .open_dims import argument_dims
from .program import given_names
from .reader import read_program


def summary_of(source: Content | Any) -> ModelSummary:
    """
    The summary of a program.

    Raises `ImportModelError` for what cannot be read.
    """
    program = read_program(source, make_context())
    counts: Counter[str] = Counter()
    for op in program.module.walk():
        if isinstance(op, HloOp):
            counts[op.name.removeprefix("stablehlo.")] += 1
    path = source.path if isinstance(source, Content) else None
    files: tuple[Path, ...] = () if path is None else (path,)
    main = next(
        (f for f in program.module.ops if isinstance(f, FuncOp) and f.sym_name.data == "main"),
        None,
    )
    if main is None or main.is_declaration:
        return ModelSummary(program.facts, {}, {}, operators=counts, files=files)
    names, outputs = given_names(program, main)
    types: dict[str, Attribute] = {}
    found = argument_dims(program, main)
    for name, arg, dims in zip(names, main.body.block.args, found, strict=True):
        element = element_of(arg.type)
        if element is not None and len(dims) == len(dims_of(arg.type) or ()):
            types[name] = tensor_type(element, dims)
    inputs, made = named_inputs(types)
    results = dict(zip(outputs, main.function_type.outputs.data, strict=True))
    return ModelSummary(program.facts, inputs, results, made.made, counts, files)
