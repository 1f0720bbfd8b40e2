"""
The dominator tree of a region: which blocks every way to a block goes through.

Lengauer and Tarjan, "A Fast Algorithm for Finding Dominators in a Flowgraph" (1979), the variant
with path compression alone: O(m log n) for n blocks and m branches, whatever the graph.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from xdsl.ir import Block


def dominator_tree(entry: Block) -> dict[Block, list[Block]]:
    """Blocks reachable from `entry`, each with the blocks it immediately dominates."""
    search = _Search.of(entry)
    dominators = _immediate_dominators(search)
    tree: dict[Block, list[Block]] = {block: [] for block in search.blocks}
    for number in range(1, len(search.blocks)):
        tree[search.blocks[dominators[number]]].append(search.blocks[number])
    return tree


@dataclass
class _Search:
    """A depth-first search: blocks in the order they are found, each with the number of the one
    it was found from, and with its predecessors."""

    blocks: list[Block]
    parents: list[int]
    predecessors: list[list[int]]

    @staticmethod
    def of(entry: Block) -> _Search:
        numbers: dict[Block, int] = {}
        search = _Search([], [], [])
        waiting = [(entry, 0)]
        while waiting:
            block, parent = waiting.pop()
            if block in numbers:
                continue
            number = numbers[block] = len(search.blocks)
            search.blocks.append(block)
            search.parents.append(parent)
            waiting += [(after, number) for after in reversed(_successors(block))]
        search.predecessors = [[] for _ in search.blocks]
        for number, block in enumerate(search.blocks):
            for after in _successors(block):
                search.predecessors[numbers[after]].append(number)
        return search


@dataclass
class _Forest:
    """The part of the search tree seen so far; `best` finds the block with the least
    semidominator on the way up."""

    semidominators: list[int]
    ancestors: list[int]
    labels: list[int] = field(default_factory=list[int])

    def best(self, node: int) -> int:
        ancestors, labels, semidominators = self.ancestors, self.labels, self.semidominators
        if ancestors[node] < 0:
            return labels[node]
        path: list[int] = []
        while ancestors[ancestors[node]] >= 0:
            path.append(node)
            node = ancestors[node]
        bottom = path[0] if path else node
        while path:
            at = path.pop()
            above = ancestors[at]
            if semidominators[labels[above]] < semidominators[labels[at]]:
                labels[at] = labels[above]
            ancestors[at] = ancestors[above]
        return labels[bottom]


def _immediate_dominators(search: _Search) -> list[int]:
    """The number of each block's immediate dominator; the entry has itself."""
    count = len(search.blocks)
    forest = _Forest([*range(count)], [-1] * count, [*range(count)])
    semidominators = forest.semidominators
    dominators = [0] * count
    buckets: list[list[int]] = [[] for _ in range(count)]
    for number in range(count - 1, 0, -1):
        parent = search.parents[number]
        for predecessor in search.predecessors[number]:
            least = semidominators[forest.best(predecessor)]
            semidominators[number] = min(semidominators[number], least)
        buckets[semidominators[number]].append(number)
        forest.ancestors[number] = parent
        for waiting in buckets[parent]:
            best = forest.best(waiting)
            same = semidominators[best] == semidominators[waiting]
            dominators[waiting] = parent if same else best
        buckets[parent].clear()
    for number in range(1, count):
        if dominators[number] != semidominators[number]:
            dominators[number] = dominators[dominators[number]]
    return dominators


def _successors(block: Block) -> tuple[Block, ...]:
    last = block.last_op
    return () if last is None else tuple(last.successors)
