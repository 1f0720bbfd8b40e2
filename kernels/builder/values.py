"""Arithmetic of `KernelBuilder` on scalars and vectors: `arith`, `math` and lane movement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xdsl.dialects import arith, math, vector
from xdsl.dialects.builtin import (
    AnyFloat,
    AnyFloatConstr,
    DenseIntOrFPElementsAttr,
    FixedBitwidthType,
    IndexType,
    IntegerType,
    VectorType,
)
from xdsl.ir import Attribute, Operation, SSAValue

from ...dialects.vector_arith import (
    CMPF_PREDICATES,
    CMPI_PREDICATES,
    VECTOR_FORM,
    bool_like,
    predicate_attribute,
)
from ...dialects.vector_ext import (
    DotHalvesOp,
    DotOp,
    DotPairsOp,
    LookupOp,
    NumberOfNibbleOp,
    RoundHalvesOp,
)
from ...runtime.size import Size
from .core import Index
from .indices import BuilderIndices
from .types import (
    NO_FLAGS,
    combining_kind,
    element_type,
    flags,
    index_array,
    lanes_of,
    mask_type,
    vector_type,
    with_lanes,
)

Operand = SSAValue | float | int | Size
"""A value, or a number that becomes a constant of the other operand's type; sizes are indices."""

NSZ = flags("nsz")
REASSOC = flags("reassoc")


