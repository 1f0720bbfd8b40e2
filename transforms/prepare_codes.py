"""
`prepare-codes`: contractions of codes of eight bits as the kernels of a target take them.

    matmul(a, b)            => matmul(pad(a), pad(b))                  a sum of whole steps of four
    conv(a, b)              => conv(pad(a), pad(b))                    where the filter is computed
    contraction(a: i8, b)   => contraction(a ^ 128: ui8, b) - 128 * sum(b)      where the target
    contraction(a, b: ui8)  => contraction(a, b ^ 128: i8) + 128 * sum(a)       wants these signs
    contraction(a, b)       => contraction(ext(a), ext(b)) in 32 bits    where no kernel takes codes

`xor 0x80` moves a code and its zero point by 128, which changes its sign and nothing else. Sums in
32 bits wrap, so that every step is exact: class `bitwise`. Constants are flipped, padded and summed
up once. A flip of what an operation computes is added to its region where nothing else reads it,
and is one map for all contractions that read it otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.context import Context
from xdsl.dialects import arith
from xdsl.dialects.builtin import IntegerAttr, IntegerType, ModuleOp, TensorType, i8, i32
from xdsl.ir import Attribute, Block, Operation, OpResult, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from ..dialects.engine import ConstantOp, ConvOp, LookupOp, MapOp, MatmulOp, PadOp
from ..dialects.engine.base import (
    YieldOp,
    carry_provenance,
    element_of,
    extents_of,
    rank_of,
    scalar_block,
    shape_of,
    tensor,
)
from ..dialects.engine.constant import constant_of
from ..dialects.engine.contraction import UI8, ContractionOp
from ..dialects.engine.weights import Array, WeightStore, weight_store
from ..dialects.vector_ext import GROUP
from ..kernels.registry import templates_of
from ..runtime.size import Extent, numbers_of
from ..targets.target import Target
from .optimize.rewrites.contractions import with_epilogue

FLIP = 0x80

WANTED: dict[str, tuple[IntegerType, IntegerType]] = {"vnni": (UI8, i8), "dot": (i8, i8)}
"""Signs that the instruction of a target takes (`Target.dot8`); others take any."""


@dataclass(frozen=True)
class PrepareCodesPass(ModulePass):
    """Give contractions of codes the signs and the depth that the target's kernels take."""

    name = "prepare-codes"
    target: str = "native"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        target = Target.parse(self.target)
        shared: dict[tuple[object, ...], SSAValue] = {}
        for found in list(op.walk()):
            if isinstance(found, ContractionOp) and found.sums_codes and found.results:
                _Preparation(found, weight_store(ctx), target, shared).run()


