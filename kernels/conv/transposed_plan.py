"""How a transposed convolution is run phase by phase: see `transposed.py`."""

from __future__ import annotations

from dataclasses import dataclass

from ...dialects.engine.base import element_of, extents_of, layout_of, rank_of
from ...dialects.engine.contraction import ConvTransposeOp
from ...runtime.format_tag import FormatTag, parse_format_tag
from ...runtime.size import Extent, floordiv, is_zero, lower_bound, mod, numbers_of
from ...targets.target import Target
from ..common.blocked_operands import BlockedOperands
from ..template import PlanEntry
from .blocked import ConvSizes, panel_vectors
from .tiled_plan import TiledConvPlan


@dataclass(frozen=True)
class Phase:
    """One spatial dimension of a transposed convolution without borders; `steps` may be a value."""

    stride: int
    taps: int
    """Taps of each phase."""
    crop: int
    """Results left out at the start."""
    steps: Extent
    """Results of each phase."""

    @staticmethod
    def of(size: Extent, kernel: int, stride: int, crop: int, extent: Extent) -> Phase | None:
        """
        None where phases differ, or where a result needs what is outside of the input.

        The extent of the result is said by the size of the input, so that of sizes that are values
        both can be told.
        """
        if kernel % stride or not is_zero(mod(extent, stride)) or crop < 0:
            return None
        found = Phase(stride, kernel // stride, crop, floordiv(extent, stride))
        inside = crop // stride >= found.taps - 1
        return found if inside and lower_bound(size - found.last) > 0 else None

    @property
    def last(self) -> Extent:
        """The last input that is read."""
        return (self.stride - 1 + self.crop) // self.stride + self.steps - 1


def phases_of(op: ConvTransposeOp) -> tuple[Phase, Phase] | None:
    """Rows and columns; None when the operation has borders or its phases differ."""
    extents = op.inferred_shapes()[0][2:]
    rank = op.spatial_rank
    if op.group_count != 1 or set(op.window("dilations")) != {1} or rank not in (1, 2):
        return None
    sizes, crops = extents_of(op.input)[2:], op.window("pads")[:rank]
    each = zip(sizes, op.kernel, op.window("strides"), crops, extents, strict=True)
    found = [Phase.of(*dim) for dim in each]
    columns, rows = found[-1], found[0] if rank == 2 else Phase(1, 1, 0, 1)
    return (rows, columns) if rows is not None and columns is not None else None


def transposed_weight_tag(rank: int, lanes: int, panel: int) -> str:
    """`BAcd16a32b`."""
    return str(FormatTag(rank, (1, 0, *range(2, rank)), ((0, lanes), (1, panel))))


def sizes_of(op: ConvTransposeOp, phases: tuple[Phase, Phase]) -> ConvSizes:
    """The convolution of one phase."""
    rows, columns = phases
    images, *shape = op.inferred_shapes()[0]
    outputs, channels = numbers_of((shape[0], extents_of(op.input)[1]))
    return ConvSizes(
        images=images,
        channels=channels,
        outputs=outputs,
        groups=1,
        rows=rows.steps,
        columns=columns.steps,
        kernel=(rows.taps, columns.taps),
        strides=(1, 1),
        dilations=(1, 1),
    )


@dataclass(frozen=True, kw_only=True)
class TransposedPlan(TiledConvPlan):
    """The convolution of a phase, and how the phases lie in rows and columns."""

    down: Phase
    across: Phase

    @staticmethod
    def of(op: ConvTransposeOp, target: Target) -> TransposedPlan | None:
        """None when the phases of an operation differ or it does not fit as it is laid out."""
        phases = phases_of(op)
        lanes, rank = target.lanes(element_of(op.input)), rank_of(op.input)
        vectors = panel_vectors(op.weight, lanes, outputs=1)
        if phases is None or vectors is None:
            return None
        wanted = transposed_weight_tag(rank, lanes, vectors * lanes)
        operands = BlockedOperands.of(op, rank, lanes)
        if layout_of(op.weight) != parse_format_tag(wanted) or operands is None:
            return None
        down, across = phases
        return TransposedPlan(
            op=op,
            sizes=sizes_of(op, phases),
            operands=operands,
            lanes=lanes,
            vectors=vectors,
            plain=False,
            target=target,
            down=down,
            across=across,
        )

    @property
    def phases(self) -> int:
        return self.down.stride * self.across.stride

    @property
    def loops(self) -> dict[str, Extent]:
        """Those over tiles, with the phases behind the panels: each has a weight of its own."""
        found: dict[str, Extent] = {}
        for name, extent in super().loops.items():
            found[name] = extent
            if name == "panels":
                found["phase row"], found["phase column"] = self.down.stride, self.across.stride
        return found

    def describe(self) -> dict[str, PlanEntry]:
        """As other tiles, and what a phase is: its taps in rows and columns."""
        return {**super().describe(), "taps": f"{self.down.taps}x{self.across.taps}"}
