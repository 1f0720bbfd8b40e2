"""
Inputs and results of models as files: `.npz`, which holds arrays by name, and `.npy`, with one.

What the command lines take for `--inputs` is `FILE.npz`, `NAME=FILE.npy`, or, for a model with one
input, `FILE.npy`; several of these are put together.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from ..errors import InputError, UsageError
from .array_memory import AnyArray
from .input_file import open_regular
from .named_arrays import for_npz, with_opaque
from .output_file import output_file
from .program import TensorSignature


def read_arrays(given: Sequence[str], inputs: Sequence[str]) -> dict[str, AnyArray]:
    """
    The arrays in all files `given`, by name; `inputs` are the names of the model's inputs.

    Raises:
        InputError: for a file that cannot be read, or holds anything but plain arrays.
        UsageError: for a name that is given twice, and a single array for one of several inputs.
    """
    found: dict[str, AnyArray] = {}
    for text in given:
        name, path = _named(text)
        content = read_array_file(path)
        if isinstance(content, np.ndarray):
            arrays = {_name_of(path, name, inputs): content}
        elif name:
            raise UsageError(f"--inputs {text}: is an archive of named arrays, which gets no name")
        else:
            arrays = content
        if twice := sorted(found.keys() & arrays.keys()):
            raise UsageError(f"--inputs {text}: '{twice[0]}' is given twice")
        found.update(arrays)
    return found


def engine_feeds(given: Sequence[str], inputs: Sequence[TensorSignature]) -> dict[str, Any]:
    """
    What files give to a compiled model with these inputs; objects are put together.

    Raises:
        InputError: if a file cannot be read, or an object in it is not whole.
        UsageError: as `read_arrays`.
    """
    arrays = read_arrays(given, [tensor.name for tensor in inputs])
    return with_opaque(arrays, [t for t in inputs if t.is_opaque], ", ".join(given))


def paths_in(given: Sequence[str]) -> list[Path]:
    """The files that the texts of `--inputs` name."""
    return [Path(_named(text)[1]) for text in given]


def read_array_file(path: str) -> AnyArray | dict[str, AnyArray]:
    """
    The array of a `.npy` file, or the arrays of a `.npz` file by name.

    Raises:
        InputError: if it cannot be read; pickled objects are refused.
    """
    try:
        with open_regular(path) as file:
            if not file.read(1):
                raise InputError(f"{path}: the file is empty; expected a .npz or .npy file")
            file.seek(0)
            content: Any = np.load(file, allow_pickle=False)
            if not isinstance(content, np.lib.npyio.NpzFile):
                return cast(AnyArray, content)
            with content:
                return {name: _plain(name, content[name]) for name in content.files}
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except MemoryError as error:
        raise InputError(f"{path}: its arrays do not fit into memory ({error})") from error
    except Exception as error:  # numpy and zipfile raise many things for damaged files
        raise InputError(f"{path}: not a .npz file of plain arrays, or .npy ({error})") from error


def write_arrays(
    path: str | os.PathLike[str], values: Mapping[str, Any], keep: Iterable[Path] = ()
) -> None:
    """
    Write named values as a `.npz` file, which appears whole or not at all.

    Raises:
        UsageError: if it is one of `keep`.
        StepwellError: if it cannot be written.
    """
    with output_file(path, keep) as part, part.open("wb") as file:
        np.savez(file, allow_pickle=False, **for_npz(values))


def _named(text: str) -> tuple[str, str]:
    """The name, if there is one, and the path in `NAME=FILE.npy`; a path may hold the sign, too."""
    signs = [at for at, character in enumerate(text) if character == "=" and at]
    if not signs or os.path.exists(text):
        return "", text
    at = next((at for at in signs if os.path.exists(text[at + 1 :])), signs[0])
    return text[:at], text[at + 1 :]


def _name_of(path: str, name: str, inputs: Sequence[str]) -> str:
    if name:
        return name
    if len(inputs) == 1:
        return inputs[0]
    known = ", ".join(map(repr, inputs)) or "none"
    raise UsageError(
        f"{path}: holds a single array without a name, and the model has {len(inputs)} inputs "
        f"({known}); say which, as in --inputs NAME={path}, or give a .npz of named arrays"
    )


def _plain(name: str, array: Any) -> AnyArray:
    if not isinstance(array, np.ndarray):
        raise ValueError(f"'{name}' is not an array")
    return cast(AnyArray, array)
