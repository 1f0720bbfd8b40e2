"""A model with open sizes, and the sizes that it is tried with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from .graph import Graph


@dataclass(frozen=True)
class DynamicModel:
    """
    One model: how its graph is written, and from what each of its names is drawn.

    `notable` are sizes that are tried beside the drawn ones.
    """

    name: str
    write: Callable[[], Graph]
    bounds: Mapping[str, tuple[int, int]]
    notable: tuple[Mapping[str, int], ...] = ()
    tolerance: float = 1e-4
    """Of results against onnxruntime, in parts of the largest."""
    per_sizes: str = ""
    """A part of what stands against one program for all sizes; empty: nothing does."""
    references: frozenset[str] = field(default_factory=frozenset[str])
    """Operators that run by their reference semantics."""
    too_small_for_theirs: frozenset[int] = frozenset({0})
    """A call in which a size is one of these is not asked of onnxruntime."""

    @cached_property
    def graph(self) -> Graph:
        """Its graph."""
        return self.write()

    def points(self, count: int, seed: int = 0) -> list[dict[str, int]]:
        """The notable sizes, then drawn ones, `count` in all; at least the notable ones."""
        rng = np.random.default_rng(seed)
        points = [dict(sizes) for sizes in self.notable]
        while len(points) < count:
            points.append(
                {
                    name: int(rng.integers(low, high + 1))
                    for name, (low, high) in self.bounds.items()
                }
            )
        return points
