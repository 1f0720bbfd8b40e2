"""
Which operators of torch give views of their operand, and what a write into a view does to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Protocol, cast

from xdsl.ir import Attribute, SSAValue

from ...dialects.framework import dims_of
from ...dialects.torch import Given
from ...runtime.size import Extent, is_one, product_of, same
from .program import TensorMeta


class NotWritableError(ValueError):
    """A write into a view that has no form without memory that is shared."""


class Emit(Protocol):
    """Appends an operation of an operator; its results."""

    def __call__(
        self, operator: str, arguments: Mapping[str, Given], types: Sequence[Attribute | None]
    ) -> Sequence[SSAValue]: ...


@dataclass(frozen=True)
class View:
    """A node that gives a view, or several."""

    operator: str
    """Without its namespace and overload: `slice`."""
    arguments: Mapping[str, Given]
    """All but its operand."""
    at: int
    """Which of its results is meant."""
    parts: Sequence[TensorMeta]
    """The types of all of its results."""


Backward = Callable[[Emit, View, SSAValue, SSAValue], SSAValue]


def written_back(emit: Emit, view: View, whole: SSAValue, new: SSAValue) -> SSAValue:
    """
    The whole with a new value of a view of it.

    Raises:
        NotWritableError: for a view that shows an element twice, or reinterprets bytes.
    """
    backward = _BACKWARD.get(view.operator)
    if backward is None:
        raise NotWritableError(f"changes in place what {view.operator} gives, which is a view")
    return backward(emit, view, whole, new)


def _scattered(
    emit: Emit, operator: str, whole: SSAValue, new: SSAValue, **more: Given
) -> SSAValue:
    arguments: dict[str, Given] = {"self": whole, "src": new, **more}
    return emit(f"aten.{operator}.default", arguments, [whole.type])[0]


def _slice(emit: Emit, view: View, whole: SSAValue, new: SSAValue) -> SSAValue:
    return _scattered(emit, "slice_scatter", whole, new, **view.arguments)


def _select(emit: Emit, view: View, whole: SSAValue, new: SSAValue) -> SSAValue:
    return _scattered(emit, "select_scatter", whole, new, **view.arguments)


def _diagonal(emit: Emit, view: View, whole: SSAValue, new: SSAValue) -> SSAValue:
    return _scattered(emit, "diagonal_scatter", whole, new, **view.arguments)


def _narrow(emit: Emit, view: View, whole: SSAValue, new: SSAValue) -> SSAValue:
    start, length = view.arguments.get("start"), view.arguments.get("length")
    if not isinstance(start, int) or not isinstance(length, int):
        raise NotWritableError("changes in place a part of a tensor at a place that the data says")
    end = start + length if start >= 0 or start + length < 0 else 2**63 - 1
    dim = view.arguments.get("dim", 0)
    return _scattered(emit, "slice_scatter", whole, new, dim=dim, start=start, end=end)


def _unbound(emit: Emit, view: View, whole: SSAValue, new: SSAValue) -> SSAValue:
    dim = view.arguments.get("dim", 0)
    return _scattered(emit, "select_scatter", whole, new, dim=dim, index=view.at)


def _part(emit: Emit, view: View, whole: SSAValue, new: SSAValue) -> SSAValue:
    """One of the parts that a tensor is split into."""
    dim = view.arguments.get("dim", 0)
    lengths = [meta.sizes[dim] for meta in view.parts] if isinstance(dim, int) else []
    known = [n for n in lengths[: view.at + 1] if isinstance(n, int)]
    if len(known) != view.at + 1:
        raise NotWritableError("changes in place a part of a tensor whose place is no number")
    start = sum(known[:-1])
    return _scattered(
        emit, "slice_scatter", whole, new, dim=dim, start=start, end=start + known[-1]
    )


def _reshaped(emit: Emit, view: View, whole: SSAValue, new: SSAValue) -> SSAValue:
    """The elements in the same order, in the shape of the whole."""
    del view
    return reshaped(emit, new, whole)


def reshaped(emit: Emit, value: SSAValue, like: SSAValue) -> SSAValue:
    """The elements of a value in the shape of another."""
    dims = dims_of(like.type) or ()
    if all(isinstance(n, int) for n in dims):
        sizes: list[int] = cast("list[int]", list(dims))
        return emit("aten.view.default", {"self": value, "size": sizes}, [like.type])[0]
    return emit("aten.view_as.default", {"self": value, "other": like}, [like.type])[0]


def _transposed(emit: Emit, view: View, whole: SSAValue, new: SSAValue) -> SSAValue:
    names = {"swapaxes": ("axis0", "axis1")}.get(view.operator, ("dim0", "dim1"))
    dims = [view.arguments[name] for name in names] if view.operator != "t" else [0, 1]
    if view.operator == "t" and len(dims_of(whole.type) or ()) < 2:
        return new
    arguments: dict[str, Given] = {"self": new, "dim0": dims[0], "dim1": dims[1]}
    return emit("aten.transpose.int", arguments, [whole.type])[0]


def _permuted(emit: Emit, view: View, whole: SSAValue, new: SSAValue) -> SSAValue:
    dims = cast("list[int]", view.arguments["dims"])
    rank = len(dims)
    order = [dim % rank for dim in dims]
    back = [order.index(at) for at in range(rank)]
    return emit("aten.permute.default", {"self": new, "dims": back}, [whole.type])[0]


def _moved(emit: Emit, view: View, whole: SSAValue, new: SSAValue) -> SSAValue:
    """Dimensions back where they were."""
    names = ("destination", "source")
    arguments: dict[str, Given] = {"self": new}
    given = [view.arguments[name] for name in names]
    overload = "int" if isinstance(given[0], int) else "intlist"
    arguments |= dict(zip(("source", "destination"), given, strict=True))
    return emit(f"aten.movedim.{overload}", arguments, [whole.type])[0]


def _reversed(emit: Emit, view: View, whole: SSAValue, new: SSAValue) -> SSAValue:
    """All dimensions, or the last two, in the order that they had."""
    rank = len(dims_of(whole.type) or ())
    last_two = [*range(rank - 2), rank - 1, rank - 2]
    back = list(range(rank))[::-1] if view.operator == "numpy_T" else last_two
    if rank < 2:
        return new
    return emit("aten.permute.default", {"self": new, "dims": back}, [whole.type])[0]


def _strided(emit: Emit, view: View, whole: SSAValue, new: SSAValue) -> SSAValue:
    """Elements at places of the memory; of one that is written twice it is not known which stays.

    The whole lies densely: places are those of its elements.
    """
    return _scattered(emit, "as_strided_scatter", whole, new, **view.arguments)


def _unfolded(emit: Emit, view: View, whole: SSAValue, new: SSAValue) -> SSAValue:
    """Windows beside each other, by the places of their elements in the memory."""
    dims, shown = dims_of(whole.type) or (), dims_of(new.type) or ()
    sizes = [n for n in dims if isinstance(n, int)]
    axis, size, step = (view.arguments.get(n) for n in ("dimension", "size", "step"))
    if not isinstance(axis, int) or not isinstance(size, int) or not isinstance(step, int):
        raise NotWritableError("changes in place windows of a size that the data says")
    if step < size:
        raise NotWritableError("changes in place what unfold gives, which repeats")
    if len(sizes) < len(dims) or not sizes or not all(isinstance(n, int) for n in shown):
        raise NotWritableError("changes in place windows of a tensor of open sizes")
    strides = [prod(sizes[at + 1 :]) for at in range(len(sizes))]
    last = strides[axis]
    strides[axis] *= step
    places: dict[str, Given] = {"size": [*cast("list[int]", shown)], "stride": [*strides, last]}
    return _scattered(emit, "as_strided_scatter", whole, new, **places)


def _repeated(emit: Emit, view: View, whole: SSAValue, new: SSAValue) -> SSAValue:
    """What repeats nothing has the elements in their order."""
    dims = [dims_of(value.type) or () for value in (whole, new)]
    counts = [product_of(n for n in sizes if n is not None) for sizes in dims]
    if None in (*dims[0], *dims[1]) or same(*counts) is not True:
        raise NotWritableError(f"changes in place what {view.operator} gives, which repeats")
    return reshaped(emit, new, whole)


_BACKWARD: dict[str, Backward] = {
    "slice": _slice,
    "select": _select,
    "diagonal": _diagonal,
    "narrow": _narrow,
    "unbind": _unbound,
    **dict.fromkeys(("split", "split_with_sizes", "chunk", "tensor_split"), _part),
    **dict.fromkeys(("view", "_unsafe_view", "view_as", "reshape", "reshape_as"), _reshaped),
    **dict.fromkeys(("unsqueeze", "squeeze", "flatten", "unflatten"), _reshaped),
    **dict.fromkeys(("transpose", "swapaxes", "swapdims", "t"), _transposed),
    "permute": _permuted,
    "as_strided": _strided,
    "unfold": _unfolded,
    **dict.fromkeys(("movedim", "moveaxis"), _moved),
    **dict.fromkeys(("numpy_T", "matrix_H", "mT", "mH", "adjoint"), _reversed),
    **dict.fromkeys(("expand", "expand_as", "broadcast_to"), _repeated),
}

_VIEWS = frozenset(
    (
        *_BACKWARD,
        *("hsplit", "vsplit", "dsplit", "real", "imag"),
        *("view_as_real", "view_as_complex"),
    )
) - {"_unsafe_view"}

_PERHAPS = frozenset(("reshape", "reshape_as", "flatten"))
"""What gives a view where the strides allow it, and a copy elsewhere."""


def is_view(operator: str, overload: str, operand: TensorMeta, result: TensorMeta) -> bool:
    """Whether an operator gives a view of its operand; both types say how they lie in memory."""
    if operator == "view" and overload == "dtype":
        return True
    if operator not in _VIEWS:
        return False
    return operator not in _PERHAPS or _keeps_order(operand, result)


def _keeps_order(operand: TensorMeta, result: TensorMeta) -> bool:
    """
    Whether elements in another shape can lie where they lie; unknown sizes are taken to be unlike.

    They can where runs of dimensions that are dense within the operand are cut and joined alone.
    """
    if lies_densely(operand):
        return True
    cuts = _run_sizes(operand)
    at, sizes = 0, list(result.sizes)
    for run in cuts:
        found: list[Extent] = []
        while at < len(sizes) and same(product_of(found), run) is not True:
            size = sizes[at]
            if size is None:
                return False
            found.append(size)
            at += 1
        if same(product_of(found), run) is not True:
            return False
    return all(size is not None and is_one(size) for size in sizes[at:])


def _run_sizes(meta: TensorMeta) -> list[Extent]:
    """How many elements each run of dimensions has that is dense in itself."""
    runs: list[Extent] = []
    expected: Extent | None = None
    for size, stride in zip(reversed(meta.sizes), reversed(meta.strides), strict=True):
        if size is None or stride is None:
            return [-1]
        if is_one(size):
            continue
        if expected is not None and same(stride, expected) is True:
            runs[-1] = product_of([runs[-1], size])
        else:
            runs.append(size)
        expected = product_of([stride, size])
    return runs[::-1]


def lies_densely(meta: TensorMeta) -> bool:
    """Whether a tensor lies in row-major order without gaps."""
    expected: Extent = 1
    for size, stride in zip(reversed(meta.sizes), reversed(meta.strides), strict=True):
        if size is None or stride is None:
            return False
        if not is_one(size) and same(stride, expected) is not True:
            return False
        expected = product_of([expected, size])
    return True
