"""The options `--shape NAME=1,3,...`, `--size NAME=1..2048/8@128`, `--variant NAME=1,OTHER=128`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...errors import UsageError
from ...runtime.size import Extent, numbers_of
from ...runtime.size_facts import Dim, parse_dim


def parse_shapes(texts: Sequence[str]) -> dict[str, tuple[Extent, ...]]:
    """`NAME=1,3,224,224` as a table; `x` may stand for the comma, and a name for a number.

    Raises:
        UsageError: for anything else.
    """
    from ...dialects.framework import size_of_text  # loads numpy, which most calls do not need

    shapes: dict[str, tuple[Extent, ...]] = {}
    for text in texts:
        name, equals, sizes = text.rpartition("=")
        words = (sizes.replace("x", ",") if _BY_X.fullmatch(sizes) else sizes).split(",")
        numbers = [word.strip() for word in words] if sizes else []
        if not (name and equals and all(n.isdecimal() or n[:1].isalpha() for n in numbers)):
            raise UsageError(f"--shape {text}: expected NAME=1,3,224,224, or a name as in NAME=N,3")
        shapes[name] = tuple(int(n) if n.isdecimal() else size_of_text(n) for n in numbers)
    return shapes


def parse_variants(texts: Sequence[str]) -> list[dict[str, int]]:
    """`N=1,S=128` as sizes by name, one for each text.

    Raises:
        UsageError: for anything else.
    """
    variants: list[dict[str, int]] = []
    for text in texts:
        sizes: dict[str, int] = {}
        for part in text.split(","):
            name, _, number = part.rpartition("=")
            if not name or not number.strip().isdecimal() or name in sizes:
                raise UsageError(f"--variant {text}: expected a size for each name: N=1,S=128")
            sizes[name] = int(number)
        variants.append(sizes)
    return variants


def parse_bound(shapes: Sequence[str], sizes: Sequence[str] = ()) -> dict[str, tuple[int, ...]]:
    """Both options where all sizes must be numbers: a call runs with one size of each name.

    Raises:
        UsageError: for a name or bounds in place of a number.
    """
    found: dict[str, tuple[int, ...]] = {}
    for name, shape in parse_shapes(shapes).items():
        if not all(isinstance(size, int) for size in shape):
            raise UsageError(f"--shape {name}: a call needs numbers, and a name is given")
        found[name] = numbers_of(shape)
    for name, dim in parse_sizes(sizes).items():
        if dim.lower != dim.upper:
            raise UsageError(f"--size {name}={dim}: a call needs a number, as in {name}=7")
        found[name] = (dim.lower,)
    return found


@dataclass(frozen=True)
class GivenSizes:
    """What `--size` says to a command that makes calls: numbers of a call, and what is known."""

    at: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])
    """Sizes by name, one or several to try in turn."""
    dims: Mapping[str, Dim] = field(default_factory=dict[str, Dim])
    """Bounds, multiples and hints."""


def parse_given(texts: Sequence[str]) -> GivenSizes:
    """
    `NAME=7` as a size of a call, `NAME=1..2048/8@128` as what is known of it.

    Raises:
        UsageError: as `parse_sizes`.
    """
    at: dict[str, tuple[int, ...]] = {}
    dims: dict[str, Dim] = {}
    for text in texts:
        for name, dim in parse_sizes([text]).items():
            if dim.lower == dim.upper:
                at[name] = (*at.get(name, ()), dim.lower)
            else:
                dims[name] = dim
    return GivenSizes(at, dims)


_BY_X = re.compile(r"[\dx ,]*")


def parse_sizes(texts: Sequence[str]) -> dict[str, Dim]:
    """`NAME=1..2048/8@128` or `NAME=7` as a table of what is known of names.

    Raises:
        UsageError: for anything else, and bounds that contradict each other.
    """
    sizes: dict[str, Dim] = {}
    for text in texts:
        name, equals, dim = text.rpartition("=")
        if not (name and equals):
            raise UsageError(f"--size {text}: expected NAME=1..2048/8@128")
        sizes[name] = parse_dim(dim)
    return sizes
