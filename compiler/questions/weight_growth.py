"""The weights of a program, and what makes them larger than those of the model."""

from __future__ import annotations

from math import prod
from typing import TypedDict

from xdsl.dialects import func
from xdsl.ir import Attribute

from ...dialects.engine import ConstantOp, WeightAttr
from ...dialects.engine.base import element_of, nbytes_of, shape_of
from ...dialects.engine.constant import constant_of
from ...dialects.engine.loop import in_line
from ...dialects.engine.weights import ConstantAttr, WeightStore, dtype_of

WINOGRAD = "winograd-4x4-3x3"


class WeightAnswer(TypedDict):
    """
    Bytes of all weights of a program and of those parts of them: as large as in the model, filters
    of Winograd's algorithm, the same numbers again in another layout, wider elements than those
    they are computed from, and what fills up whole blocks of a layout.
    """

    bytes: int
    model: int
    winograd: int
    second_layout: int
    wider: int
    padding: int


def weights_of(main: func.FuncOp, store: WeightStore) -> WeightAnswer:
    """Those of a function at level 3."""
    found = WeightAnswer(bytes=0, model=0, winograd=0, second_layout=0, wider=0, padding=0)
    seen: set[tuple[Attribute, Attribute]] = set()
    values: set[ConstantAttr] = set()
    for op in in_line(main.body.block):
        if not isinstance(op, ConstantOp) or (op.value, op.res.type) in seen:
            continue
        seen.add((op.value, op.res.type))
        attr = constant_of(op.res)
        assert attr is not None
        stored, plain = nbytes_of(op.res), _plain_bytes(attr)
        found["bytes"] += stored
        if isinstance(attr, WeightAttr) and store.kind_of(attr) == WINOGRAD:
            found["winograd"] += stored
            continue
        source = _source_of(attr, store)
        if source in values:
            found["second_layout"] += stored
            continue
        values.add(source)
        held = min(plain, _plain_bytes(source))
        found["model"] += held
        found["wider"] += plain - held
        found["padding"] += stored - plain
    return found


def _plain_bytes(attr: ConstantAttr) -> int:
    """The bytes of the numbers of a constant, in rows."""
    return prod(shape_of(attr.type)) * dtype_of(element_of(attr.type)).itemsize


def _source_of(attr: ConstantAttr, store: WeightStore) -> ConstantAttr:
    """What the numbers of a constant are computed from, element for element, if they are."""
    count = prod(shape_of(attr.type))
    while isinstance(attr, WeightAttr):
        like = [i for i in store.inputs_of(attr) if prod(shape_of(i.type)) == count]
        if not like:
            break
        attr = like[0]
    return attr
