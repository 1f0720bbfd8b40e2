"""Forests of random trees, as the constants of an `engine.tree_ensemble`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from stepwell.dialects.engine.forest import Forest

Array = npt.NDArray[Any]


def random_forest(
    trees: int,
    columns: int,
    targets: int,
    *,
    width: int | None = None,
    depth: int = 6,
    dtype: npt.DTypeLike = np.float32,
    seed: int = 0,
) -> Forest:
    """Trees of uneven depths up to `depth`; with `width` they add to some of the targets only."""
    rng = np.random.default_rng(seed)
    width = width or targets
    features: list[int] = []
    thresholds: list[float] = []
    children: list[int] = []
    leaves: list[int] = []
    roots: list[tuple[int, int]] = []
    count = 0
    for _ in range(trees):
        roots.append((len(features), int(rng.integers(targets - width + 1))))
        end = len(features) + 1
        level = 0
        while len(features) < end:
            stop = end
            for node in range(len(features), stop):
                if level < depth and rng.random() < 0.8:
                    features.append(int(rng.integers(columns)))
                    thresholds.append(float(rng.standard_normal()))
                    children.append(end)
                    leaves.append(0)
                    end += 2
                else:
                    features.append(int(rng.integers(columns)))
                    thresholds.append(np.nan)
                    children.append(node - 1)
                    leaves.append(count)
                    count += 1
            level += 1
    return Forest(
        np.array(features, np.int32),
        np.array(thresholds, dtype),
        np.array(children, np.int32),
        np.array(leaves, np.int32),
        np.array(roots, np.int32).reshape(-1, 2),
        rng.standard_normal((count, width)).astype(dtype),
    )


def arrays_of(forest: Forest) -> list[Array]:
    """The constants in the order of the operands."""
    return [
        forest.features,
        forest.thresholds,
        forest.children,
        forest.leaves,
        forest.trees,
        forest.weights,
    ]


def rows_of(count: int, columns: int, dtype: npt.DTypeLike = np.float32, seed: int = 1) -> Array:
    """Rows with NaN, infinities and zeros of both signs among them."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((count, columns)).astype(dtype)
    special = rng.random(x.shape) < 0.1
    x[special] = rng.choice(np.array([np.nan, np.inf, -np.inf, 0.0, -0.0], dtype), special.sum())
    return x
