"""How to compile, and what is told on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import ModuleOp

from ..conversion.to_engine.data_names import ALL_SIZES
from ..dialects.framework import size_of_text
from ..errors import UsageError
from ..runtime.arguments import file_path, integer, text
from ..runtime.pool import checked_threads
from ..runtime.size import Extent
from ..runtime.size_facts import Dim
from ..targets.target import Target
from ..transforms.optimize.choice import DEFAULT_LEVEL, Choice, exactness_at
from ..transforms.precisions import PRECISIONS
from .donations import checked_pairs


@dataclass(frozen=True)
class Options:
    """
    How to compile. `target` is a name for `Target.parse`; `shapes` binds inputs or names, `values`
    makes constants of inputs, `overridable` makes inputs of those with a default, `sizes` says what
    is known of names that stay open. `optimization`, `exactness`, `enable` and `disable` are those
    of a `Choice`.
    """

    threads: int = 1
    target: str = "native"
    shapes: Mapping[str, Sequence[Extent]] = field(default_factory=dict[str, Sequence[Extent]])
    exactness: str = "rounding"
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    overridable: tuple[str, ...] = ()
    sizes: Mapping[str, Dim] = field(default_factory=dict[str, Dim])
    data_sizes: str = ALL_SIZES
    """Which sizes that only the data knows are native (`conversion/to_engine/data_names.py`)."""
    weights: str | bytes | None = None
    """The second file of a model of two."""
    signature: str | None = None
    """Which of several functions of a model."""
    optimization: int = DEFAULT_LEVEL
    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    memory_limit: int | None = None
    """Bytes that the program may take (`memory_budget.py`)."""
    precision: str = "f32"
    """What products may be computed in: f32, or bf16 (`transforms/narrow_contractions.py`)."""
    donate: Mapping[str, str] = field(default_factory=dict[str, str])
    """Inputs whose memory callers give to outputs (`donations.py`)."""

    @property
    def choice(self) -> Choice:
        """Which rewrites and passes take part."""
        return Choice(self.optimization, self.exactness, self.enable, self.disable)

    @property
    def for_module(self) -> Options:
        """The same for a module that was made of the model."""
        return replace(
            self,
            shapes={},
            values={},
            overridable=(),
            sizes={},
            weights=None,
            signature=None,
            donate={},
        )

    def __post_init__(self) -> None:
        if not self.choice.is_plain:
            from ..transforms.optimize.plugged import all_rewrites

            self.choice.check(all_rewrites())
        checked_threads(self.threads)
        if self.precision not in PRECISIONS:
            raise UsageError(
                f"precision is '{self.precision}', expected one of {', '.join(PRECISIONS)}"
            )
        if self.memory_limit is not None and self.memory_limit < 1:
            raise UsageError(f"memory_limit is {self.memory_limit}, expected a number of bytes")
        Target.parse(self.target)  # an unknown name is said before the work, not after it


Shapes = Mapping[str, int | str | Sequence[int | str]]
"""Sizes by the names of inputs (all of an input) or of dimensions (one); a text is a name."""

Sizes = Mapping[str, Dim | int]
"""What is known of the sizes that stay open, by name; a number binds."""


def options_of(
    threads: int,
    target: str | None,
    shapes: Shapes | None,
    exactness: str | None = None,
    values: Mapping[str, Any] | None = None,
    overridable: Sequence[str] = (),
    sizes: Sizes | None = None,
    weights: Any = None,
    signature: str | None = None,
    *,
    optimization: int = DEFAULT_LEVEL,
    enable: Sequence[str] = (),
    disable: Sequence[str] = (),
    memory_limit: int | None = None,
    donate: Mapping[str, str] | None = None,
    precision: str | None = None,
) -> Options:
    """
    The options in what a caller gave.

    Raises:
        UsageError: for a value or a type that an option cannot have.
    """
    name = "native" if target is None else text("target", target)
    found = {} if shapes is None else checked_shapes(shapes)
    bound = {} if values is None else _checked_values(values)
    names = _checked_names("overridable", overridable)
    level = integer("optimization", optimization)
    exact = exactness_at(level, None if exactness is None else text("exactness", exactness))
    known = {} if sizes is None else _checked_sizes(sizes)
    second = None if weights is None else _checked_file("weights", weights)
    function = None if signature is None else text("signature", signature)
    return Options(
        checked_threads(threads),
        name,
        found,
        exact,
        bound,
        names,
        known,
        weights=second,
        signature=function,
        optimization=level,
        enable=_checked_names("enable", enable),
        disable=_checked_names("disable", disable),
        memory_limit=None if memory_limit is None else integer("memory_limit", memory_limit),
        donate={} if donate is None else checked_pairs(donate),
        precision="f32" if precision is None else text("precision", precision),
    )


def checked_shapes(shapes: Any) -> dict[str, tuple[Extent, ...]]:
    """
    `shapes` with a tuple for each name; a single number is the size of a dimension.

    A text stands for a size by name, or for an expression over names.

    Raises:
        UsageError: for anything that is no mapping from names to sizes.
    """
    if not isinstance(shapes, Mapping):
        raise UsageError(
            f"shapes is {shapes!r:.60}, expected a mapping as in {{'x': (1, 3, 224, 224)}} or "
            "{'batch': 1}"
        )
    found: dict[str, tuple[Extent, ...]] = {}
    for key, given in cast("Mapping[Any, Any]", shapes).items():
        name = text("a name in shapes", key)
        what = f"shapes[{name!r}]"
        listed = _listed(given)
        numeric = any(isinstance(s, str) and s.strip().isdigit() for s in listed)
        if isinstance(given, bytes | Mapping) or numeric:  # text stands for a size by name
            raise UsageError(f"{what} is {given!r:.60}, expected one size or a sequence of sizes")
        found[name] = tuple(
            size_of_text(size) if isinstance(size, str) and size else integer(what, size)
            for size in listed
        )
    return found


def _checked_sizes(sizes: Any) -> dict[str, Dim]:
    """
    `sizes` with what is known of each name; a number is a size that is known.

    Raises:
        UsageError: for anything that is no mapping from names to `Dim` or numbers.
    """
    if not isinstance(sizes, Mapping):
        raise UsageError(
            f"sizes is {sizes!r:.60}, expected a mapping as in {{'S': stepwell.Dim(1, 2048)}}"
        )
    found: dict[str, Dim] = {}
    for key, given in cast("Mapping[Any, Any]", sizes).items():
        name = text("a name in sizes", key)
        if isinstance(given, Dim):
            found[name] = given
        else:
            number = integer(f"sizes[{name!r}]", given)
            found[name] = Dim(number, number)
    return found


def _checked_values(values: Any) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise UsageError(f"values is {values!r:.60}, expected a mapping as in {{'sr': 16000}}")
    given = cast("Mapping[Any, Any]", values)
    return {text("a name in values", name): value for name, value in given.items()}


def _checked_names(what: str, names: Any) -> tuple[str, ...]:
    if isinstance(names, str | bytes) or not isinstance(names, Iterable):
        raise UsageError(f"{what} is {names!r:.60}, expected a list of names")
    return tuple(text(f"a name in {what}", name) for name in cast("Iterable[Any]", names))


def _checked_file(what: str, given: Any) -> str | bytes:
    if isinstance(given, bytes | bytearray | memoryview):
        return bytes(cast("bytearray", given))
    return file_path(what, given)


def _listed(given: Any) -> list[Any]:
    """The sizes in one number, or in a sequence or an array of them."""
    is_number = hasattr(given, "__index__") and not np.ndim(given)
    if is_number or isinstance(given, str) or not isinstance(given, Iterable):
        return [given]
    return list(cast("Iterable[Any]", given))


@dataclass(frozen=True)
class Step:
    """One step of compiling that has just ended (or, with `done < total`, is going on)."""

    name: str
    seconds: float
    done: int = 1
    total: int = 1
    module: ModuleOp | None = None
    """The module at the end of a stage; later stages change it, so look at once."""


Progress = Callable[[Step], None]
