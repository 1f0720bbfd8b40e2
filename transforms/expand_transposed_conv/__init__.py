"""
`expand-transposed-conv`: transposed convolutions as what has a fast kernel.

Output position `j * s + r` is a sum over the taps `q * s + r` and the inputs `j - q`, so each of
the `s` phases `r` is a convolution with the taps of that phase, reversed. Where output channels
fill vectors and all phases have as many taps, one kernel computes phase after phase and
interleaves what it writes; all it asks for is an input without borders:

    conv_transpose{strides=s, pads=p}(x, w) => crop(conv_transpose{pads=p+s*h}(pad{h}(x), w))

Else one convolution with the phases as output channels computes all with as many taps, and a
transpose interleaves them:

    conv_transpose{strides=s}(x, w) => crop(interleave(conv{strides=1}(x, phases of w), ...))

(Filling up the taps of some phases with zeros would make one convolution of it, but zero times
infinity is NaN.)

An input of one pixel is a product with the weight as it is:

    conv_transpose(x: [N, C, 1, 1], w) => crop(reshape(matmul(x, w)))

Which of them is decided at the hints of sizes that are no numbers.

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
from xdsl.dialects.builtin import AnyFloat, FloatAttr, ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Operation, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from ...dialects.engine import (
    ConcatOp,
    ConstantOp,
    ConvOp,
    ConvTransposeOp,
    MatmulOp,
    PadOp,
    ReshapeOp,
    SliceOp,
    TransposeOp,
)
from ...dialects.engine.base import (
    carry_provenance,
    element_of,
    extents_of,
    shape_of,
    sized,
    static,
    tensor,
)
from ...dialects.engine.constant import constant_of
from ...dialects.engine.weights import Array, WeightStore, weight_store
from ...runtime.size import Extent, Size, is_one, numbers_of
from ...targets.target import Target
from ..at_hints import at_hints
from .phases import Estimate, PhaseRun, Phases, WholePhases, phases_of, whole_phases_of


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
        for function in list(op.walk()):
            if not isinstance(function, FuncOp) or function.is_declaration:
                continue
            for conv, hinted in list(zip(function.walk(), at_hints(function).walk(), strict=True)):
                if not isinstance(conv, ConvTransposeOp) or not isinstance(hinted, ConvTransposeOp):
                    continue
                if conv.results and is_suitable(conv) and is_suitable(hinted):
                    _Expansion(conv, hinted, store, target).replace()


def is_suitable(conv: ConvTransposeOp) -> bool:
    """Floats, a constant weight, no dilation, no negative pads, and an epilogue by channel."""
    return (
        isinstance(element_of(conv.input), AnyFloat)
        and constant_of(conv.weight) is not None
        and sized(extents_of(conv.input))
        and static(extents_of(conv.input)[1:2])
        and all(
            isinstance(n, Size) or n > 0
            for n in (*extents_of(conv.input), *conv.inferred_shapes()[0])
        )
        and set(conv.window("dilations")) == {1}
        and min(conv.window("pads")) >= 0
        and all(_is_by_channel(conv, operand) for operand in conv.epilogue_operands)
    )


def _is_by_channel(conv: ConvTransposeOp, operand: SSAValue) -> bool:
    """Whether an epilogue operand is one number, or a constant number for each channel."""
    if not static(extents_of(operand)):
        return False
    shape = shape_of(operand)
    if prod(shape) == 1:
        return True
    channel = len(shape) - conv.spatial_rank - 1
    return channel >= 0 and prod(shape) == shape[channel] and constant_of(operand) is not None


def phase_weight(
    w: Array, *, groups: int, strides: Sequence[int], runs: Sequence[PhaseRun]
) -> Array:
    """
    `[C, O/groups, kernel...]` as the weight of some phases, `[groups, phases..., O/groups]` flat
    by `C/groups` by the reversed taps of a phase.
    """
    rank = len(runs)
    channels, outputs = w.shape[:2]
    ends = [run.taps * stride for run, stride in zip(runs, strides, strict=True)]
    pads = [(0, max(0, end - n)) for end, n in zip(ends, w.shape[2:], strict=True)]
    padded = np.pad(w, [(0, 0), (0, 0), *pads])[(..., *(slice(end) for end in ends))]
    cut = [n for run, stride in zip(runs, strides, strict=True) for n in (run.taps, stride)]
    chosen = [
        s for run in runs for s in (slice(None, None, -1), slice(run.first, run.first + run.count))
    ]
    split = padded.reshape(groups, channels // groups, outputs, *cut)[(..., *chosen)]
    taps, phases = range(3, 3 + 2 * rank, 2), range(4, 4 + 2 * rank, 2)
    moved = split.transpose(0, *phases, 2, 1, *taps)
    copies = prod(run.count for run in runs)
    return np.ascontiguousarray(
        moved.reshape(groups * copies * outputs, channels // groups, *(run.taps for run in runs))
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
    """Builds what replaces one operation before it; `hinted` is that with numbers for sizes."""

    def __init__(
        self, conv: ConvTransposeOp, hinted: ConvTransposeOp, store: WeightStore, target: Target
    ):
        self.conv = conv
        self.estimate = Estimate(hinted, target)
        self.store = store
        self.built: list[Operation] = []
        self.result = conv.inferred_shapes()[0]
        self.outputs = numbers_of(self.result[1:2])[0]

    def replace(self) -> None:
        conv = self.conv
        pixel = (
            all(map(is_one, extents_of(conv.input)[2:]))
            and conv.group_count == 1
            and not any(conv.window("output_padding"))
        )
        whole, phases = whole_phases_of(conv), phases_of(conv)
        last: SSAValue | None = None
        if pixel:
            last = self._product()
        elif whole is not None and self.estimate.fills_vectors():
            last = self._without_borders(whole)
        elif phases is not None and self.estimate.is_worth_a_convolution():
            last = self._convolution(phases)
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
        if extents_of(value) == self.result:
            return value
        return self._add(SliceOp(value, [0, 0, *starts], list(self.result)))

    def _constant(
        self, value: SSAValue, kind: str, compute: partial[Array], shape: tuple[int, ...]
    ) -> SSAValue:
        attr = constant_of(value)
        assert attr is not None
        kind = f"{kind}:{sorted(compute.keywords.items())}"
        name = value.name_hint or "weight"
        derived = self.store.derive(kind, compute, [attr], tensor(shape, element_of(value)), name)
        constant = self._add(ConstantOp(derived))
        constant.name_hint = value.name_hint
        return constant

    def _result_element(self) -> Attribute:
        return element_of(self.conv.results[0])

    def _without_borders(self, whole: Sequence[WholePhases]) -> SSAValue:
        conv, element = self.conv, element_of(self.conv.input)
        rank, source = conv.spatial_rank, conv.input
        low, high = [p.low for p in whole], [p.high for p in whole]
        if any(low) or any(high):
            zero = FloatAttr(0.0, cast(AnyFloat, element))
            source = self._add(PadOp(source, [0, 0, *low], [0, 0, *high], zero))
        spatial = [p.steps * p.stride for p in whole]
        value = self._add(
            ConvTransposeOp(
                source,
                conv.weight,
                tensor((*self.result[:2], *spatial), self._result_element()),
                strides=conv.window("strides"),
                pads=[*(p.crop for p in whole), *(p.crop_end for p in whole)],
                dilations=[1] * rank,
                output_padding=[0] * rank,
                epilogue_operands=list(conv.epilogue_operands),
                epilogue=self._epilogue(),
            )
        )
        return self._crop(value, [0] * rank)

    def _convolution(self, phases: Sequence[Phases]) -> SSAValue:
        steps = self.conv.window("strides")
        value = self._join(phases, ())
        if prod(steps) > 1:
            value = self._interleave(value, steps, [p.positions for p in phases])
        return self._crop(value, [p.start for p in phases])

    def _join(self, phases: Sequence[Phases], chosen: tuple[PhaseRun, ...]) -> SSAValue:
        """All phases `[N, groups, phases..., O/groups, positions...]` that follow `chosen`."""
        if len(chosen) == len(phases):
            return self._convolution_of(phases, chosen)
        runs = [self._join(phases, (*chosen, run)) for run in phases[len(chosen)].runs]
        return runs[0] if len(runs) == 1 else self._add(ConcatOp(runs, 2 + len(chosen)))

    def _convolution_of(self, phases: Sequence[Phases], runs: tuple[PhaseRun, ...]) -> SSAValue:
        conv, groups = self.conv, self.conv.group_count
        batch, outputs = self.result[0], self.outputs
        counts, positions = [run.count for run in runs], [p.positions for p in phases]
        copies, depth = prod(counts), shape_of(conv.weight)[0] // groups
        weight = self._constant(
            conv.weight,
            "phases-of-conv-transpose",
            partial(phase_weight, groups=groups, strides=conv.window("strides"), runs=runs),
            (copies * outputs, depth, *(run.taps for run in runs)),
        )
        value = self._add(
            ConvOp(
                conv.input,
                weight,
                tensor((batch, copies * outputs, *positions), self._result_element()),
                strides=[1] * len(runs),
                pads=[*(run.pad_low for run in runs), *(run.pad_high for run in runs)],
                dilations=[1] * len(runs),
                groups=groups,
                epilogue_operands=[
                    self._by_phase(operand, copies) for operand in conv.epilogue_operands
                ],
                epilogue=self._epilogue(),
            )
        )
        if prod(p.stride for p in phases) == 1:
            return value
        return self._add(ReshapeOp(value, [batch, groups, *counts, outputs // groups, *positions]))

    def _by_phase(self, operand: SSAValue, copies: int) -> SSAValue:
        if prod(shape_of(operand)) == 1 or copies == 1:
            return operand
        compute = partial(repeat_channels, groups=self.conv.group_count, copies=copies)
        shape = (copies * self.outputs, *[1] * self.conv.spatial_rank)
        repeated = self._constant(operand, "by-phase", compute, (shape[0],))
        return self._add(ReshapeOp(repeated, shape))

    def _interleave(
        self, value: SSAValue, steps: Sequence[int], positions: Sequence[Extent]
    ) -> SSAValue:
        """`[N, groups, phases..., O/groups, j...]` as `[N, O, j * s + r...]`."""
        rank = len(steps)
        batch, outputs = self.result[:2]
        pairs = [axis for i in range(rank) for axis in (3 + rank + i, 2 + i)]
        moved = self._add(TransposeOp(value, [0, 1, 2 + rank, *pairs]))
        spatial = [j * s for j, s in zip(positions, steps, strict=True)]
        return self._add(ReshapeOp(moved, [batch, outputs, *spatial]))

    def _product(self) -> SSAValue:
        conv = self.conv
        batch, channels, kernel = self.result[0], shape_of(conv.weight)[0], conv.kernel
        outputs, pixels = self.outputs, prod(kernel)
        weight = self._constant(
            conv.weight,
            "flat-weight-of-conv-transpose",
            partial(flat_weight),
            (channels, outputs * pixels),
        )
        epilogue_operands: list[SSAValue] = []
        for operand in conv.epilogue_operands:
            if prod(shape_of(operand)) == 1:
                epilogue_operands.append(self._add(ReshapeOp(operand, [1])))
                continue
            compute = partial(repeat_pixels, pixels=pixels)
            epilogue_operands.append(
                self._constant(operand, "by-pixel", compute, (outputs * pixels,))
            )
        value = self._add(
            MatmulOp(
                self._add(ReshapeOp(conv.input, [batch, channels])),
                weight,
                tensor((batch, outputs * pixels), self._result_element()),
                epilogue_operands=epilogue_operands,
                epilogue=self._epilogue(),
            )
        )
        value = self._add(ReshapeOp(value, [batch, outputs, *kernel]))
        return self._crop(value, conv.window("pads")[: conv.spatial_rank])