class BuilderValues(BuilderIndices):
    """Elementwise arithmetic, comparisons, casts, shuffles and reductions."""

    # ------------------------------------------------------------------ generic application

    def operands(self, *values: Operand) -> list[SSAValue]:
        """Numbers become constants, and scalars are broadcast, to the widest operand's type."""
        type: Attribute | None = None
        for value in values:
            if isinstance(value, SSAValue) and (type is None or isinstance(value.type, VectorType)):
                type = cast(Attribute, value.type)
        assert type is not None, "at least one operand must be a value"
        lanes = lanes_of(type)
        found: list[SSAValue] = []
        for value in values:
            if isinstance(value, Size):
                value = self.index(value)
            elif not isinstance(value, SSAValue):
                value = self.constant(value, type)
            elif lanes is not None and not isinstance(value.type, VectorType):
                value = self.broadcast(value, lanes)
            found.append(value)
        return found

    def apply(
        self,
        op: type[Operation],
        *values: Operand,
        result: Attribute | None = None,
        fastmath: arith.FastMathFlagsAttr | None = None,
    ) -> SSAValue:
        """
        Any one-result `arith` or `math` op on scalars or vectors.

        The result type is that of the operands unless `result` says otherwise; the vector class
        of an op is chosen by itself.
        """
        operands = self.operands(*values)
        type = operands[0].type if result is None else result
        return self.op(
            _form(op, type), operands, type, {"fastmath": fastmath} if fastmath else None
        )

    # ------------------------------------------------------------------ floats

    def addf(self, a: Operand, b: Operand) -> SSAValue:
        """`a + b`."""
        return self.apply(arith.AddfOp, a, b)

    def subf(self, a: Operand, b: Operand) -> SSAValue:
        """`a - b`."""
        return self.apply(arith.SubfOp, a, b)

    def mulf(self, a: Operand, b: Operand) -> SSAValue:
        """`a * b`."""
        return self.apply(arith.MulfOp, a, b)

    def divf(self, a: Operand, b: Operand) -> SSAValue:
        """`a / b`."""
        return self.apply(arith.DivfOp, a, b)

    def negf(self, a: SSAValue) -> SSAValue:
        """`-a`."""
        return self.apply(arith.NegfOp, a)

    def fma(self, a: Operand, b: Operand, c: Operand) -> SSAValue:
        """`a * b + c`, rounded once where the target has the instruction."""
        operands = self.operands(a, b, c)
        type = operands[2].type
        op = math.FmaOp if lanes_of(type) is None else vector.FMAOp
        return self.op(op, operands, type)

    def maximumf(self, a: Operand, b: Operand, *, signed_zeros: bool = False) -> SSAValue:
        """The larger, NaN if either is NaN; which zero of `max(-0, 0)` only on request."""
        return self.apply(arith.MaximumfOp, a, b, fastmath=NO_FLAGS if signed_zeros else NSZ)

    def minimumf(self, a: Operand, b: Operand, *, signed_zeros: bool = False) -> SSAValue:
        """The smaller, NaN if either is NaN; which zero of `min(-0, 0)` only on request."""
        return self.apply(arith.MinimumfOp, a, b, fastmath=NO_FLAGS if signed_zeros else NSZ)

    def relu(self, a: SSAValue) -> SSAValue:
        """`max(a, 0)` with NaN kept."""
        return self.maximumf(a, 0.0)

    def clamp(self, a: SSAValue, low: Operand, high: Operand) -> SSAValue:
        """`min(max(a, low), high)` with NaN kept."""
        return self.minimumf(self.maximumf(a, low), high)

    # ------------------------------------------------------------------ integers and booleans

    def addi(self, a: Operand, b: Operand) -> SSAValue:
        """`a + b` on integers; for indices prefer `add`, which folds."""
        return self.apply(arith.AddiOp, a, b)

    def subi(self, a: Operand, b: Operand) -> SSAValue:
        """`a - b` on integers."""
        return self.apply(arith.SubiOp, a, b)

    def muli(self, a: Operand, b: Operand) -> SSAValue:
        """`a * b` on integers."""
        return self.apply(arith.MuliOp, a, b)

    def andi(self, a: Operand, b: Operand) -> SSAValue:
        """Bitwise and."""
        return self.apply(arith.AndIOp, a, b)

    def ori(self, a: Operand, b: Operand) -> SSAValue:
        """Bitwise or."""
        return self.apply(arith.OrIOp, a, b)

    def xori(self, a: Operand, b: Operand) -> SSAValue:
        """Bitwise exclusive or."""
        return self.apply(arith.XOrIOp, a, b)

    def dot(self, acc: SSAValue, a: SSAValue, b: SSAValue, signs: str) -> SSAValue:
        """Each lane of `acc` and four products of bytes of `a` and `b`; see `vector_ext.dot`."""
        return self.add_op(DotOp(acc, a, b, signs))[0]

    def dot_pairs(self, acc: SSAValue, a: SSAValue, b: SSAValue) -> SSAValue:
        """Each lane of `acc` and two products of 16-bit words; see `vector_ext.dot_pairs`."""
        return self.add_op(DotPairsOp(acc, a, b))[0]

    def dot_halves(self, acc: SSAValue, a: SSAValue, b: SSAValue) -> SSAValue:
        """Each lane of `acc` and two products of bf16; see `vector_ext.dot_halves`."""
        return self.add_op(DotHalvesOp(acc, a, b))[0]

    def number_of_nibble(self, table: SSAValue, words: SSAValue) -> SSAValue:
        """Entries of a table of 16 numbers; see `vector_ext.number_of_nibble`."""
        return self.add_op(NumberOfNibbleOp(table, words))[0]

    def round_halves(self, value: SSAValue) -> SSAValue:
        """A vector of f32 rounded to bf16 for `dot_halves`."""
        return self.add_op(RoundHalvesOp(value))[0]

    def lookup(self, table: SSAValue, codes: SSAValue) -> SSAValue:
        """The entries of a table of 256 bytes, read as 0 to 255; see `vector_ext.lookup`."""
        return self.add_op(LookupOp(table, codes))[0]

    # ------------------------------------------------------------------ comparison and choice

    def cmpf(self, predicate: str, a: Operand, b: Operand) -> SSAValue:
        """Compare floats: oeq ogt oge olt ole one ord ueq ugt uge ult ule une uno."""
        operands = self.operands(a, b)
        type = bool_like(operands[0].type)
        number = predicate_attribute(CMPF_PREDICATES.index(predicate))
        return self.op(_form(arith.CmpfOp, type), operands, type, {"predicate": number})

    def cmpi(self, predicate: str, a: Index, b: Index) -> SSAValue:
        """Compare integers or indices: eq ne slt sle sgt sge ult ule ugt uge."""
        if not isinstance(a, SSAValue) and not isinstance(b, SSAValue):
            a = self.index(a)
        operands = self.operands(a, b)
        type = bool_like(operands[0].type)
        number = predicate_attribute(CMPI_PREDICATES.index(predicate))
        return self.op(_form(arith.CmpiOp, type), operands, type, {"predicate": number})

    def select(self, condition: SSAValue, a: Operand, b: Operand) -> SSAValue:
        """`a` where `condition`, else `b`; a scalar condition chooses for all lanes."""
        lanes = lanes_of(condition.type)
        operands = self.operands(a, b)
        if lanes is not None and lanes_of(operands[0].type) is None:
            operands = [self.broadcast(value, lanes) for value in operands]
        type = operands[0].type
        return self.op(_form(arith.SelectOp, type), (condition, *operands), type)

    # ------------------------------------------------------------------ casts

    def cast(self, value: SSAValue, element: Attribute, *, unsigned: bool = False) -> SSAValue:
        """
        Convert to element type `element`, lane by lane: any of floats, integers and `index`.

        Floats to integers truncate towards zero; out of range is undefined as in `arith`.
        `i1` is unsigned by itself (true is 1). `unsigned` reads other integers as unsigned.
        """
        source = element_type(value.type)
        if source == element:
            return value
        op = _cast_op(source, element, unsigned)
        if op is None:  # index <-> float goes through i64
            middle = self.cast(value, IntegerType(64))
            return self.cast(middle, element, unsigned=unsigned)
        return self.apply(op, value, result=with_lanes(element, lanes_of(value.type)))

    def bitcast(self, value: SSAValue, element: Attribute) -> SSAValue:
        """The same bits as another type of the same width."""
        type = with_lanes(element, lanes_of(value.type))
        return value if type == value.type else self.op(arith.BitcastOp, (value,), type)

    def regroup(self, value: SSAValue, element: Attribute) -> SSAValue:
        """The bits of a vector as lanes of another width: 64 bytes as 16 words."""
        source, lanes = element_type(value.type), lanes_of(value.type)
        assert isinstance(source, FixedBitwidthType)
        assert isinstance(element, FixedBitwidthType)
        assert lanes is not None
        type = vector_type(element, lanes * source.bitwidth // element.bitwidth)
        return value if type == value.type else self.op(vector.BitcastOp, (value,), type)

    # ------------------------------------------------------------------ lanes

    def broadcast(self, value: SSAValue, lanes: int) -> SSAValue:
        """The scalar in every lane; a vector passes through."""
        if isinstance(value.type, VectorType):
            return value
        return self.op(vector.BroadcastOp, (value,), vector_type(value.type, lanes))

    def splat(self, value: float, element: Attribute, lanes: int) -> SSAValue:
        """A constant vector with `value` in every lane."""
        return self.constant(value, vector_type(element, lanes))

    def vector_of(self, numbers: Sequence[float], element: AnyFloat) -> SSAValue:
        """A constant vector of these numbers."""
        type = VectorType(element, [len(numbers)])
        value = DenseIntOrFPElementsAttr.from_list(type, list(numbers))
        return self.op(arith.ConstantOp, (), type, {"value": value})

    def extract(self, source: SSAValue, lane: int) -> SSAValue:
        """Lane `lane` of a vector as a scalar."""
        properties = {"static_position": index_array((lane,))}
        return self.op(vector.ExtractOp, (source,), element_type(source.type), properties)

    def insert(self, value: SSAValue, target: SSAValue, lane: int) -> SSAValue:
        """`target` with lane `lane` replaced by the scalar `value`."""
        properties = {"static_position": index_array((lane,))}
        return self.op(vector.InsertOp, (value, target), target.type, properties)

    def shuffle(self, a: SSAValue, b: SSAValue, lanes: Sequence[int]) -> SSAValue:
        """Lane `i` of the result is lane `lanes[i]` of `a` and `b` laid end to end."""
        type = vector_type(element_type(a.type), len(lanes))
        return self.op(vector.ShuffleOp, (a, b), type, {"mask": index_array(tuple(lanes))})

    def transpose(self, rows: Sequence[SSAValue]) -> list[SSAValue]:
        """
        Transpose a square tile of W vectors of W lanes (W a power of two), W log2 W shuffles.

        Each of log2 W rounds exchanges the off-diagonal blocks of pairs of rows (Eklundh's
        method), so every shuffle reads two vectors and moves lanes by one fixed distance.
        """
        size = len(rows)
        assert size & (size - 1) == 0, "a transposed tile has a power of two of rows"
        tile = list(rows)
        distance = size // 2
        while distance:
            low = [i if not i & distance else size + i - distance for i in range(size)]
            high = [i + distance if not i & distance else size + i for i in range(size)]
            for i in range(size):
                if not i & distance:
                    a, b = tile[i], tile[i + distance]
                    tile[i] = self.shuffle(a, b, low)
                    tile[i + distance] = self.shuffle(a, b, high)
            distance //= 2
        return tile

    def reduce(
        self, kind: str, value: SSAValue, acc: SSAValue | None = None, *, ordered: bool = False
    ) -> SSAValue:
        """
        All lanes combined to a scalar: kind out of add mul maximumf minimumf maxnumf minnumf
        maxsi minsi maxui minui and or xor.

        The order is that of halving (lane i with lane i + W/2), unless `ordered` asks for lane
        by lane from the left. `acc` joins last.
        """
        operands = (value,) if acc is None else (value, acc)
        fast = NO_FLAGS if ordered else REASSOC
        if kind in ("maximumf", "minimumf"):
            fast = NSZ
        properties = {"kind": combining_kind(kind), "fastmath": fast}
        return self.op(vector.ReductionOp, operands, element_type(value.type), properties)

    def mask(self, count: Index, lanes: int) -> SSAValue | None:
        """
        A mask of the first `count` of `lanes` lanes (clamped to 0..lanes).

        None, meaning all lanes, where `count` is known to reach `lanes`; loads and stores take
        that None.
        """
        number = self.number(count)
        if number is not None and number >= lanes:
            return None
        return self.op(vector.CreateMaskOp, (self.index(count),), mask_type(lanes))


def _form(op: type[Operation], result: Attribute) -> type[Operation]:
    """The vector class of an op where its result is a vector."""
    return VECTOR_FORM.get(op, op) if isinstance(result, VectorType) else op


def _cast_op(source: Attribute, result: Attribute, unsigned: bool) -> type[Operation] | None:
    """The `arith` op that converts between two scalar types, None if it takes two steps."""
    to_float, from_float = AnyFloatConstr.verifies(result), AnyFloatConstr.verifies(source)
    unsigned = unsigned or source == IntegerType(1)
    if isinstance(source, IndexType) or isinstance(result, IndexType):
        return None if to_float or from_float else arith.IndexCastOp
    assert isinstance(source, FixedBitwidthType)
    assert isinstance(result, FixedBitwidthType)
    grows = result.bitwidth > source.bitwidth
    if from_float and to_float:
        return arith.ExtFOp if grows else arith.TruncFOp
    if from_float:
        return arith.FPToUIOp if unsigned else arith.FPToSIOp
    if to_float:
        return arith.UIToFPOp if unsigned else arith.SIToFPOp
    if not grows:
        return arith.TruncIOp
    return arith.ExtUIOp if unsigned else arith.ExtSIOp
