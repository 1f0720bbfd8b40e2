"""Arrays that a caller provides for outputs: checked, and written to where they lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from ..errors import InputError, UsageError
from .array_memory import AnyArray
from .opaque_values import arrays_in
from .program import TensorSignature


def outputs_by_name(given: object, outputs: Sequence[TensorSignature]) -> dict[str, Any]:
    """
    What the argument `out` of a call says, by the names of outputs.

    It is a mapping, an array for a model of one output, or a sequence with an entry for each, of
    which some may be None.

    Raises `UsageError` for anything else, and `InputError` for a name that no output has.
    """
    if given is None:
        return {}
    names = [output.name for output in outputs]
    if isinstance(given, Mapping):
        found = dict(cast("Mapping[Any, Any]", given))
        if unknown := [name for name in found if name not in names]:
            known = ", ".join(map(repr, names))
            raise InputError(f"there is no output {unknown[0]!r}; the model gives {known}")
    elif isinstance(given, list | tuple):
        entries = cast("Sequence[Any]", given)
        if len(entries) != len(names):
            raise InputError(f"out has {len(entries)} arrays, the model gives {len(names)} outputs")
        found = dict(zip(names, entries, strict=True))
    elif len(names) == 1:
        found = {names[0]: given}
    else:
        raise UsageError(
            f"out is {type(given).__name__}, expected a mapping from names to arrays, or a list of "
            f"{len(names)} arrays"
        )
    return {name: array for name, array in found.items() if array is not None}


def output_array(
    given: object, output: TensorSignature, dtype: np.dtype[Any], shape: tuple[int, ...]
) -> AnyArray:
    """
    The memory of an array that a caller provides for an output of this dtype and shape.

    Raises `InputError` for one that cannot be written to as it is.
    """
    array = _array(given, output)
    if array.dtype != dtype:
        raise _error(output, f"has dtype {array.dtype}, expected {dtype}")
    if array.shape != shape:
        raise _error(output, f"has shape {list(array.shape)}, expected {list(shape)}")
    if not array.flags.writeable:
        raise _error(output, "is read-only")
    if not array.flags.c_contiguous:
        raise _error(
            output, f"is not row-major (strides {array.strides}); give numpy.empty_like of it"
        )
    if not array.flags.aligned:
        raise _error(output, f"does not start at a multiple of {dtype.alignment} bytes")
    return array


def require_apart(
    given: Mapping[str, AnyArray], inputs: Mapping[str, object], own: Mapping[str, str]
) -> None:
    """
    Raise `InputError` for an output array that shares memory with another one or with an input.

    A program may write an output before it has read all inputs. `own` has the input that an output
    takes the memory of, where callers have given it away.
    """
    before: list[tuple[str, AnyArray]] = [
        (f"input '{name}'", array) for name, value in inputs.items() for array in arrays_in(value)
    ]
    for name, array in given.items():
        mine = f"input '{own[name]}'" if name in own else ""
        for other, memory in before:
            if other != mine and np.may_share_memory(array, memory):
                raise InputError(f"the array for output '{name}' shares memory with {other}")
        before.append((f"that for output '{name}'", array))


def _array(given: object, output: TensorSignature) -> AnyArray:
    if output.is_opaque:
        raise _error(output, "is given, but its size is known only afterwards; leave it out")
    if isinstance(given, np.ndarray):
        return cast(AnyArray, given)
    if not hasattr(given, "__dlpack__"):
        raise _error(output, f"is of type {type(given).__name__}, expected a numpy array")
    try:
        return np.from_dlpack(cast(Any, given))
    except Exception as error:  # whatever the other library raises
        raise _error(output, f"is not handed over by DLPack ({error})") from error


def _error(output: TensorSignature, problem: str) -> InputError:
    return InputError(f"the array for output '{output.name}' {problem} (the model gives {output})")
