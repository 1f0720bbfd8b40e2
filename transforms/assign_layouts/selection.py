"""
Picks one alternative for each node of a graph so that nodes and edges together cost least.

This is the partitioned boolean quadratic problem (PBQP): node `i` has a vector of costs, one per
alternative, and an edge a matrix of costs, one per pair of alternatives of its two nodes. It is
how primitives and layouts of a network are chosen in Anderson and Gregg, "Optimal DNN Primitive
Selection with Partitioned Boolean Quadratic Programming" (CGO 2018), and how registers are in
Scholz and Eckstein, "Register Allocation for Irregular Architectures" (LCTES 2002), from which
the reductions are taken:

- a node without edges takes its cheapest alternative;
- a node with one edge (RI) or two (RII) is the best answer to each choice of its neighbours, so
  its cost goes into theirs and it is decided when they are;
- if only nodes with three or more edges are left (RN), the one with the most is decided by its own
  costs and the least its edges and neighbours then need.

Chains, branches that join again and residual connections reduce by the first two rules, which are
exact. The third is a heuristic: the result is then a good selection, perhaps not the best one.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Costs: TypeAlias = npt.NDArray[np.float64]


class Selection:
    """
    A problem under construction: add the nodes, then the edges, then `solve`.

    `costs` has one entry per alternative of a node.
    """

    def __init__(self) -> None:
        self._costs: list[Costs] = []
        self._edges: list[dict[int, Costs]] = []  # both ways; [i][j] has a row per choice of i

    def add_node(self, costs: Sequence[float]) -> int:
        """A node with these alternatives, at least one; returns its number."""
        assert costs, "a node without alternatives"
        self._costs.append(np.array(costs, dtype=np.float64))
        self._edges.append({})
        return len(self._costs) - 1

    def add_costs(self, node: int, costs: Costs) -> None:
        """Add to what the alternatives of a node cost."""
        self._costs[node] = self._costs[node] + costs

    def add_edge(self, first: int, second: int, costs: Costs) -> None:
        """Add `costs[a, b]` for choosing `a` at `first` and `b` at `second`."""
        if first == second:
            self.add_costs(first, np.diagonal(costs))
        elif second in self._edges[first]:
            self._connect(first, second, self._edges[first][second] + costs)
        else:
            self._connect(first, second, costs)

    def _connect(self, first: int, second: int, costs: Costs) -> None:
        self._edges[first][second] = costs
        self._edges[second][first] = costs.T

    def _detach(self, node: int) -> dict[int, Costs]:
        """Take the node out of the graph; returns the edges it had."""
        edges = self._edges[node]
        self._edges[node] = {}
        for neighbour in edges:
            del self._edges[neighbour][node]
        return edges

    def cost(self, choices: Sequence[int]) -> float:
        """What a selection costs."""
        total = sum(float(costs[choices[node]]) for node, costs in enumerate(self._costs))
        for node, edges in enumerate(self._edges):
            total += sum(
                float(costs[choices[node], choices[other]])
                for other, costs in edges.items()
                if node < other
            )
        return total

    def solve(self) -> list[int]:
        """The number of the alternative chosen for each node. Consumes the edges."""
        for node, edges in enumerate(self._edges):
            for other in [o for o, costs in edges.items() if not costs.any()]:
                del self._edges[node][other]
        choices = [0] * len(self._costs)
        decided_later: list[tuple[int, dict[int, Costs]]] = []
        left = set(range(len(self._costs)))
        ready = [node for node, edges in enumerate(self._edges) if len(edges) <= 2]
        by_degree = [(-len(edges), node) for node, edges in enumerate(self._edges)]
        heapify(by_degree)
        while left:
            if ready:
                node = ready.pop()
                if node not in left:
                    continue
                edges = self._detach(node)
                self._reduce(node, edges)
                decided_later.append((node, edges))
            else:
                node = self._with_most_edges(by_degree, left)
                edges = self._detach(node)
                choices[node] = self._decide(node, edges)
            left.remove(node)
            ready += [other for other in edges if len(self._edges[other]) <= 2]
        for node, edges in reversed(decided_later):
            costs = self._costs[node].copy()
            for other, matrix in edges.items():
                costs += matrix[:, choices[other]]
            choices[node] = int(np.argmin(costs))
        return choices

    def _with_most_edges(self, by_degree: list[tuple[int, int]], left: set[int]) -> int:
        """The first of the nodes `left` that have the most edges, from a heap of all."""
        while True:
            degree, node = heappop(by_degree)
            now = -len(self._edges[node])
            if node in left and now == degree:
                return node
            if node in left:
                # Nodes only lose edges: what comes next in the heap has at most as many.
                heappush(by_degree, (now, node))

    def _reduce(self, node: int, edges: dict[int, Costs]) -> None:
        """RI and RII: what `node` costs at best, for each choice of its neighbours."""
        costs = self._costs[node]
        match list(edges.items()):
            case [(other, matrix)]:
                self.add_costs(other, (costs[:, None] + matrix).min(axis=0))
            case [(first, to_first), (second, to_second)]:
                both = costs[:, None, None] + to_first[:, :, None] + to_second[:, None, :]
                self.add_edge(first, second, both.min(axis=0))
            case _:
                pass

    def _decide(self, node: int, edges: dict[int, Costs]) -> int:
        """RN: the locally best choice, whose edges become costs of the neighbours."""
        costs = self._costs[node].copy()
        for other, matrix in edges.items():
            costs += (matrix + self._costs[other][None, :]).min(axis=1)
        choice = int(np.argmin(costs))
        for other, matrix in edges.items():
            self.add_costs(other, matrix[choice])
        return choice
