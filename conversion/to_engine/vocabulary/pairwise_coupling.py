"""
Probabilities of classes from those of all pairs of them.

T.-F. Wu, C.-J. Lin and R. C. Weng, "Probability Estimates for Multi-class Classification by
Pairwise Coupling" (JMLR 5, 2004), algorithm 2, with the stop of LIBSVM: at an error of 0.005 for
all classes together, and after 100 steps. A row that has stopped keeps its probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from xdsl.builder import ImplicitBuilder
from xdsl.dialects.builtin import f32
from xdsl.ir import Block, Region, SSAValue

from ....dialects.engine import ConcatOp, PadOp, RecurrenceOp, YieldOp
from ....dialects.engine.base import extents_of
from ....runtime.size import Extent, ceildiv, is_zero, numbers_of
from ..lowering import Lowering, NoNativeForm, attribute_of
from ..scalars import Numbers, absolute, fold_left, select

STEPS = 100
"""Most steps."""

ERROR = 0.005
"""The error at which a row stops, times the number of classes."""

ROWS_SIDE_BY_SIDE = 16
"""As many numbers of 32 bits as the widest vectors hold."""

MOST_CLASSES = 12
"""The step is code of the square of the number of classes."""

_N = Numbers(f32)


def coupled(lo: Lowering, pairs: SSAValue, classes: int) -> SSAValue:
    """
    The probabilities `[rows, classes]`; `pairs` `[rows, classes (classes - 1) / 2]` are those of
    the first of two classes when it is one of them, pairs in the order 01, 02, .., 12, ..

    Raises:
        NoNativeForm: for more than `MOST_CLASSES`.
    """
    if classes > MOST_CLASSES:
        raise NoNativeForm(f"with probabilities of {classes} classes, at most {MOST_CLASSES}")
    rows, pair_count = extents_of(pairs)
    [count] = numbers_of([pair_count])
    width = ROWS_SIDE_BY_SIDE
    if isinstance(rows, int):
        width = max(min(rows, ROWS_SIDE_BY_SIDE), 1)
    blocks = ceildiv(rows, width)
    side = (blocks, width)
    numbers = {"start": 1 / classes, "going": 0.0}
    start, going = (
        lo.broadcast(lo.constant(np.full((1, 1), number, np.float32), name), side)
        for name, number in numbers.items()
    )
    # A recurrence whose inputs and product are nothing: what remains are its states. Its units are
    # rows that have nothing to do with each other, which lie side by side in vectors.
    nothing = lo.broadcast(lo.constant(np.zeros((1, 1, 1), np.float32), "zero"), (STEPS, *side))
    weight = lo.constant(np.zeros((width, width), np.float32), "zero")
    block = Block(arg_types=[f32] * (2 + classes + 1 + count))
    with ImplicitBuilder(block):
        states, given = block.args[2 : 3 + classes], block.args[3 + classes :]
        YieldOp(*_step(states[:classes], states[classes], given))
    extras = _side_by_side(lo, pairs, side)
    steps = RecurrenceOp(nothing, weight, [*[start] * classes, going], Region(block), extras=extras)
    lo.emit(steps)
    columns = [lo.reshape(r, (1, blocks * width)) for r in steps.results[1 : 1 + classes]]
    found = lo.slice_axis(lo.emit(ConcatOp(columns, 0)), 1, 0, rows)
    return lo.transpose(found, (1, 0))


def _side_by_side(lo: Lowering, pairs: SSAValue, side: tuple[Extent, int]) -> list[SSAValue]:
    """The columns of `pairs` in the shape `side`, which may have room for a few rows more."""
    rows, pair_count = extents_of(pairs)
    [count] = numbers_of([pair_count])
    lines = lo.transpose(pairs, (1, 0))
    if not is_zero(rest := side[0] * side[1] - rows):
        even = attribute_of(0.5, f32)
        lines = lo.emit(PadOp(lines, [0, 0], [0, rest], even))
    return [lo.reshape(lo.slice_axis(lines, 0, at, 1), side) for at in range(count)]


def _quadratic(given: Sequence[SSAValue], classes: int) -> list[list[SSAValue]]:
    """The symmetric matrix whose quadratic form of the probabilities is to be least."""
    one = _N.number(1)
    first = dict(zip(combinations(range(classes), 2), given, strict=True))

    def r(i: int, j: int) -> SSAValue:
        return first[i, j] if i < j else _N.sub(one, first[j, i])

    def entry(i: int, j: int) -> SSAValue:
        if i != j:
            return _N.neg(_N.mul(r(j, i), r(i, j)))
        squares = [_N.mul(v, v) for v in (r(k, i) for k in range(classes) if k != i)]
        return fold_left(_N.add, squares)

    return [[entry(i, j) for j in range(classes)] for i in range(classes)]


def _step(p: Sequence[SSAValue], stopped: SSAValue, given: Sequence[SSAValue]) -> list[SSAValue]:
    """The probabilities after one step over all classes, and whether the row has stopped."""
    classes, one = len(p), _N.number(1)
    q = _quadratic(given, classes)
    along = [fold_left(_N.add, [_N.mul(a, b) for a, b in zip(row, p, strict=True)]) for row in q]
    form = fold_left(_N.add, [_N.mul(a, b) for a, b in zip(p, along, strict=True)])
    errors = [absolute(_N.sub(value, form)) for value in along]
    small = _N.compare("lt", fold_left(_N.maximum, errors), _N.number(ERROR / classes))
    stopped = select(small, one, stopped)
    new = list(p)
    for at in range(classes):
        diagonal = q[at][at]
        change = _N.div(_N.sub(form, along[at]), diagonal)
        shrink = _N.div(one, _N.add(one, change))
        twice = _N.mul(along[at], _N.number(2))
        gain = _N.mul(change, _N.add(_N.mul(change, diagonal), twice))
        form = _N.mul(_N.mul(_N.add(form, gain), shrink), shrink)
        new[at] = _N.add(new[at], change)
        along = [
            _N.mul(_N.add(value, _N.mul(change, q[at][j])), shrink) for j, value in enumerate(along)
        ]
        new = [_N.mul(value, shrink) for value in new]
    keeps = _N.compare("gt", stopped, _N.number(0))
    kept = [select(keeps, old, value) for old, value in zip(p, new, strict=True)]
    return [*kept, stopped]
