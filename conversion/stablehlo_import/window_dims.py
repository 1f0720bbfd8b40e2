"""The sizes of results of windows over tensors: convolutions and reductions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xdsl.dialects.builtin import DenseIntOrFPElementsAttr
from xdsl.ir import Attribute

from ...dialects.framework import Dim, dims_of
from ...dialects.framework.fit import Dims, differ, refuse, require_count, shown
from ...dialects.stablehlo.convolution_numbers import ConvDimensionNumbersAttr
from ...runtime.size import Extent
from .dim_rules import Rule, Sizes


def window_extent(
    size: Dim, kernel: Dim, stride: int, pads: tuple[Extent, Extent], base: int, dilation: int
) -> Dim:
    """The number of places of a window over a dimension."""
    if size is None or kernel is None:
        return None
    whole = size if base == 1 else (size - 1) * base + 1
    if isinstance(size, int) and size == 0:
        whole = 0
    padded = whole + pads[0] + pads[1]
    reach = (kernel - 1) * dilation + 1
    if isinstance(padded, int) and isinstance(reach, int) and (padded == 0 or reach > padded):
        return 0
    span = padded - reach
    return (span if stride == 1 else span // stride) + 1


def pairs_of(attribute: Attribute | None, rank: int) -> list[tuple[int, int]]:
    """The pads of each dimension; zeros where there are none."""
    if not isinstance(attribute, DenseIntOrFPElementsAttr):
        return [(0, 0)] * rank
    numbers = list(cast("Sequence[int]", attribute.get_values()))
    if len(numbers) != 2 * rank:
        refuse(f"padding has {len(numbers)} numbers; expected two for each of {rank} dimensions")
    return [(numbers[2 * at], numbers[2 * at + 1]) for at in range(rank)]


def list_or_ones(s: Sizes, name: str, rank: int) -> list[int]:
    """A list of integers of 1 or more, ones where it is absent."""
    found = s.integers(name) if name in s.op.properties else [1] * rank
    require_count(found, rank, name, "one for each dimension")
    if min(found, default=1) < 1:
        refuse(f"{name} has {min(found)}; expected 1 or more")
    return found


def _convolution(s: Sizes) -> list[Dims | None]:
    x, w = s.dims(0), s.dims(1)
    numbers = s.op.properties["dimension_numbers"]
    if not isinstance(numbers, ConvDimensionNumbersAttr):
        refuse("dimension_numbers is not #stablehlo.conv")
    if len(x) != len(w) or len(numbers.input.data) != len(x):
        refuse(f"operands of shapes {shown(x)} and {shown(w)} by {numbers.text}")
    rank = len(x) - 2
    x_order, w_order = numbers.order("input"), numbers.order("kernel")
    batch, features = x[x_order[0]], x[x_order[1]]
    kernels, inner = w[w_order[0]], w[w_order[1]]
    groups, batches = s.integer("feature_group_count"), s.integer("batch_group_count")
    if groups < 1 or batches < 1:
        refuse("feature_group_count and batch_group_count must be 1 or more")
    if isinstance(inner, int) and differ(features, inner * groups):
        refuse(f"the filter has {inner} features in each of {groups} groups, the input {features}")
    if isinstance(kernels, int) and (kernels % groups or kernels % batches):
        refuse(f"{kernels} filters cannot be divided into {groups * batches} groups")
    strides, base, dilations = (
        list_or_ones(s, name, rank) for name in ("window_strides", "lhs_dilation", "rhs_dilation")
    )
    if s.op.name == "stablehlo.dynamic_conv":
        known = s.elements(s.op.operands[2])
        return [dims_of(s.op.results[0].type) if known is None else None]
    pads = pairs_of(s.op.properties.get("padding"), rank)
    sizes, kernel = [x[a] for a in x_order[2:]], [w[b] for b in w_order[2:]]
    spatial = [
        window_extent(n, k, stride, pad, lhs, rhs)
        for n, k, stride, pad, lhs, rhs in zip(
            sizes, kernel, strides, pads, base, dilations, strict=True
        )
    ]
    result: list[Dim] = [None] * len(x)
    found = (batch if batches == 1 or batch is None else batch // batches, kernels, *spatial)
    for at, size in zip(numbers.order("output"), found, strict=True):
        result[at] = size
    return [tuple(result)]


def _reduce_window(s: Sizes) -> list[Dims | None]:
    count = len(s.op.operands) // 2
    dims = s.same(*(s.dims(at) for at in range(count)))
    rank = len(dims)
    window, strides, base, dilations = (
        list_or_ones(s, name, rank)
        for name in ("window_dimensions", "window_strides", "base_dilations", "window_dilations")
    )
    pads = pairs_of(s.op.properties.get("padding"), rank)
    result = tuple(
        window_extent(size, *rest)
        for size, *rest in zip(dims, window, strides, pads, base, dilations, strict=True)
    )
    return [result] * count


def _dynamic_reduce_window(s: Sizes) -> list[Dims | None]:
    dims = s.dims(0)
    rank = len(dims)
    lists = [s.table(s.op.operands[at]) for at in range(2, 7)]
    if any(found is None for found in lists):
        return [None]
    window, strides, base, dilations, pads = (list(found or ()) for found in lists)
    names = ("window_dimensions", "window_strides", "base_dilations", "window_dilations")
    for name, given in zip(names, (window, strides, base, dilations), strict=True):
        require_count(given, rank, name, "one for each dimension")
    require_count(pads, 2 * rank, "padding", "two for each dimension")
    result: list[Dim] = []
    for at, size in enumerate(dims):
        before, behind = pads[2 * at : 2 * at + 2]
        steps = strides[at], base[at], dilations[at]
        if before is None or behind is None or not all(isinstance(n, int) for n in steps):
            result.append(None)
            continue
        stride, apart, dilation = (int(str(n)) for n in steps)
        if min(stride, apart, dilation) < 1:
            refuse(f"a window steps by {stride}, {apart} and {dilation}; expected 1 or more")
        result.append(window_extent(size, window[at], stride, (before, behind), apart, dilation))
    return [tuple(result)]


WINDOWS: dict[str, Rule] = {
    "convolution": _convolution,
    "dynamic_conv": _convolution,
    "dynamic_reduce_window": _dynamic_reduce_window,
    "reduce_window": _reduce_window,
}
