"""
`expand-transposed-conv`: transposed convolutions as what has a fast kernel.

Output position `j * s + r` is a sum over the taps `q * s + r` and the inputs `j - q`, so each of
the `s` phases `r` is a convolution with the taps of that phase, reversed. Where output channels
fill vectors, one kernel computes phase after phase and interleaves what it writes; all it asks
for is an input without borders and a kernel of whole phases:

    conv_transpose{strides=s, pads=p}(x, w) => crop(conv_transpose{pads=p+s*h}(pad{h}(x), pad(w)))

With few output channels, or groups, one convolution with the phases as output channels computes
them all, and a transpose interleaves them:

    conv_transpose{strides=s}(x, w) => crop(interleave(conv{strides=1}(x, phases of w)))

An input of one pixel is a product with the weight as it is:

    conv_transpose(x: [N, C, 1, 1], w) => crop(reshape(matmul(x, w)))

Exactness: `rounding`. Source: Shi et al., "Is the deconvolution layer the same as a convolutional
layer?" (2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import cast

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import AnyFloat, Float32Type, Float64Type, FloatAttr, ModuleOp
from xdsl.ir import Attribute, Operation, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from ..conversion.target import Target
from ..dialects.engine import (
    ConstantOp,
    ConvOp,
    ConvTransposeOp,
    MatmulOp,
    PadOp,
    ReshapeOp,
    SliceOp,
    TransposeOp,
)
from ..dialects.engine.base import carry_provenance, element_of, shape_of, static, tensor
from ..dialects.engine.constant import constant_of
from ..dialects.engine.weights import Array, WeightStore, weight_store

MOST_WORK = 8
"""
How many times the multiply-adds a convolution may take: its kernel is more than that much faster
than the general one for transposed convolutions (1 to 2 multiply-adds a cycle).
"""

LESS_MOVED = 1.3
"""How much more work phase after phase may be, for the interleaving that it saves."""


@dataclass(frozen=True)
class ExpandTransposedConvPass(ModulePass):
    """Replace transposed convolutions by convolutions and data movement where that is faster."""

    name = "expand-transposed-conv"
    exactness: str = "rounding"
    target: str = "native"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if self.exactness == "bitwise":
            return
        store, target = weight_store(ctx), Target.parse(self.target)
        for conv in list(op.walk()):
            if isinstance(conv, ConvTransposeOp) and conv.results and is_suitable(conv):
                _Expansion(conv, store, target).replace()


def is_suitable(conv: ConvTransposeOp) -> bool:
    """Floats, a constant weight, no dilation, no negative pads, and an epilogue by channel."""
    return (
        isinstance(element_of(conv.input), AnyFloat)
        and constant_of(conv.weight) is not None
        and static(shape_of(conv.input))
        and 0 not in shape_of(conv.input)
        and min(conv.inferred_shapes()[0]) > 0
        and set(conv.window("dilations")) == {1}
        and min(conv.window("pads")) >= 0
        and all(_is_by_channel(conv, extra) for extra in conv.extras)
    )


def _is_by_channel(conv: ConvTransposeOp, extra: SSAValue) -> bool:
    """Whether an epilogue operand is one number, or a constant number for each channel."""
    shape = shape_of(extra)
    if prod(shape) == 1:
        return True
    channel = len(shape) - conv.spatial_rank - 1
    return channel >= 0 and prod(shape) == shape[channel] and constant_of(extra) is not None


@dataclass(frozen=True)
class Phases:
    """One spatial dimension: phases, taps of each, and the positions that are computed."""

    stride: int
    taps: int
    pad_low: int
    pad_high: int
    positions: int
    start: int
    """Where the result starts in the interleaved positions."""

    @staticmethod
    def of(size: int, kernel: int, stride: int, low: int, extent: int) -> Phases:
        """
        For an input of `size` and a result of `extent` that starts `low` into the full one.

        Taps are filled up with zeros so that the phases cover the result, which output padding
        can make longer than what the kernel reaches.
        """
        reach = max(kernel, low + extent - (size - 1) * stride)
        taps = -(-reach // stride)
        first = min(low // stride, taps - 1)
        last = (low + extent - 1) // stride
        positions = last - first + 1
        pad_low = taps - 1 - first
        pad_high = max(0, positions + taps - 1 - size - pad_low)
        positions = size + pad_low + pad_high - taps + 1
        return Phases(stride, taps, pad_low, pad_high, positions, low - first * stride)


@dataclass(frozen=True)
class WholePhases:
    """
    One spatial dimension widened until no phase has a border: zeros around the input, taps of
    zeros behind the kernel, `steps` results of each phase.
    """

    stride: int
    taps: int
    low: int
    high: int
    crop: int
    steps: int
    crop_end: int

    @staticmethod
    def of(size: int, kernel: int, stride: int, crop: int, extent: int) -> WholePhases:
        """For an input of `size` and a result of `extent` that starts `crop` into the full one."""
        taps, steps = -(-kernel // stride), -(-extent // stride)
        low = max(0, taps - 1 - crop // stride)
        crop += low * stride
        high = max(0, (stride - 1 + crop) // stride + steps - size - low)
        end = (low + size + high - 1 + taps - steps) * stride - crop
        return WholePhases(stride, taps, low, high, crop, steps, end)


def fill_up_taps(w: Array, *, kernel: Sequence[int]) -> Array:
    """`[C, O, kernel...]` with zeros behind the taps of each dimension."""
    behind = [(0, n - m) for n, m in zip(kernel, w.shape[2:], strict=True)]
    return np.pad(w, [(0, 0), (0, 0), *behind])


def phase_weight(w: Array, *, groups: int, phases: Sequence[Phases]) -> Array:
    """
    `[C, O/groups, kernel...]` as the weight of all phases, `[groups, phases..., O/groups]` flat
    by `C/groups` by the reversed taps of a phase.
    """
    rank = len(phases)
    channels, outputs = w.shape[:2]
    pads = [(0, p.taps * p.stride - n) for p, n in zip(phases, w.shape[2:], strict=True)]
    padded = np.pad(w, [(0, 0), (0, 0), *pads])
    cut = [n for p in phases for n in (p.taps, p.stride)]
    split = padded.reshape(groups, channels // groups, outputs, *cut)
    taps, strides = range(3, 3 + 2 * rank, 2), range(4, 4 + 2 * rank, 2)
    moved = np.flip(split, tuple(taps)).transpose(0, *strides, 2, 1, *taps)
    copies = prod(p.stride for p in phases)
    return np.ascontiguousarray(
        moved.reshape(groups * copies * outputs, channels // groups, *(p.taps for p in phases))
    )


def repeat_channels(values: Array, *, groups: int, copies: int) -> Array:
    """A value per output channel as one per channel of the convolution of all phases."""
    by_group = values.reshape(groups, 1, -1)
    return np.repeat(by_group, copies, axis=1).reshape(-1)


def flat_weight(w: Array) -> Array:
    """`[C, O, kernel...]` as a matrix `[C, O * kernel]`."""
    return np.ascontiguousarray(w.reshape(w.shape[0], -1))


def repeat_pixels(values: Array, *, pixels: int) -> Array:
    """A value per output channel as one per column of `flat_weight`."""
    return np.repeat(values.reshape(-1), pixels)


class _Expansion:
    """Builds what replaces one operation before it."""

    def __init__(self, conv: ConvTransposeOp, store: WeightStore, target: Target):
        self.conv = conv
        self.store = store
        self.target = target
        self.built: list[Operation] = []
        [self.result] = conv.inferred_shapes()

    def replace(self) -> None:
        conv = self.conv
        pixel = (
            prod(shape_of(conv.input)[2:]) == 1
            and conv.group_count == 1
            and not any(conv.window("output_padding"))
        )
        whole = self._whole_phases()
        if pixel:
            last = self._product()
        elif self._fills_vectors(whole):
            last = self._without_borders(whole)
        else:
            last = self._convolution()
        if last is None:
            return
        carry_provenance(
            [conv], [op for op in self.built if not isinstance(op, ConstantOp)], self.rewrite
        )
        last.name_hint = conv.results[0].name_hint
        for op in self.built:
            Rewriter.insert_op(op, InsertPoint.before(conv))
        Rewriter.replace_op(conv, [], [last])

    rewrite = ExpandTransposedConvPass.name

    def _add(self, op: Operation) -> SSAValue:
        self.built.append(op)
        return op.results[0]

    def _epilogue(self) -> Region | None:
        region = self.conv.epilogue
        return region.clone() if region is not None else None

    def _crop(self, value: SSAValue, starts: Sequence[int]) -> SSAValue:
        if shape_of(value) == self.result:
            return value
        return self._add(SliceOp(value, [0, 0, *starts], list(self.result)))

    def _constant(
        self, value: SSAValue, kind: str, compute: partial[Array], shape: Sequence[int]
    ) -> SSAValue:
        attr = constant_of(value)
        assert attr is not None
        kind = f"{kind}:{sorted(compute.keywords.items())}"
        name = value.name_hint or "weight"
        derived = self.store.derive(
            kind, compute, [attr], tensor(tuple(shape), element_of(value)), name
        )
        constant = self._add(ConstantOp(derived))
        constant.name_hint = value.name_hint
        return constant

    def _result_element(self) -> Attribute:
        return element_of(self.conv.results[0])

    def _dims(self) -> list[tuple[int, int, int, int, int]]:
        """(input size, kernel, stride, crop at the start, result size) of each dimension."""
        conv, rank = self.conv, self.conv.spatial_rank
        size, low = shape_of(conv.input)[2:], conv.window("pads")[:rank]
        return list(
            zip(size, conv.kernel, conv.window("strides"), low, self.result[2:], strict=True)
        )

    def _whole_phases(self) -> list[WholePhases]:
        return [WholePhases.of(*dim) for dim in self._dims()]

    def _fills_vectors(self, whole: Sequence[WholePhases]) -> bool:
        """Whether phase after phase is no more work than all phases as channels."""
        conv, element = self.conv, element_of(self.conv.input)
        steps = conv.window("strides")
        if (
            conv.group_count > 1
            or conv.spatial_rank > 2
            or prod(steps) == 1
            or not isinstance(element, Float32Type | Float64Type)
        ):
            return False
        lanes, outputs = self.target.lanes(element), self.result[1]
        if lanes == 1 or conv.flops() * MOST_WORK < self._whole_flops(whole):
            return False
        phases = [Phases.of(*dim) for dim in self._dims()]
        alone = prod(p.steps * p.stride for p in whole) * -(-outputs // lanes)
        together = prod(p.positions for p in phases) * -(-outputs * prod(steps) // lanes)
        return alone <= LESS_MOVED * together

    def _whole_flops(self, whole: Sequence[WholePhases]) -> int:
        channels = shape_of(self.conv.input)[1]
        results = prod(self.result[:2]) * prod(p.steps * p.stride for p in whole)
        return 2 * channels * results * prod(p.taps for p in whole)

    def _without_borders(self, whole: Sequence[WholePhases]) -> SSAValue:
        conv, element = self.conv, element_of(self.conv.input)
        rank, kernel = conv.spatial_rank, [p.taps * p.stride for p in whole]
        source, weight = conv.input, conv.weight
        low, high = [p.low for p in whole], [p.high for p in whole]
        if any(low) or any(high):
            zero = FloatAttr(0.0, cast(AnyFloat, element))
            source = self._add(PadOp(source, [0, 0, *low], [0, 0, *high], zero))
        if kernel != list(conv.kernel):
            shape = (*shape_of(weight)[:2], *kernel)
            compute = partial(fill_up_taps, kernel=tuple(kernel))
            weight = self._constant(weight, "fill-up-taps", compute, shape)
        spatial = [p.steps * p.stride for p in whole]
        value = self._add(
            ConvTransposeOp(
                source,
                weight,
                tensor((*self.result[:2], *spatial), self._result_element()),
                strides=conv.window("strides"),
                pads=[*(p.crop for p in whole), *(p.crop_end for p in whole)],
                dilations=[1] * rank,
                output_padding=[0] * rank,
                extras=list(conv.extras),
                epilogue=self._epilogue(),
            )
        )
        return self._crop(value, [0] * rank)

    def _convolution(self) -> SSAValue | None:
        conv, groups = self.conv, self.conv.group_count
        rank, steps = conv.spatial_rank, conv.window("strides")
        phases = [Phases.of(*dim) for dim in self._dims()]
        copies = prod(steps)
        batch, outputs = self.result[:2]
        positions = [p.positions for p in phases]
        depth = shape_of(conv.input)[1] // groups
        shape = (copies * outputs, depth, *(p.taps for p in phases))
        work = 2 * batch * prod(positions) * prod(shape)
        if work > MOST_WORK * conv.flops():
            return None
        weight = self._constant(
            conv.weight,
            "phases-of-conv-transpose",
            partial(phase_weight, groups=groups, phases=phases),
            shape,
        )
        extras = [self._by_phase(extra, copies) for extra in conv.extras]
        value = self._add(
            ConvOp(
                conv.input,
                weight,
                tensor((batch, copies * outputs, *positions), self._result_element()),
                strides=[1] * rank,
                pads=[*(p.pad_low for p in phases), *(p.pad_high for p in phases)],
                dilations=[1] * rank,
                groups=groups,
                extras=extras,
                epilogue=self._epilogue(),
            )
        )
        if copies > 1:
            value = self._interleave(value, steps, positions)
        return self._crop(value, [p.start for p in phases])

    def _by_phase(self, extra: SSAValue, copies: int) -> SSAValue:
        if prod(shape_of(extra)) == 1 or copies == 1:
            return extra
        compute = partial(repeat_channels, groups=self.conv.group_count, copies=copies)
        shape = (copies * self.result[1], *[1] * self.conv.spatial_rank)
        repeated = self._constant(extra, "by-phase", compute, (shape[0],))
        return self._add(ReshapeOp(repeated, shape))

    def _interleave(
        self, value: SSAValue, steps: Sequence[int], positions: Sequence[int]
    ) -> SSAValue:
        """`[N, groups * phases * O/groups, j...]` as `[N, O, j * s + r...]`."""
        groups, rank = self.conv.group_count, len(steps)
        batch, outputs = self.result[:2]
        split = self._add(ReshapeOp(value, [batch, groups, *steps, outputs // groups, *positions]))
        pairs = [axis for i in range(rank) for axis in (3 + rank + i, 2 + i)]
        moved = self._add(TransposeOp(split, [0, 1, 2 + rank, *pairs]))
        spatial = [j * s for j, s in zip(positions, steps, strict=True)]
        return self._add(ReshapeOp(moved, [batch, outputs, *spatial]))

    def _product(self) -> SSAValue:
        conv = self.conv
        (batch, channels), kernel = shape_of(conv.input)[:2], conv.kernel
        outputs, pixels = self.result[1], prod(kernel)
        weight = self._constant(
            conv.weight,
            "flat-weight-of-conv-transpose",
            partial(flat_weight),
            (channels, outputs * pixels),
        )
        extras: list[SSAValue] = []
        for extra in conv.extras:
            if prod(shape_of(extra)) == 1:
                extras.append(self._add(ReshapeOp(extra, [1])))
                continue
            compute = partial(repeat_pixels, pixels=pixels)
            extras.append(self._constant(extra, "by-pixel", compute, (outputs * pixels,)))
        value = self._add(
            MatmulOp(
                self._add(ReshapeOp(conv.input, [batch, channels])),
                weight,
                tensor((batch, outputs * pixels), self._result_element()),
                extras=extras,
                epilogue=self._epilogue(),
            )
        )
        value = self._add(ReshapeOp(value, [batch, outputs, *kernel]))
        return self._crop(value, conv.window("pads")[: conv.spatial_rank])
