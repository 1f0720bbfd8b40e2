"""
The samples that a model is quantised with: checked, one after the other, some of them held out.

A quarter of them, one of every four, is held out: nothing is observed of these, the error is
measured on them. Which of the four it is changes, so that samples whose kinds take turns are held
out of every kind. Of many only some are kept, so that memory does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from ...dialects.framework import Dim
from ...errors import InputError, UsageError

AnyArray = npt.NDArray[Any]
Feeds = dict[str, AnyArray]

FEWEST = 4
"""Samples that are needed at least, one of which is held out."""

_QUARTER = 4
_HELD_OUT = 256
_HELD_BYTES = 256 << 20
_SHOWN = 8
"""Problems that a message lists; of the others it says how many there are."""


@dataclass(frozen=True)
class ModelInput:
    """An input of a model: its name, type and sizes, None or a name where they are open."""

    name: str
    dtype: np.dtype[Any]
    dims: tuple[Dim, ...]

    @property
    def rank(self) -> int:
        """The number of its dimensions."""
        return len(self.dims)

    def __str__(self) -> str:
        sizes = ", ".join("?" if d is None else str(d) for d in self.dims)
        return f"{self.dtype}[{sizes}]"


class Calibration:
    """
    Samples for a model with these inputs.

    `first` are a few that are observed, for what has to be known before. `observed` gives all that
    are not held out, once; then `held_out` are those that are.
    """

    def __init__(self, feeds: Iterable[Mapping[str, Any]], inputs: tuple[ModelInput, ...]):
        self.inputs = inputs
        self.held_out: list[Feeds] = []
        self.count = 0
        self._problems: list[str] = []
        self._unsaid = 0
        self._stride = 1
        self._kept = 0
        self._source = iter(_iterated(feeds))
        self._begun: list[Feeds] = []

    def first(self, count: int = 12, most_bytes: int = 64 << 20) -> list[Feeds]:
        """Up to so many samples from the beginning, which `observed` gives again."""
        size = 0
        while len(self._begun) < count and size < most_bytes:
            sample = next(self._observed(), None)
            if sample is None:
                break
            self._begun.append(sample)
            size += sum(array.nbytes for array in sample.values())
        return list(self._begun)

    def observed(self) -> Iterator[Feeds]:
        """
        The samples that are not held out.

        Raises:
            InputError: behind the last, with all that is wrong with any of them.
        """
        begun, self._begun = self._begun, []
        yield from chain(begun, self._observed())
        self.check()

    def check(self) -> None:
        """Raise `InputError` with all that was wrong with the samples so far."""
        if not self._problems and self.count < FEWEST:
            self._say(
                f"there are {self.count} samples, expected at least {FEWEST}, one of which is held "
                "out to measure the error with; a few hundred that differ as those of use do are "
                "good"
            )
        if self._problems:
            rest = f"\n  - and {self._unsaid} more" if self._unsaid else ""
            listed = "".join(f"\n  - {problem}" for problem in self._problems)
            raise InputError(f"the calibration data does not fit the model:{listed}{rest}")

    def _observed(self) -> Iterator[Feeds]:
        for sample in self._source:
            number = self.count
            self.count += 1
            feeds = self._checked(number, sample)
            if feeds is None:
                continue
            part, at = divmod(number, _QUARTER)
            if at == _place_in(part):
                self._hold_out(part, feeds)
            else:
                yield feeds

    def _hold_out(self, number: int, feeds: Feeds) -> None:
        if number % self._stride:
            return
        self.held_out.append({name: array.copy() for name, array in feeds.items()})
        self._kept += sum(array.nbytes for array in feeds.values())
        while len(self.held_out) > 1 and (
            len(self.held_out) > _HELD_OUT or self._kept > _HELD_BYTES
        ):
            self.held_out = self.held_out[::2]
            self._stride *= 2
            self._kept = sum(a.nbytes for held in self.held_out for a in held.values())

    def _say(self, problem: str) -> None:
        if problem in self._problems:
            return
        if len(self._problems) < _SHOWN:
            self._problems.append(problem)
        else:
            self._unsaid += 1

    def _checked(self, number: int, sample: object) -> Feeds | None:
        """A sample whose arrays have the model's types; None for one that does not fit."""
        if not isinstance(sample, Mapping):
            self._say(f"sample {number} is of type {type(sample).__name__}, expected a mapping")
            return None
        given = cast("Mapping[Any, Any]", sample)
        names = [i.name for i in self.inputs]
        before = len(self._problems) + self._unsaid
        if unknown := sorted(str(name) for name in given if name not in names):
            known = ", ".join(map(repr, names))
            self._say(f"the model has no input {_quoted(unknown)}; it has {known}")
        if missing := [name for name in names if name not in given]:
            self._say(f"there is no data for input {_quoted(missing)}")
        feeds: Feeds = {}
        sizes: dict[str, int] = {}
        for each in self.inputs:
            if (
                each.name in given
                and (array := self._array(number, each, given[each.name])) is not None
            ):
                feeds[each.name] = array
                self._named_sizes(number, each, array, sizes)
        return feeds if len(self._problems) + self._unsaid == before else None

    def _array(self, number: int, each: ModelInput, value: Any) -> AnyArray | None:
        what = f"'{each.name}' of sample {number}"
        try:
            array = np.asarray(value)
        except Exception as error:
            self._say(f"{what} is not an array ({error})")
            return None
        if array.dtype.kind not in "fiub" or not _may_become(array, each.dtype):
            self._say(f"{what} is of {array.dtype}, expected {each}")
            return None
        fits = len(array.shape) == each.rank and all(
            not isinstance(d, int) or d == n for d, n in zip(each.dims, array.shape, strict=True)
        )
        if not fits:
            self._say(f"{what} has the shape {list(array.shape)}, expected {each}")
            return None
        if not array.size:
            self._say(f"{what} has no elements: its shape is {list(array.shape)}")
            return None
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            bad = int((~np.isfinite(array)).sum())
            self._say(f"{what} has {bad} elements that are infinite or not a number")
            return None
        return np.asarray(array, each.dtype, order="C")

    def _named_sizes(
        self, number: int, each: ModelInput, array: AnyArray, sizes: dict[str, int]
    ) -> None:
        for dim, size in zip(each.dims, array.shape, strict=True):
            if dim is None or isinstance(dim, int):
                continue
            text = str(dim)
            if sizes.setdefault(text, size) != size:
                self._say(
                    f"'{each.name}' of sample {number} has {size} where {text} is, which is "
                    f"{sizes[text]} in another input"
                )


def _place_in(part: int) -> int:
    """
    Which sample of a part is held out: the same each time, without a period that data has (the
    multiplicative hash of Knuth, "The Art of Computer Programming", 6.4).
    """
    return 3 ^ ((part * 2654435761 & 0xFFFFFFFF) >> 30)


def _may_become(array: AnyArray, dtype: np.dtype[Any]) -> bool:
    """Whether numbers keep their meaning: floats become floats, integers integers of any width."""
    if array.dtype == dtype:
        return True
    if dtype.kind in "iu" and array.dtype.kind in "iu":
        limits = np.iinfo(dtype)
        return not array.size or (int(array.min()) >= limits.min and int(array.max()) <= limits.max)
    return array.dtype.kind == "f" and dtype.kind == "f"


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))


def _iterated(feeds: object) -> Iterable[Any]:
    kind = type(feeds).__name__
    if isinstance(feeds, Mapping | str | bytes) or not isinstance(feeds, Iterable):
        raise UsageError(
            f"calibration is of type {kind}, expected an iterable of samples, each "
            "a mapping from the names of inputs to arrays"
        )
    return cast("Iterable[Any]", feeds)
