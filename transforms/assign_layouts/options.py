"""
The ways in which each operation of a function can run, as alternatives with concrete layouts.

Templates say in which layouts they run (`LayoutChoice`), with wildcards for operations that do not
care. Here wildcards become the layouts that can really meet at the operation: those its operands
can come in, found going forward through the function, and those its users ask for, found going
backward.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from xdsl.dialects import func
from xdsl.ir import Block, Operation, OpResult, SSAValue

from ...dialects.engine import ConstantOp, IfOp, LoopOp, ReferenceOp, YieldOp
from ...dialects.engine.base import EngineOp, rank_of, shape_of
from ...dialects.engine.loop import in_line
from ...dialects.engine.opaque import is_opaque
from ...kernels.template import ANY, STRIDED, LayoutChoice
from ...runtime.format_tag import FormatTag, parse_format_tag, row_major_tag

MOST_LAYOUTS = 6
"""Layouts of one value that are considered, the most natural first."""


@dataclass(frozen=True)
class Option:
    """
    One way to run an operation: a layout per operand and result.

    An operand with `STRIDED` is read as it comes if its layout has no blocks, else row-major.
    """

    sources: tuple[str, ...]
    results: tuple[str, ...]
    seconds: float = 0.0


def is_constant(value: SSAValue) -> bool:
    """Whether a value is a constant, which is stored in whatever layout its users want."""
    return isinstance(value, OpResult) and isinstance(value.op, ConstantOp)


def row_major(value: SSAValue) -> str:
    """The row-major layout of a value; an object is not an array and lies like a number."""
    return "" if is_opaque(value) else row_major_tag(rank_of(value))


class Options:
    """
    The options of the operations of a block, and of the branches and loops in it, by operation.

    `choices` holds what the templates offer for each; an operation without any is missing here.
    The sizes of the block are numbers; those of `open_dims` are hints, and not blocked.
    """

    def __init__(
        self,
        block: Block,
        choices: Mapping[Operation, Sequence[LayoutChoice]],
        open_dims: Mapping[SSAValue, frozenset[int]] | None = None,
    ):
        self._open = open_dims or {}
        self._possible: dict[SSAValue, dict[str, None]] = {}
        self._wanted: dict[SSAValue, dict[str, None]] = {}
        self.of: dict[Operation, list[Option]] = {}
        ops = list(in_line(block))
        for op in reversed(ops):
            self._ask(op, choices.get(op, ()))
        for op in ops:
            if options := self._options(op, choices.get(op, ())):
                self.of[op] = options
                for number, result in enumerate(op.results):
                    self._add(self._possible, result, (o.results[number] for o in options))

    def _add(
        self, table: dict[SSAValue, dict[str, None]], value: SSAValue, tags: Iterable[str]
    ) -> None:
        known = table.setdefault(value, {})
        for tag in tags:
            if len(known) < MOST_LAYOUTS and self._may_be(value, tag):
                known[tag] = None

    def _may_be(self, value: SSAValue, tag: str) -> bool:
        """Whether a layout blocks only dimensions whose sizes are numbers."""
        return value not in self._open or not blocks_one_of(tag, self._open[value])

    def _fits_all(self, op: EngineOp, option: Option) -> bool:
        values = zip((*op.sources, *op.results), (*option.sources, *option.results), strict=True)
        return all(tag == STRIDED or self._may_be(value, tag) for value, tag in values)

    def _ask(self, op: Operation, choices: Sequence[LayoutChoice]) -> None:
        """Note what an operation would like to read."""
        if isinstance(op, EngineOp) and op.KEEPS_BYTES:
            wanted = self._wanted.get(op.results[0], {row_major(op.results[0]): None})
            tags = [str(op.layout_before(parse_format_tag(tag))) for tag in wanted]
            self._add(self._wanted, op.operands[0], tags)
            return
        if _reads_row_major(op):
            for value in op.operands:
                self._add(self._wanted, value, [row_major(value)])
            return
        for choice in choices:
            assert isinstance(op, EngineOp)
            for value, tag in zip(op.sources, choice.sources, strict=True):
                if tag == ANY:
                    result = op.results[0]
                    tags = self._wanted.get(result, {})
                    if ANY in choice.results and len(shape_of(value)) == len(shape_of(result)):
                        shapes = shape_of(value), shape_of(result)
                        self._add(self._wanted, value, (broadcast_tag(t, *shapes) for t in tags))
                elif tag != STRIDED:
                    self._add(self._wanted, value, [tag or row_major(value)])

    def _options(self, op: Operation, choices: Sequence[LayoutChoice]) -> list[Option]:
        if isinstance(op, EngineOp) and op.KEEPS_BYTES:
            return [
                Option((tag,), (str(op.layout_after(parse_format_tag(tag))),))
                for tag in self._layouts(op.operands[0])
            ]
        if _reads_row_major(op):
            return [Option(tuple(map(row_major, op.operands)), tuple(map(row_major, op.results)))]
        if not isinstance(op, EngineOp):
            return []
        found = {option: None for choice in choices for option in self._resolve(op, choice)}
        return [o for o in found if self._fits_all(op, o)] if self._open else list(found)

    def _layouts(self, value: SSAValue) -> list[str]:
        """In what layouts a value can come without a copy."""
        return list(self._possible.get(value, {row_major(value): None}))

    def _resolve(self, op: EngineOp, choice: LayoutChoice) -> list[Option]:
        """A choice with layouts for its wildcards, one option for each that can be."""
        return [
            Option(
                tuple(
                    _source_tag(value, wanted, candidate, op.results[0])
                    for value, wanted in zip(op.sources, choice.sources, strict=True)
                ),
                tuple(
                    candidate
                    if candidate is not None and wanted in (ANY, STRIDED) and _fits(candidate, r)
                    else row_major(r)
                    if wanted in (ANY, STRIDED, None)
                    else wanted
                    for r, wanted in zip(op.results, choice.results, strict=True)
                ),
                choice.seconds,
            )
            for candidate in self._candidates(op, choice)
        ]

    def _candidates(self, op: EngineOp, choice: LayoutChoice) -> Sequence[str | None]:
        """What the wildcards of the results can stand for."""
        result = op.results[0]
        tags: dict[str, None] = {}
        if ANY in choice.results:
            for value, wanted in zip(op.sources, choice.sources, strict=True):
                if wanted == ANY and not is_constant(value) and _rank(value) == _rank(result):
                    tags.update(dict.fromkeys(self._layouts(value)))
            asked = self._wanted.get(result, {})
            if ANY not in choice.sources:  # stores through strides: what is innermost stays there
                last = row_major(result)[-1:]
                asked = [tag for tag in asked if _unblocked(tag) and tag[-1:] == last]
            tags.update(dict.fromkeys(asked))
        elif STRIDED in choice.results:
            tags.update(dict.fromkeys(filter(_unblocked, self._layouts(op.sources[0]))))
        else:
            return [None]
        tags[row_major(result)] = None
        return [tag for tag in tags if _fits(tag, result)][:MOST_LAYOUTS]


def _source_tag(
    value: SSAValue, wanted: str | None, candidate: str | None, result: SSAValue
) -> str:
    if wanted is None:
        return row_major(value)
    if wanted != ANY:
        return wanted
    if candidate is None:
        return STRIDED
    return broadcast_tag(candidate, shape_of(value), shape_of(result))


def _reads_row_major(op: Operation) -> bool:
    if isinstance(op, func.ReturnOp | IfOp | LoopOp | YieldOp):
        return True
    return isinstance(op, EngineOp | ReferenceOp) and op.READS_ROW_MAJOR


def _unblocked(tag: str) -> bool:
    return not parse_format_tag(tag).inner


def blocks_one_of(tag: str, dims: Collection[int]) -> bool:
    """Whether a layout blocks one of these dimensions."""
    return bool(dims) and any(dim in dims for dim, _ in parse_format_tag(tag).inner)


def _rank(value: SSAValue) -> int:
    return len(shape_of(value))


def _fits(tag: str, value: SSAValue) -> bool:
    return parse_format_tag(tag).rank == _rank(value)


def broadcast_tag(tag: str, shape: tuple[int, ...], result: tuple[int, ...]) -> str:
    """
    The layout in which an operand of `shape` broadcasts against a result laid out as `tag`.

    Dimensions are counted from the right, and a dimension that is broadcast is not blocked:
    `[64, 1, 1]` against `[1, 64, 56, 56]` in `aBcd16b` is `Abc16a`, `[1, 1, 1]` is `abc`.
    """
    full = parse_format_tag(tag)
    shift = len(result) - len(shape)

    def kept(dim: int) -> bool:
        # Only extent 1 broadcasts; concat and pad change other extents.
        return dim >= shift and (shape[dim - shift] != 1 or result[dim] == 1)

    outer = tuple(d - shift for d in full.outer if d >= shift)
    inner = tuple((d - shift, block) for d, block in full.inner if kept(d))
    return str(FormatTag(len(shape), outer, inner))
