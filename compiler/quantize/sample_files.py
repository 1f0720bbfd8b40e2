"""
Samples in `.npz` files, read row by row.

Each array holds an input of many calls: either with one dimension more than the input, an entry for
each call, or with the same dimensions, of which the first is cut into pieces as large as the
model's own batch, or of one where that is open.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from math import prod
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from ...errors import InputError
from ...runtime.input_file import open_regular
from .calibration import Feeds, ModelInput

AnyArray = npt.NDArray[Any]


def samples_in(paths: Iterable[str], inputs: tuple[ModelInput, ...]) -> Iterator[Feeds]:
    """
    The samples in files, one after the other; none is in memory as a whole.

    Raises:
        InputError: for a file that cannot be read, arrays of other things than plain numbers, and
            arrays that do not hold a whole and equal number of samples.
    """
    for path in paths:
        try:
            with open_regular(path) as file, zipfile.ZipFile(file) as archive:
                yield from _rows(path, archive, {i.name: i for i in inputs})
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}") from error
        except (zipfile.BadZipFile, ValueError, EOFError, KeyError, NotImplementedError) as error:
            raise InputError(f"{path}: not a .npz file of plain arrays ({error})") from error


class _Member:
    """An array of an archive, read from its beginning to its end."""

    def __init__(self, archive: zipfile.ZipFile, member: str, target: ModelInput | None):
        self.file: IO[bytes] = archive.open(member)
        version = np.lib.format.read_magic(self.file)
        read = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        self.shape, by_columns, self.dtype = read(self.file)
        if self.dtype.hasobject:
            raise ValueError(f"'{member}' holds objects")
        if by_columns and len(self.shape) > 1:
            raise ValueError(f"'{member}' is stored by columns; save np.ascontiguousarray of it")
        self.drop = target is not None and len(self.shape) == target.rank + 1
        first = target.dims[0] if target is not None and target.rank else None
        self.step = first if isinstance(first, int) and not self.drop else 1
        self.whole = not self.shape
        self.length: int = self.shape[0] if self.shape else 1
        self.count = 1 if self.whole else self.length // max(self.step, 1)

    def problem(self) -> str | None:
        """What is wrong with its size."""
        if not self.whole and (self.step < 1 or self.length % self.step):
            return f"has {self.length} rows, expected a multiple of the batch of {self.step}"
        return None

    def next(self) -> AnyArray:
        """The next sample."""
        shape = self.shape if self.whole else (self.step, *self.shape[1:])
        size = prod(shape) * self.dtype.itemsize
        data = self.file.read(size)
        if len(data) != size:
            raise ValueError("the file ends in an array")
        array = np.frombuffer(data, self.dtype).reshape(shape)
        return array[0] if self.drop else array


def _rows(path: str, archive: zipfile.ZipFile, inputs: dict[str, ModelInput]) -> Iterator[Feeds]:
    names = [name.removesuffix(".npy") for name in archive.namelist()]
    if not names:
        raise InputError(f"{path}: holds no arrays")
    members = {
        name: _Member(archive, member, inputs.get(name))
        for name, member in zip(names, archive.namelist(), strict=True)
    }
    problems = [f"'{name}' {p}" for name, m in members.items() if (p := m.problem())]
    counts = {name: m.count for name, m in members.items()}
    if not problems and len(set(counts.values())) > 1:
        listed = ", ".join(f"{n} of '{name}'" for name, n in counts.items())
        problems.append(f"the arrays do not hold equally many samples: {listed}")
    if problems:
        raise InputError(f"{path}: {'; '.join(problems)}")
    for _ in range(min(counts.values())):
        yield {name: member.next() for name, member in members.items()}
