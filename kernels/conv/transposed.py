"""
Transposed convolution in blocked layouts, phase by phase.

Operands lie in blocks of W channels: input and result `aBcd16b`, weight `BAcd16a32b` (panels of
V*W output channels). With stride s and a kernel of T*s taps, the results `s*m + p` of phase p are
a convolution with the T taps `r, r + s, ...`, reversed:

    y[s*m + p] = sum over q < T of x[m + (p + P) // s - q] * w[r + s*q],     r = (p + P) % s

(P: what is cropped at the start.) So each phase is a direct convolution with a window of T
pixels, a part of the weights, and a result of which it writes every s-th pixel; all of them use
the tiles of `conv.py`. The input buffer holds whatever padding that takes, so there are no
borders: `expand-transposed-conv` pads and crops accordingly.

Source: Shi et al., "Is the deconvolution layer the same as a convolutional layer?" (2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import Float32Type, Float64Type
from xdsl.ir import SSAValue

from ...dialects.engine.base import (
    EngineOp,
    element_of,
    layout_of,
    physical_shape_of,
    shape_of,
    static,
)
from ...dialects.engine.contraction import ConvTransposeOp
from ...runtime.format_tag import parse_format_tag
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.channel_blocks import BroadcastOperand, channel_blocks
from ..template import AnyTemplate, Kernel, LayoutChoice
from .direct_plan import ConvSizes, DirectConv, blocked_tag, extra_tag, is_dense
from .direct_writer import ConvWriter
from .tiles import CLOCK_HZ, choose_vectors, registers_of

_DIMS = "abcdefgh"


@dataclass(frozen=True)
class Phase:
    """One spatial dimension of a transposed convolution without borders."""

    stride: int
    taps: int
    """Taps of each phase."""
    crop: int
    """Results left out at the start."""
    steps: int
    """Results of each phase."""

    @staticmethod
    def of(size: int, kernel: int, stride: int, crop: int, extent: int) -> Phase | None:
        """None where phases differ, or where a result needs what is outside of the input."""
        if kernel % stride or extent % stride or crop < 0:
            return None
        found = Phase(stride, kernel // stride, crop, extent // stride)
        inside = crop // stride >= found.taps - 1
        return found if inside and found.last < size else None

    @property
    def last(self) -> int:
        """The last input that is read."""
        return (self.stride - 1 + self.crop) // self.stride + self.steps - 1


def phases_of(op: ConvTransposeOp) -> tuple[Phase, Phase] | None:
    """Rows and columns; None when the operation has borders or its phases differ."""
    [(_, _, *extents)] = op.inferred_shapes()
    rank = op.spatial_rank
    if op.group_count != 1 or set(op.window("dilations")) != {1} or rank not in (1, 2):
        return None
    sizes, crops = shape_of(op.input)[2:], op.window("pads")[:rank]
    each = zip(sizes, op.kernel, op.window("strides"), crops, extents, strict=True)
    found = [Phase.of(*dim) for dim in each]
    columns, rows = found[-1], found[0] if rank == 2 else Phase(1, 1, 0, 1)
    return (rows, columns) if rows is not None and columns is not None else None


def transposed_weight_tag(rank: int, lanes: int, panel: int) -> str:
    """`BAcd16a32b`."""
    return "BA" + _DIMS[2:rank] + f"{lanes}a{panel}b"


class BlockedConvTransposeTemplate(AnyTemplate):
    """`engine.conv_transpose` with f32 or f64 in blocks of channels; see the module docstring."""

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        if not isinstance(op, ConvTransposeOp) or not _is_suitable(op, target):
            return []
        sizes, phases = _sizes(op)
        lanes, rank = target.lanes(element_of(op.input)), len(shape_of(op.input))
        blocks = -(-sizes.outputs // lanes)
        registers = registers_of(target)
        tiling = choose_vectors(sizes.rows, sizes.columns, blocks, sizes.depth, registers)
        data = blocked_tag(rank, 1, lanes)
        weight = transposed_weight_tag(rank, lanes, tiling.vectors * lanes)
        extras = (extra_tag(v, rank, lanes) for v in op.epilogue_operands)
        seconds = sizes.images * phases * tiling.cycles / CLOCK_HZ
        return [LayoutChoice((data, weight, *extras), (data,), seconds)]

    def accepts(self, op: EngineOp, target: Target) -> bool:
        return subpixel_conv(op, target) is not None

    def build(self, op: EngineOp, name: str, builder: KernelBuilder) -> Kernel:
        conv = subpixel_conv(op, builder.target)
        assert conv is not None
        return SubpixelConvWriter(conv, name, builder).write()


def _is_suitable(op: ConvTransposeOp, target: Target) -> bool:
    element = element_of(op.input)
    spatial = op.spatial_rank
    return (
        isinstance(element, Float32Type | Float64Type)
        and element_of(op.weight) == element
        and static(shape_of(op.input))
        and prod(op.inferred_shapes()[0]) > 0
        and target.lanes(element) > 1
        and phases_of(op) is not None
        # What an epilogue adds is by channel: phases have no views of whole images.
        and all(prod(shape_of(v)[-spatial:]) == 1 for v in op.epilogue_operands)
    )


def _sizes(op: ConvTransposeOp) -> tuple[ConvSizes, int]:
    """The convolution of one phase, and how many phases there are."""
    phases = phases_of(op)
    assert phases is not None
    rows, columns = phases
    [(images, outputs, *_)] = op.inferred_shapes()
    sizes = ConvSizes(
        images=images,
        channels=shape_of(op.input)[1],
        outputs=outputs,
        groups=1,
        rows=rows.steps,
        columns=columns.steps,
        kernel=(rows.taps, columns.taps),
        strides=(1, 1),
        dilations=(1, 1),
    )
    return sizes, rows.stride * columns.stride


def subpixel_conv(op: EngineOp, target: Target) -> DirectConv | None:
    """The convolution of a phase, planned; None when it is laid out in another way."""
    if not isinstance(op, ConvTransposeOp) or not _is_suitable(op, target):
        return None
    lanes, rank = target.lanes(element_of(op.input)), len(shape_of(op.input))
    tag = layout_of(op.weight)
    panel = tag.inner[-1][1] if tag.inner else 0
    if not panel or panel % lanes or panel // lanes > 8 or not is_dense(op.weight):
        return None
    if tag != parse_format_tag(transposed_weight_tag(rank, lanes, panel)):
        return None
    [target_type] = op.target_types()
    source, result = channel_blocks(op.input, rank, lanes), channel_blocks(target_type, rank, lanes)
    extras = [BroadcastOperand.of(v, rank, lanes) for v in op.epilogue_operands]
    found = tuple(e for e in extras if e is not None)
    if source is None or result is None or len(found) < len(extras):
        return None
    sizes, phases = _sizes(op)
    return DirectConv(
        op,
        sizes,
        lanes,
        panel // lanes,
        False,
        source,
        result,
        found,
        registers_of(target),
        target.l2_bytes,
        phases=phases,
    )


class SubpixelConvWriter(ConvWriter):
    """Writes the phases as one more loop; what differs is where their operands begin."""

    def __init__(self, conv: DirectConv, name: str, builder: KernelBuilder):
        super().__init__(conv, name, builder)
        assert isinstance(conv.op, ConvTransposeOp)
        phases = phases_of(conv.op)
        assert phases is not None
        self.phases = phases

    def loops(self, extents: dict[str, int]) -> dict[str, int]:
        rows, columns = self.phases
        found: dict[str, int] = {}
        for name, extent in extents.items():
            found[name] = extent
            if name == "panels":
                found["phase row"], found["phase column"] = rows.stride, columns.stride
        return found

    def weight_view(self, memory: SSAValue) -> SSAValue:
        rows, columns = self.phases
        panels, blocks, *_ = physical_shape_of(self.conv.op.weight)
        taps = (rows.taps, rows.stride, columns.taps, columns.stride)
        lanes = self.conv.lanes
        return self.b.reshape(memory, (panels, blocks, *taps, lanes, self.conv.vectors * lanes))

    def result_view(self, memory: SSAValue) -> SSAValue:
        rows, columns = self.phases
        (images, blocks, _, _, lanes), (sn, sb, sh, sw, sl) = (
            self.conv.result.shape,
            self.conv.result.strides,
        )
        return self.b.reshape(
            memory,
            (images, blocks, rows.steps, rows.stride, columns.steps, columns.stride, lanes),
            (sn, sb, sh * rows.stride, sh, sw * columns.stride, sw, sl),
        )

    def source_start(self, row: Index, column: Index) -> tuple[Index, Index]:
        b, (rows, columns) = self.b, self.phases

        def start(step: Index, at: Index, phase: Phase) -> Index:
            first = b.floordiv(b.add(at, phase.crop), phase.stride)
            return b.add(step, b.sub(first, phase.taps - 1))

        return (
            start(row, self.at["phase row"], rows),
            start(column, self.at["phase column"], columns),
        )

    def weight_tile(self, w: SSAValue, panel: Index, vectors: int) -> SSAValue:
        b, (rows, columns), lanes = self.b, self.phases, self.conv.lanes
        down = b.mod(b.add(self.at["phase row"], rows.crop), rows.stride)
        across = b.mod(b.add(self.at["phase column"], columns.crop), columns.stride)
        blocks = physical_shape_of(self.conv.op.weight)[1]
        return b.subview(
            w,
            (panel, 0, 0, down, 0, across, 0, 0),
            (1, blocks, rows.taps, 1, columns.taps, 1, lanes, vectors * lanes),
            drop=(0, 3, 5),
        )

    def result_tile(
        self, y: SSAValue, position: Sequence[Index], extents: Sequence[int]
    ) -> SSAValue:
        image, block, row, column, lane = position
        one, vectors, rows, columns, lanes = extents
        return self.b.subview(
            y,
            (image, block, row, self.at["phase row"], column, self.at["phase column"], lane),
            (one, vectors, rows, 1, columns, 1, lanes),
            drop=(0, 3, 5),
        )

    def filter_tap(self, row: Index, column: Index) -> tuple[Index, Index]:
        rows, columns = self.phases
        return self.b.sub(rows.taps - 1, row), self.b.sub(columns.taps - 1, column)
