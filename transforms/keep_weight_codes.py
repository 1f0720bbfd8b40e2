"""
`keep-weight-codes`: products that read weights in few bits as they are stored.

    matmul(x, decode(c, s, z))      => coded_matmul(x, c, s, z)
    matmul(x, (c - z) * s)          => coded_matmul(x, c, s, z)    codes of eight bits, by column
    matmul(x, w)                    => coded_matmul(x, w16)        numbers that 16 bits hold exactly
    decode(c, s, z)                 => maps                        of rows that were gathered
    decode(c, s, z)                 => constant                    where anything else reads weights

What a code stands for is what it was. The scale of a block leaves its sum: class `rounding`. Where
a decoded weight allows it (`lhs_codes`), rows are rounded to codes in the kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from ml_dtypes import bfloat16
from xdsl.context import Context
from xdsl.dialects import arith
from xdsl.dialects.builtin import FloatAttr, ModuleOp, TensorType, f32, i8, i32
from xdsl.ir import Attribute, Operation, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from ..dialects.engine import (
    CodedMatmulOp,
    ConcatOp,
    ConstantOp,
    DecodeOp,
    MapOp,
    MatmulOp,
    ReshapeOp,
    SliceOp,
)
from ..dialects.engine.base import (
    EngineOp,
    YieldOp,
    carry_provenance,
    element_of,
    extents_of,
    rank_of,
    scalar_block,
    shape_of,
    sized,
    tensor,
)
from ..dialects.engine.coded import HALVES, default_zero
from ..dialects.engine.constant import constant_of
from ..dialects.engine.contraction import UI8
from ..dialects.engine.weights import (
    Array,
    ConstantAttr,
    WeightAttr,
    WeightStore,
    dtype_of,
    element_type_of,
    weight_store,
)
from ..interpreters.engine import evaluate
from .optimize.rewriting.coded_operand import Parameter, coded_operand

LEAST_BYTES = 64 << 10
"""Weights of f32 that are not looked at below this: to save their bytes is worth nothing."""

SAMPLE = 512
"""Numbers that are looked at first."""

NAME = "keep-weight-codes"


@dataclass(frozen=True)
class KeepWeightCodesPass(ModulePass):
    """Let products read weights in few bits; decode them where anything else does."""

    name = NAME
    exactness: str = "rounding"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        store = weight_store(ctx)
        for found in list(op.walk()):
            if isinstance(found, MatmulOp) and self.exactness != "bitwise":
                _Product(found, store).run()
        for found in list(op.walk()):
            if isinstance(found, DecodeOp):
                _Decoding(found, store).run()
        # What codes were made of is not stored beside them.
        for found in list(op.walk()):
            if isinstance(found, ConstantOp) and not found.results[0].uses:
                Rewriter.erase_op(found)


@dataclass(frozen=True)
class _Weight:
    """A right side `[N, K]` in few bits: constants, and how they are read."""

    codes: SSAValue
    scales: Sequence[SSAValue]
    zeros: Sequence[SSAValue]
    bits: int
    block: int
    lhs_codes: bool = False


class _Editor:
    """What stands before an operation that is replaced."""

    def __init__(self, op: EngineOp, store: WeightStore):
        self.op, self.store = op, store

    def insert(self, new: Operation) -> SSAValue:
        """Add an operation for the nodes of the one that is replaced."""
        carry_provenance([self.op], [new], NAME)
        Rewriter.insert_op(new, InsertPoint.before(self.op))
        return new.results[0]

    def derived(
        self, value: SSAValue, kind: str, compute: Callable[[Array], Array], like: TensorType
    ) -> SSAValue:
        """A constant computed of another, once."""
        attr = constant_of(value)
        assert attr is not None
        name = value.name_hint or "weight"
        return self.insert(ConstantOp(self.store.derive(kind, compute, [attr], like, name)))

    def constant(self, array: Array, name: str) -> SSAValue:
        """A constant of numbers."""
        return self.insert(ConstantOp(self.store.add(array, name)))

    def flipped(self, value: SSAValue, bits: int, element: Attribute) -> SSAValue:
        """Codes with the sign of each changed, as bytes of another type."""
        mask = sum(1 << (place + bits - 1) for place in range(0, 8, bits))
        dtype = dtype_of(element)

        def compute(array: Array) -> Array:
            return (array.view(np.uint8) ^ np.uint8(mask)).view(dtype)

        return self.derived(
            value, f"flip{bits}-{element}", compute, tensor(shape_of(value), element)
        )


class _Product(_Editor):
    """A product whose right side may be in few bits."""

    op: MatmulOp

    def run(self) -> None:
        """Replace it where it is."""
        op = self.op
        if op.sums_codes or op.trans_lhs is not None or not op.results:
            return
        if element_of(op.lhs) != f32 or rank_of(op.rhs) != 2 or not sized(extents_of(op.lhs)):
            return
        if not isinstance(extents_of(op.lhs)[-1], int) or extents_of(op.lhs)[-1] == 0:
            return
        weight = self._decoded() or self._dequantised() or self._half()
        if weight is None:
            return
        region = op.epilogue_region
        new = CodedMatmulOp(
            op.lhs,
            weight.codes,
            weight.scales,
            weight.zeros,
            op.results[0].type,
            bits=weight.bits,
            block=weight.block,
            lhs_codes=i8 if weight.lhs_codes else None,
            epilogue_operands=list(op.epilogue_operands),
            epilogue=None if region is None else region.clone(),
        )
        carry_provenance([op], [new], NAME)
        new.results[0].name_hint = op.results[0].name_hint
        made = op.rhs.owner
        Rewriter.replace_op(op, new)
        if isinstance(made, MapOp) and not any(r.uses for r in made.results):
            Rewriter.erase_op(made)

    def _decoded(self) -> _Weight | None:
        """The weight that a `decode` of constants gives, row by row."""
        made = self.op.rhs.owner
        if not isinstance(made, DecodeOp) or self.op.trans_rhs is None:
            return None
        if any(constant_of(v) is None for v in made.operands):
            return None
        codes, zeros, bits = made.codes, list(made.zeros), made.width
        wanted = UI8 if made.lhs_codes is not None else i8
        if element_of(codes) != wanted and bits < 16:
            # With a zero point of floats, it would move as well.
            plain = all(element_of(z) == element_of(codes) for z in zeros)
            if plain and (wanted == UI8 or not zeros):
                codes = self.flipped(codes, bits, wanted)
                zeros = [self._moved(z, bits) for z in zeros]
        rows = made.lhs_codes is not None and element_of(codes) == UI8
        return _Weight(codes, list(made.scales), zeros, bits, made.block_size, rows)

    def _moved(self, zero: SSAValue, bits: int) -> SSAValue:
        """Zero points of two's complement as unsigned ones."""
        half = 1 << (bits - 1)

        def compute(array: Array) -> Array:
            return (array.astype(np.int32) + half).astype(np.uint8)

        return self.derived(zero, f"move{half}", compute, tensor(shape_of(zero), UI8))

    def _dequantised(self) -> _Weight | None:
        """The weight that a map makes of codes of eight bits, with a scale for each column."""
        op, turned = self.op, self.op.trans_rhs is not None
        read = coded_operand(op.rhs)
        if read is None or read.scale is None or constant_of(read.codes) is None:
            return None
        columns = shape_of(op.rhs)[0 if turned else 1]
        scale = self._by_column(read.scale, columns, turned)
        zero = self._by_column(read.zero, columns, turned)
        if scale is None or zero is None:
            return None
        codes, offset = read.codes, 0
        if not turned:
            rows, width = shape_of(codes)
            like = tensor((width, rows), element_of(codes))
            codes = self.derived(codes, "transpose[1, 0]", np.transpose, like)
        if read.unsigned:
            codes, offset = self.flipped(codes, 8, i8), 128
        moved = zero.astype(np.int64) - offset
        if moved.min() < -128 or moved.max() > 127:
            return None
        zeros = [self.constant(moved.astype(np.int8), "zeros")] if moved.any() else []
        scales = [self.constant(scale.astype(np.float32), "scales")]
        return _Weight(codes, scales, zeros, 8, shape_of(codes)[1])

    def _by_column(self, parameter: Parameter, columns: int, turned: bool) -> Array | None:
        """One number for each column, `[N, 1]`; None where it is not so."""
        array = parameter.array(self.store)
        if array is None:
            return None
        if array.size == 1:
            return np.full((columns, 1), array.reshape(()))
        shape = (*(1,) * (2 - array.ndim), *array.shape)
        fits = shape == ((columns, 1) if turned else (1, columns))
        return array.reshape(columns, 1) if fits else None

    def _half(self) -> _Weight | None:
        """The weight in 16 bits, where that is all there is to it."""
        op, turned = self.op, self.op.trans_rhs is not None
        attr = constant_of(op.rhs)
        if attr is None or element_of(op.rhs) != f32:
            return None
        shape = shape_of(op.rhs)
        if 4 * prod(shape) < LEAST_BYTES:
            return None
        if not self._is_of_halves(attr):
            return None
        array = self.store.array(attr)
        dtype = _exact_half(array)
        if dtype is None:
            return None

        def compute(numbers: Array) -> Array:
            return (numbers if turned else numbers.T).astype(dtype)

        rows = shape if turned else shape[::-1]
        like = tensor(rows, element_type_of(dtype))
        codes = self.derived(op.rhs, f"half-{np.dtype(dtype)}-{turned}", compute, like)
        return _Weight(codes, [], [], 16, rows[1])

    def _is_of_halves(self, attr: ConstantAttr) -> bool:
        """Whether a constant is computed of ones of 16 bits, as a model has them."""
        seen, work = set[ConstantAttr](), [attr]
        while work:
            found = work.pop()
            if found in seen:
                continue
            seen.add(found)
            if found.type.element_type in HALVES:
                return True
            if isinstance(found, WeightAttr):
                work += self.store.inputs_of(found)
        return False


