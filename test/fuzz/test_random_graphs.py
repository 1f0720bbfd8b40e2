"""Random graphs of more than a hundred operators give what the oracles give."""

from __future__ import annotations

import random

import numpy as np

from stepwell.test.fuzz.graph_builder import GraphBuilder, UnsuitableError
from stepwell.test.fuzz.graph_elements import Grow
from stepwell.test.fuzz.judge_model import difference
from stepwell.test.fuzz.random_graphs import SHAPES, VOCABULARY, random_model
from stepwell.test.fuzz.trial import assert_fine, assert_found_are_fine

KIND = "random_graphs"


def test_found_before():
    assert_found_are_fine(KIND)


def test_seeds(seeds: range, seconds: float):
    assert assert_fine(KIND, seeds, seconds), "no seed was tried"


def test_vocabulary():
    """The graphs that are tried are of at least eighty operators."""
    operators = {node.op_type for seed in range(150) for node in random_model(seed).graph.node}
    assert len(operators) >= 80


def test_every_word_grows():
    """Each word of the vocabulary adds nodes to some graph."""
    for name, grow in VOCABULARY.items():
        assert any(_grows(grow, seed) for seed in range(400)), name


def _grows(grow: Grow, seed: int) -> bool:
    builder = GraphBuilder(random.Random(seed))
    for dtype in ("float32", "int32", "bool", "uint8"):
        builder.input(dtype, builder.rng.choice(SHAPES))
    try:
        grow(builder)
    except UnsuitableError:
        return False
    return bool(builder.nodes)


def test_a_wrong_number_is_seen():
    """A result that is off is told from one that rounding explains."""
    right = np.linspace(-1, 1, 12, dtype=np.float32)
    assert difference(right * np.float32(1 + 1e-6), right) is None
    assert difference(right * np.float32(1.01), right) is not None
    assert difference(right * np.float32(1 + 1e-6), right, exact=True) is not None
