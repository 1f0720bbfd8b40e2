"""The selection solver against trying everything."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepwell.transforms.assign_layouts.selection import Selection


def problem(sizes: list[int], edges: list[tuple[int, int]], seed: int) -> Selection:
    random = np.random.default_rng(seed)
    selection = Selection()
    for size in sizes:
        selection.add_node(random.integers(0, 10, size).tolist())
    for first, second in edges:
        costs = random.integers(0, 10, (sizes[first], sizes[second])).astype(np.float64)
        selection.add_edge(first, second, costs)
    return selection


def best(sizes: list[int], edges: list[tuple[int, int]], seed: int) -> float:
    tried = problem(sizes, edges, seed)
    return min(tried.cost(choices) for choices in product(*map(range, sizes)))


def found(sizes: list[int], edges: list[tuple[int, int]], seed: int) -> float:
    choices = problem(sizes, edges, seed).solve()
    return problem(sizes, edges, seed).cost(choices)


sizes_and_seed = st.tuples(st.lists(st.integers(1, 3), min_size=1, max_size=6), st.integers(0, 999))


@given(sizes_and_seed, st.data())
def test_trees_are_solved_exactly(drawn: tuple[list[int], int], data: st.DataObject) -> None:
    sizes, seed = drawn
    edges = [(data.draw(st.integers(0, node - 1)), node) for node in range(1, len(sizes))]
    assert found(sizes, edges, seed) == best(sizes, edges, seed)


@given(sizes_and_seed)
def test_residual_connections_are_solved_exactly(drawn: tuple[list[int], int]) -> None:
    """Each node feeds the next one and the one behind it: two edges are left at every step."""
    sizes, seed = drawn
    edges = [(i, j) for i, j in combinations(range(len(sizes)), 2) if j - i <= 2]
    assert found(sizes, edges, seed) == best(sizes, edges, seed)


@given(sizes_and_seed)
def test_any_graph_gets_a_selection_no_better_than_the_best(drawn: tuple[list[int], int]) -> None:
    sizes, seed = drawn
    edges = list(combinations(range(len(sizes)), 2))
    assert found(sizes, edges, seed) >= best(sizes, edges, seed)


@pytest.mark.parametrize("seed", range(20))
def test_a_graph_that_needs_the_heuristic_is_close_to_the_best(seed: int) -> None:
    """Five nodes, all connected: nothing reduces before one of them is decided."""
    sizes, edges = [3] * 5, list(combinations(range(5), 2))
    assert found(sizes, edges, seed) <= 1.5 * best(sizes, edges, seed)


def test_parallel_edges_and_edges_to_itself_add_up() -> None:
    selection = Selection()
    first, second = selection.add_node([0, 0]), selection.add_node([0, 0])
    apart = np.array([[5.0, 0.0], [0.0, 5.0]])
    selection.add_edge(first, second, apart)
    selection.add_edge(second, first, apart.T)
    selection.add_edge(first, first, np.array([[1.0, 0.0], [0.0, 3.0]]))
    assert selection.cost([0, 1]) == 1
    assert selection.cost([0, 0]) == 11
    assert selection.solve() == [0, 1]
