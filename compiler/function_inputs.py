"""The inputs of a function: their types at any level, random ones, ones from a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    MemRefType,
    ModuleOp,
    StringAttr,
    TensorType,
    UnrankedTensorType,
    VectorType,
)
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute

from ..dialects.engine.base import extents_of, int_values
from ..dialects.engine.opaque import is_opaque
from ..dialects.engine.size_facts import facts_of
from ..dialects.engine.weights import dtype_of
from ..dialects.framework import (
    MapType,
    OptionalType,
    SequenceType,
    state_of,
    stored_tensor,
)
from ..errors import InputError, StepwellError
from ..runtime.abi import INPUT_NAMES, OPAQUE_OUTPUTS, OUTPUT_NAMES
from ..runtime.array_files import read_arrays
from ..runtime.named_arrays import random_opaque, with_opaque
from ..runtime.program import TensorSignature
from ..runtime.random_array import random_array
from ..runtime.size_facts import Facts

Array = npt.NDArray[Any]


def function_named(module: ModuleOp, name: str) -> FuncOp:
    """The function `@name` of a module.

    Raises:
        StepwellError: if there is none, with the names there are.
    """
    functions = {op.sym_name.data: op for op in module.ops if isinstance(op, FuncOp)}
    if name in functions:
        return functions[name]
    for op in module.ops:
        symbol = op.properties.get("sym_name")
        if isinstance(symbol, StringAttr) and symbol.data == name:
            raise StepwellError(f"@{name} is an '{op.name}', expected a func.func")
    known = ", ".join(f"@{other}" for other in functions) or "none at all"
    raise StepwellError(f"the module has no function @{name}; it has {known}")


def input_types(function: FuncOp) -> tuple[Attribute, ...]:
    """The types of the inputs alone.

    In destination-passing form outputs follow the inputs as arguments, and on the kernel level
    the weights and the arena precede them; `output_names` and `input_names` say how many.
    """
    types = tuple(function.function_type.inputs)
    returned = len(function.function_type.outputs)
    if returned and OPAQUE_OUTPUTS not in function.attributes:
        return types
    outputs = len(_names(function, OUTPUT_NAMES)) - returned
    types = types[: len(types) - outputs] if outputs <= len(types) else types
    inputs = len(_names(function, INPUT_NAMES))
    return types[-inputs:] if 0 < inputs < len(types) else types


def output_types(function: FuncOp) -> tuple[Attribute, ...]:
    """The types of the outputs, be they results or, in destination-passing form, arguments."""
    results = tuple(function.function_type.outputs)
    positions = function.attributes.get(OPAQUE_OUTPUTS)
    objects = int_values(positions) if isinstance(positions, DenseArrayBase) else ()
    if results and not objects:
        return results
    count = len(_names(function, OUTPUT_NAMES)) - len(objects)
    types = tuple(function.function_type.inputs)
    outputs = list(types[len(types) - count :] if 0 < count <= len(types) else ())
    for position, type_ in zip(objects, results, strict=False):
        outputs.insert(position, type_)
    return tuple(outputs)


def input_names(function: FuncOp) -> tuple[str, ...]:
    """The names of the inputs, or `input0`, `input1`, ... where the function gives none."""
    names = _names(function, INPUT_NAMES)
    count = len(input_types(function))
    return names if len(names) == count else tuple(f"input{i}" for i in range(count))


def output_names(function: FuncOp, count: int) -> tuple[str, ...]:
    """The names of `count` outputs, or `output0`, `output1`, ..."""
    names = _names(function, OUTPUT_NAMES)
    return names if len(names) == count else tuple(f"output{i}" for i in range(count))


def state_names(function: FuncOp) -> tuple[str, ...]:
    """The names of those inputs that the function keeps between calls."""
    names = input_names(function)
    kept = (state.argument.data for state in state_of(function))
    return tuple(names[at] for at in kept if at < len(names))


def opaque_inputs(function: FuncOp) -> list[TensorSignature]:
    """Those inputs that are more than a tensor of numbers of known sizes."""
    from .signature import tensor_signature

    pairs = zip(input_names(function), input_types(function), strict=True)
    return [tensor_signature(name, type_) for name, type_ in pairs if _is_model_object(type_)]


def random_inputs(function: FuncOp, seed: int) -> list[Any]:
    """Inputs of the right types: normal floats, booleans, and integers 0 and 1.

    Integers tend to be indices, and of these any table takes the first two. Sizes by name are
    those that the function says to plan for, 1 for a name of which it says nothing.

    Raises `InputError` for memory of an open size, of which there is no saying how much it needs.
    """
    for name, type_ in zip(input_names(function), input_types(function), strict=True):
        if isinstance(type_, MemRefType) and -1 in extents_of(type_):
            raise InputError(
                f"input '{name}' is a {type_}, whose size is open; give it with --inputs, or fix"
                " the size in the type"
            )
    rng = np.random.default_rng(seed)
    facts = facts_of(function)
    return [_random(type_, rng, facts) for type_ in input_types(function)]


def function_inputs(function: FuncOp, given: Sequence[str], seed: int) -> list[Any]:
    """The inputs in files, as `--inputs` names them, or random ones without any."""
    return load_inputs(function, given) if given else random_inputs(function, seed)


def load_inputs(function: FuncOp, given: Sequence[str]) -> list[Any]:
    """The inputs of a function from files, as `--inputs` names them, by name.

    What the function keeps between calls may be left out, all of it or nothing.

    Raises:
        InputError: if a file cannot be read, or an input is not there.
        UsageError: as `read_arrays`.
    """
    names, path = input_names(function), ", ".join(given)
    arrays = with_opaque(read_arrays(given, names), opaque_inputs(function), path)
    kept = state_names(function)
    missing = [name for name in names if name not in arrays and name not in kept]
    if missing:
        raise InputError(
            f"{path}: no array named {', '.join(map(repr, missing))}; "
            f"the file has {', '.join(map(repr, arrays)) or 'none'}"
        )
    return [arrays[name] for name in names if name in arrays or name not in kept]


def _names(function: FuncOp, key: str) -> tuple[str, ...]:
    names = function.attributes.get(key)
    if not isinstance(names, ArrayAttr):
        return ()
    return tuple(name.data for name in names if isinstance(name, StringAttr))


def _is_model_object(type_: Attribute) -> bool:
    """Whether values of a type are objects that models have; scalars are none."""
    kinds = TensorType | UnrankedTensorType | SequenceType | OptionalType | MapType
    return isinstance(type_, kinds) and is_opaque(type_)


def _random(type_: Attribute, rng: np.random.Generator, facts: Facts) -> Any:
    type_ = stored_tensor(type_)
    if _is_model_object(type_):
        from .signature import tensor_signature

        return random_opaque(tensor_signature("input", type_), rng)
    shape: Sequence[int] = ()
    element = type_
    if isinstance(type_, TensorType | MemRefType):
        shape = [max(facts.evaluated_at_hints(n), 0) for n in extents_of(type_)]
        element = type_.element_type
    elif isinstance(type_, VectorType):
        shape = type_.get_shape()
        element = type_.element_type
    return random_array(shape, dtype_of(element), rng)