class _Preparation:
    """What is done to one contraction."""

    def __init__(
        self,
        op: ContractionOp,
        store: WeightStore,
        target: Target,
        shared: dict[tuple[object, ...], SSAValue],
    ):
        self.op, self.store, self.target = op, store, target
        self.shared = shared
        """What was made of operands that several contractions read."""

    def run(self) -> None:
        if isinstance(self.op, MatmulOp):
            self._whole_steps(self.op)
        if not self._has_kernel():
            self._widen()
            return
        if isinstance(self.op, ConvOp) and self.op.group_count == 1:
            self._whole_words(self.op)
        for number in (0, 1):
            wanted = self._wanted(number)
            if wanted is not None and element_of(self.op.operands[number]) != wanted:
                self._flip(number, wanted)

    def _wanted(self, number: int) -> IntegerType | None:
        """The codes that the target wants of an operand, None where it takes any."""
        wanted = WANTED.get(self.target.dot8)
        return None if wanted is None else wanted[number]

    # ------------------------------------------------------------------ pieces

    def _insert(self, new: Operation) -> SSAValue:
        carry_provenance([self.op], [new])
        Rewriter.insert_op(new, InsertPoint.before(self.op))
        return new.results[0]

    def _once(self, value: SSAValue, key: object, make: Callable[[], Operation]) -> SSAValue:
        """What an operation makes of a value, beside the value: once for all that read it."""
        found = self.shared.get((value, key))
        if found is None:
            new = make()
            carry_provenance([self.op], [new])
            owner = value.owner
            after = isinstance(owner, Operation)
            place = InsertPoint.after(owner) if after else InsertPoint.at_start(owner)
            Rewriter.insert_op(new, place)
            found = self.shared[value, key] = new.results[0]
        return found

    def _constant(
        self, value: SSAValue, kind: str, compute: Callable[[Array], Array], like: TensorType
    ) -> SSAValue:
        """A constant computed of another, once."""
        attr = constant_of(value)
        assert attr is not None
        name = value.name_hint or "weight"
        derived = self.store.derive(kind, compute, [attr], like, name)
        return self._insert(ConstantOp(derived))

    def _map(
        self,
        value: SSAValue,
        key: str,
        body: Callable[[SSAValue], Sequence[Operation]],
        element: Attribute,
    ) -> SSAValue:
        """A map of one operand, which all contractions share that read it so."""

        def make() -> Operation:
            block = scalar_block([element_of(value)])
            operations = body(block.args[0])
            block.add_ops([*operations, YieldOp(operations[-1].results[0])])
            return MapOp([value], Region(block), tensor(extents_of(value), element))

        return self._once(value, key, make)

    def _has_kernel(self) -> bool:
        op = self.op
        wanted = self._wanted(0)
        flipped = wanted is not None and element_of(op.operands[0]) != wanted
        if flipped and not isinstance(op, MatmulOp) and constant_of(op.operands[1]) is None:
            return False  # the sums of a filter are those of a constant
        if not any(n == -1 for v in op.operands for n in extents_of(v)):
            return any(t.supports(op, self.target) for t in templates_of(op))
        return False

    # ------------------------------------------------------------------ depth

    def _whole_steps(self, op: MatmulOp) -> None:
        """Zeros behind both operands up to a multiple of four terms."""
        for number, flag in enumerate((op.trans_lhs, op.trans_rhs)):
            value = op.operands[number]
            rank = rank_of(value)
            axis = rank - (2 if (flag is not None) == (number == 0) else 1)
            depth = extents_of(value)[axis]
            if not isinstance(depth, int) or depth <= 0 or depth % GROUP == 0:
                return
            after = [0] * rank
            after[axis] = -depth % GROUP
            op.operands[number] = self._padded(value, after)

    def _whole_words(self, op: ConvOp) -> None:
        """
        Channels of zeros up to a multiple of four, where the filter is computed.

        A word of four channels is multiplied whole. Of a constant the lanes beyond the last channel
        are zeros; those of what is computed hold anything.
        """
        if constant_of(op.weight) is not None:
            return
        for number in (0, 1):
            value = op.operands[number]
            channels = extents_of(value)[1]
            if not isinstance(channels, int) or channels <= 0 or channels % GROUP == 0:
                return
            after = [0] * rank_of(value)
            after[1] = -channels % GROUP
            op.operands[number] = self._padded(value, after)

    def _padded(self, value: SSAValue, after: list[int]) -> SSAValue:
        if constant_of(value) is None:
            return self._pad(value, [0] * len(after), after, 0)
        shape = tuple(n + more for n, more in zip(shape_of(value), after, strict=True))

        def padded(array: Array) -> Array:
            return np.pad(array, [(0, more) for more in after])

        return self._constant(value, f"pad{after}", padded, tensor(shape, element_of(value)))

    def _pad(
        self, value: SSAValue, low: Sequence[Extent], high: Sequence[Extent], number: int
    ) -> SSAValue:
        key = ("pad", *low, *high, number)
        return self._once(value, key, lambda: PadOp(value, low, high, IntegerAttr(number, i8)))

    # ------------------------------------------------------------------ signs

    def _flip(self, number: int, element: Attribute) -> None:
        """The operand with its signs changed, and what that adds to a sum taken off it."""
        op, other = self.op, 1 - number
        sums = self._sums_of(other)
        before = op.operands[number]
        op.operands[number] = self._flipped(before, element)
        if isinstance(before.owner, PadOp) and not before.uses:
            # What it reads may have changed its signs in place.
            for key in [key for key, value in self.shared.items() if value is before]:
                del self.shared[key]
            Rewriter.erase_op(before.owner)
        # A byte of 0 to 255 is 128 more than the code it stands for, and the other way round.
        self._add_to_sums(sums, -FLIP if element == UI8 else FLIP)

    def _flipped(self, value: SSAValue, element: Attribute) -> SSAValue:
        if constant_of(value) is not None:

            def flipped(array: Array) -> Array:
                return (array.view(np.uint8) ^ FLIP).view(np.uint8 if element == UI8 else np.int8)

            return self._constant(
                value, f"flip-{element}", flipped, tensor(extents_of(value), element)
            )
        if isinstance(value, OpResult) and isinstance(value.op, PadOp) and value.has_one_use():
            pad = value.op
            if pad.mode.data == "constant":
                filled = int(pad.value.value.data) & 0xFF
                source = self._flipped(pad.input, element)
                low, high = zip(*pad.amount_extents, strict=True)
                return self._pad(source, low, high, _signed(filled ^ FLIP))

        def body(x: SSAValue) -> Sequence[Operation]:
            sign = arith.ConstantOp(IntegerAttr(-FLIP, i8))
            return sign, arith.XOrIOp(x, sign)

        if isinstance(value, OpResult) and isinstance(value.op, LookupOp) and value.has_one_use():
            table = value.op.table
            if constant_of(table) is not None:
                other = self._flipped(table, element)
                assert isinstance(other.owner, Operation)
                other.owner.detach()
                Rewriter.insert_op(other.owner, InsertPoint.before(value.op))
                value.op.operands[1] = other
                result = tensor(extents_of(value), element)
                return Rewriter.replace_value_with_new_type(value, result)
        block = _region_of(value)
        if block is None:
            return self._map(value, "flip", body, element)
        last = block.last_op
        assert isinstance(last, YieldOp)
        operations = body(last.operands[0])
        block.insert_ops_before(operations, last)
        last.operands[0] = operations[-1].results[0]
        return Rewriter.replace_value_with_new_type(value, tensor(extents_of(value), element))

    def _sums_of(self, number: int) -> SSAValue:
        """
        The sums of the codes of one operand over what the contraction sums over, as i32 of a shape
        that broadcasts to the result.
        """
        value = self.op.operands[number]
        if number == 1 and constant_of(value) is not None:
            return self._constant_sums(value)
        return self._sums_by_ones(number)

    def _constant_sums(self, value: SSAValue) -> SSAValue:
        op, shape = self.op, shape_of(value)
        if isinstance(op, MatmulOp):
            axis = len(shape) - (1 if op.trans_rhs is not None else 2)
            kept = (*shape[: len(shape) - 2], 1, shape[-2 if op.trans_rhs is not None else -1])
            axes: tuple[int, ...] = (axis,)
        else:
            axes = tuple(range(1, len(shape)))
            kept = (shape[0], *([1] * (len(shape) - 2)))

        def sums(array: Array) -> Array:
            return array.sum(axis=axes, dtype=np.int64).astype(np.int32).reshape(kept)

        return self._constant(value, f"sum{axes}", sums, tensor(kept, i32))

    def _sums_by_ones(self, number: int) -> SSAValue:
        """The same contraction with ones in place of the other operand."""
        op, other = self.op, self.op.operands[1 - number]
        shape = list(shape_of(other)) if number == 0 else []
        assert number == 0 or isinstance(op, MatmulOp)
        if isinstance(op, MatmulOp):
            turned = op.trans_rhs if number == 0 else op.trans_lhs
            [depth] = numbers_of(extents_of(op.lhs)[-2 if op.trans_lhs is not None else -1 :][:1])
            row = (number == 0) == (turned is not None)
            shape = [1, depth] if row else [depth, 1]
        else:
            shape[0] = 1
        dtype = np.uint8 if number == 1 and self._wanted(0) == UI8 else np.int8
        ones = self._insert(ConstantOp(self.store.add(np.ones(shape, dtype), "ones")))
        data = [op.operands[0], ones] if number == 0 else [ones, op.operands[1]]
        made = with_epilogue(op, (), None, tensor((), i32), data)
        result = tensor(made.inferred_shapes()[0], i32)
        made = with_epilogue(op, (), None, result, data)
        inner = _Preparation(made, self.store, self.target, self.shared)
        self._insert(made)
        inner.run()
        return inner.op.results[0]

    def _add_to_sums(self, sums: SSAValue, factor: int) -> None:
        """The contraction with `factor * sums` added to its accumulator."""
        op = self.op
        elements = [i32, *(element_of(v) for v in op.epilogue_operands), i32]
        block = scalar_block(elements)
        accumulator, *rest, more = block.args
        times = arith.ConstantOp(IntegerAttr(factor, i32))
        scaled = arith.MuliOp(more, times)
        total = arith.AddiOp(accumulator, scaled)
        block.add_ops([times, scaled, total])
        region = op.epilogue_region
        yielded: Sequence[SSAValue] = [total.result]
        if region is not None:
            values: dict[SSAValue, SSAValue] = dict(
                zip(region.block.args, [total.result, *rest], strict=True)
            )
            for inner in region.block.ops:
                if isinstance(inner, YieldOp):
                    yielded = [values[v] for v in inner.values]
                    continue
                clone = inner.clone(values)
                block.add_op(clone)
        block.add_op(YieldOp(*yielded))
        operands = (*op.epilogue_operands, sums)
        new = with_epilogue(op, operands, Region(block), op.results[0].type)
        carry_provenance([op], [new])
        new.results[0].name_hint = op.results[0].name_hint
        Rewriter.replace_op(op, new)
        self.op = new

    # ------------------------------------------------------------------ no kernel

    def _widen(self) -> None:
        """Operands of 32 bits in place of codes."""
        op = self.op
        for number in (0, 1):
            op.operands[number] = self._wide(op.operands[number])
        del op.properties["accumulator"]

    def _wide(self, value: SSAValue) -> SSAValue:
        if constant_of(value) is not None:
            like = tensor(extents_of(value), i32)
            return self._constant(value, "widen", lambda a: a.astype(np.int32), like)
        extend = arith.ExtUIOp if element_of(value) == UI8 else arith.ExtSIOp

        def body(x: SSAValue) -> Sequence[Operation]:
            return [extend(x, i32)]

        return self._map(value, "widen", body, i32)


def _region_of(value: SSAValue) -> Block | None:
    """The region of the map or contraction that computes what is read once, if there is one."""
    if not isinstance(value, OpResult) or not value.has_one_use():
        return None
    if isinstance(value.op, MapOp):
        return value.op.body.block
    region = value.op.epilogue_region if isinstance(value.op, ContractionOp) else None
    return None if region is None else region.block


def _signed(byte: int) -> int:
    return byte - 256 if byte >= FLIP else byte