def _exact_half(array: Array) -> np.dtype[np.generic] | None:
    """The type of 16 bits that holds every number, None if there is none."""
    flat = array.reshape(-1) if array.flags.c_contiguous else array.ravel(order="K")
    step = max(1, flat.size // SAMPLE)
    for dtype in (np.dtype(bfloat16), np.dtype(np.float16)):
        for part in (flat[::step], flat):
            with np.errstate(all="ignore"):
                same = part.astype(dtype).astype(np.float32).view(np.int32) == part.view(np.int32)
            if not same.all():
                break
        else:
            return dtype
    return None


class _Decoding(_Editor):
    """A `decode` that no product reads."""

    op: DecodeOp

    def run(self) -> None:
        """Take it away, or write it as maps."""
        op = self.op
        if not op.results or not op.results[0].uses:
            Rewriter.erase_op(op)
            return
        attrs = [constant_of(v) for v in op.operands]
        known = [attr for attr in attrs if attr is not None]
        if len(known) == len(attrs):
            plain = op.clone()

            def compute(*arrays: Array) -> Array:
                return evaluate(plain, *arrays)[0]

            kind = f"decode{op.width}-{op.block_size}-{op.row}-{element_of(op.codes)}"
            result = op.results[0]
            assert isinstance(result.type, TensorType)
            made = self.store.derive(kind, compute, known, result.type, "weight")
            Rewriter.replace_op(op, ConstantOp(made))
            return
        Rewriter.replace_op(op, [], [self._by_maps()])

    def _map(
        self,
        inputs: Sequence[SSAValue],
        element: Attribute,
        body: Callable[..., Sequence[Operation]],
    ) -> SSAValue:
        block = scalar_block([element_of(v) for v in inputs])
        operations = body(*block.args)
        block.add_ops([*operations, YieldOp(operations[-1].results[0])])
        result = tensor(extents_of(inputs[0]), element)
        return self.insert(MapOp(inputs, Region(block), result))

    def _cast(
        self, value: SSAValue, cast: type[arith.ExtFOp | arith.SIToFPOp | arith.UIToFPOp]
    ) -> SSAValue:
        def body(x: SSAValue) -> Sequence[Operation]:
            return [cast(x, f32)]

        return self._map([value], f32, body)

    def _by_maps(self) -> SSAValue:
        """Codes taken out of their bytes, side by side, less the zero point, times the scale."""
        op = self.op
        numbers = self._numbers()
        if op.width == 16:
            return numbers
        lead = extents_of(op.codes)[:-1]
        blocks = -(-op.row // op.block_size)
        apart = self.insert(ReshapeOp(numbers, (*lead, blocks, op.block_size)))
        beside = [self.insert(ReshapeOp(v, (*lead, blocks, 1))) for v in (*op.scales, *op.zeros)]

        def body(x: SSAValue, scale: SSAValue, *zero: SSAValue) -> Sequence[Operation]:
            made: list[Operation] = []

            def wide(value: SSAValue) -> SSAValue:
                if value.type == f32:
                    return value
                if value.type != i8:
                    made.append(arith.ExtFOp(value, f32))
                elif element_of(op.codes) == UI8:
                    made.append(arith.UIToFPOp(value, f32))
                else:
                    made.append(arith.SIToFPOp(value, f32))
                return made[-1].results[0]

            offset: SSAValue | None = None
            if zero:
                offset = wide(zero[0])
            elif (number := default_zero(op.codes, op.width)) != 0:
                made.append(arith.ConstantOp(FloatAttr(float(number), f32)))
                offset = made[-1].results[0]
            if offset is not None:
                made.append(arith.SubfOp(x, offset))
                x = made[-1].results[0]
            made.append(arith.MulfOp(x, wide(scale)))
            return made

        found = self._map([apart, *beside], f32, body)
        whole = blocks * op.block_size
        flat = self.insert(ReshapeOp(found, (*lead, whole)))
        return self._first(flat, op.row)

    def _first(self, value: SSAValue, size: int) -> SSAValue:
        shape = extents_of(value)
        if shape[-1] == size:
            return value
        return self.insert(SliceOp(value, [0] * len(shape), (*shape[:-1], size)))

    def _numbers(self) -> SSAValue:
        """The codes of all blocks as f32, `[..., blocks * block]`."""
        op = self.op
        signed = element_of(op.codes) == i8
        if op.width == 16:
            return self._cast(op.codes, arith.ExtFOp)
        if op.width == 8:
            return self._cast(op.codes, arith.SIToFPOp if signed else arith.UIToFPOp)
        lead, bytes_ = extents_of(op.codes)[:-1], extents_of(op.codes)[-1]
        parts: list[SSAValue] = []
        for shift in range(0, 8, op.width):

            def body(x: SSAValue, shift: int = shift) -> Sequence[Operation]:
                wide = arith.ExtUIOp(x, i32)
                up = arith.ConstantOp.from_int_and_width(32 - op.width - shift, 32)
                down = arith.ConstantOp.from_int_and_width(32 - op.width, 32)
                top = arith.ShLIOp(wide, up)
                kind = arith.ShRSIOp if signed else arith.ShRUIOp
                low = kind(top, down)
                cast = arith.SIToFPOp(low, f32)
                return [wide, up, down, top, low, cast]

            part = self._map([op.codes], f32, body)
            parts.append(self.insert(ReshapeOp(part, (*lead, bytes_, 1))))
        joined = self.insert(ConcatOp(parts, len(lead) + 1))
        assert isinstance(bytes_, int)
        whole = self.insert(ReshapeOp(joined, (*lead, bytes_ * len(parts))))
        return self._first(whole, -(-op.row // op.block_size) * op.block_size)
