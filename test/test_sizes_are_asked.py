"""
Whether a size is 1 is asked by `is_one`.

`n == 1` reads as a question with two answers, and has three where `n` is a size by name: `is_one`
says which is meant, that it is known to be 1. Found are comparisons with 1 of what a function
takes from `extents_of` and its like: elements of such a tuple, loop variables over it, names that
it is unpacked to. Functions in which sizes are numbers take them from `shape_of`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

ROOMS = ("compiler", "conversion", "dialects", "interpreters", "ir", "kernels", "transforms")

SOURCES = frozenset(("extents_of", "physical_extents_of", "broadcast_extents", "inferred_shapes"))
"""Functions that give sizes, each of which may be one by name."""


def called(node: ast.expr) -> str:
    """The name of what a call calls, '' for anything else."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


class Extents:
    """Which names of a function are tuples of sizes, and which are sizes."""

    def __init__(self) -> None:
        self.tuples: set[str] = set()
        self.sizes: set[str] = set()

    def is_tuple(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            return self.is_tuple(node.value)
        return called(node) in SOURCES or (isinstance(node, ast.Name) and node.id in self.tuples)

    def is_size(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Subscript):
            return not isinstance(node.slice, ast.Slice) and self.is_tuple(node.value)
        return isinstance(node, ast.Name) and node.id in self.sizes

    def assign(self, target: ast.expr, value: ast.expr) -> None:
        """Learn from `target = value`."""
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, other in zip(target.elts, value.elts, strict=False):
                self.assign(one, other)
        elif isinstance(target, ast.Tuple | ast.List) and self.is_tuple(value):
            for part in target.elts:
                self._element(part)
        elif isinstance(target, ast.Name):
            if self.is_tuple(value):
                self.tuples.add(target.id)
            if self.is_size(value):
                self.sizes.add(target.id)

    def loop(self, target: ast.expr, over: ast.expr) -> None:
        """Learn from `for target in over`."""
        if self.is_tuple(over):
            self._element(target)
        elif isinstance(over, ast.Call) and isinstance(target, ast.Tuple):
            if called(over) == "enumerate" and self.is_tuple(over.args[0]):
                self._element(target.elts[1])
            elif called(over) == "zip":
                for part, source in zip(target.elts, over.args, strict=False):
                    self.loop(part, source)

    def _element(self, target: ast.expr) -> None:
        if isinstance(target, ast.Starred) and isinstance(target.value, ast.Name):
            self.tuples.add(target.value.id)
        elif isinstance(target, ast.Name):
            self.sizes.add(target.id)


def asked_by_number(source: str) -> Iterator[int]:
    """The lines that compare a size with the number 1."""
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef):
            continue
        known = Extents()
        nodes = list(ast.walk(function))
        for _ in range(2):  # what is learnt late may say more of what came before
            for node in nodes:
                if isinstance(node, ast.Assign):
                    for target in node.targets:
                        known.assign(target, node.value)
                elif isinstance(node, ast.For | ast.comprehension):
                    known.loop(node.target, node.iter)
        for node in nodes:
            if isinstance(node, ast.Compare):
                sides = [node.left, *node.comparators]
                equal = all(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops)
                ones = [s for s in sides if isinstance(s, ast.Constant) and s.value == 1]
                if equal and ones and any(known.is_size(s) for s in sides):
                    yield node.lineno


@pytest.mark.parametrize("room", ROOMS)
def test_no_size_is_compared_with_one(room: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / room).rglob("*.py"))
        for line in asked_by_number(path.read_text(encoding="utf-8"))
    ]
    assert found == [], "ask is_one(n)"


@pytest.mark.parametrize(
    "text",
    [
        "shape = extents_of(x)\n    return shape[0] == 1",
        "return [n for n in extents_of(x) if n != 1]",
        "for axis, n in enumerate(extents_of(x)[1:]):\n        a = 1 == n",
        "n, *rest = lo.extents_of(x)\n    return [m == 1 for m in rest], n",
        "a, b = 0, extents_of(x)\n    return [p for p, q in zip(b, a, strict=True) if p == 1]",
    ],
)
def test_such_a_comparison_is_found(text: str) -> None:
    assert list(asked_by_number(f"def f(x):\n    {text}\n"))


@pytest.mark.parametrize(
    "text",
    [
        "shape = shape_of(x)\n    return shape[0] == 1",
        "shape = extents_of(x)\n    return len(shape) == 1",
        "shape = extents_of(x)\n    return is_one(shape[0]) or shape[0] == shape[1]",
        "for axis, n in enumerate(extents_of(x)):\n        a = axis == 1",
        "strides = stride_extents_of(x)\n    return strides[-1] == 1",
    ],
)
def test_others_are_not(text: str) -> None:
    assert not list(asked_by_number(f"def f(x):\n    {text}\n"))
