"""
Indices of `KernelBuilder`: arithmetic on numbers, sizes and values, and calls.

A size is made of parameters of the function being built (`function(..., sizes=...)`). Arithmetic
on numbers and sizes gives numbers and sizes; where one meets a value, or is used, it becomes a
value at the head of the function, which later uses share.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager

from typing_extensions import Generator
from xdsl.dialects import arith, func
from xdsl.dialects.builtin import IntegerAttr, StringAttr, SymbolRefAttr, i1
from xdsl.ir import Attribute, Operation, SSAValue

from ...dialects.vector_arith import CMPI_PREDICATES, predicate_attribute
from ...errors import CompileError
from ...runtime.size import (
    Atom,
    Extent,
    Size,
    ceildiv,
    floordiv,
    lower_bound,
    maximum,
    minimum,
    mod,
)
from .core import BuilderCore, Index
from .types import INDEX


def _sizes(a: Index, b: Index) -> bool:
    """Whether one is a size: a quick question, for most are none."""
    return type(a) is Size or type(b) is Size


class BuilderIndices(BuilderCore):
    """Index arithmetic, sizes, calls. See `KernelBuilder`."""

    def call(
        self,
        callee: str | func.FuncOp,
        arguments: Sequence[Index],
        results: Sequence[Attribute] = (),
    ) -> tuple[SSAValue, ...]:
        """`func.call`; a `FuncOp` brings its own result types."""
        if isinstance(callee, func.FuncOp):
            results = callee.function_type.outputs.data
            callee = callee.sym_name.data
        passed = (*arguments, *self._sizes_of.get(callee, ()))
        op = func.CallOp.create(
            operands=[self.index(argument) for argument in passed],
            result_types=results,
            properties={"callee": SymbolRefAttr(StringAttr(callee))},
        )
        return self.add_op(op)

    def ret(self, *values: Index) -> None:
        """`func.return`."""
        self.add_op(func.ReturnOp.create(operands=[self.index(value) for value in values]))

    def index(self, value: Index) -> SSAValue:
        """An SSA value of an index; a value of any other type passes through."""
        if isinstance(value, int):
            return self.constant(value, INDEX)
        return self._size(value) if isinstance(value, Size) else value

    def extent(self, size: Extent) -> int | SSAValue:
        """The number that an extent is, or its value, computed once at the head of the function."""
        return self._size(size) if isinstance(size, Size) else size

    def define(self, size: Size, value: SSAValue) -> None:
        """Let `value`, computed at the head of the function, be that size in what follows."""
        scope = self._scopes[-1]
        assert isinstance(value.owner, Operation)
        scope.extents[size] = value
        scope.last_at_head = value.owner

    def number(self, value: Index) -> int | None:
        """The number behind an index where it is known at compile time."""
        if isinstance(value, int):
            return value
        if isinstance(value, Size):
            return None
        found = self._scopes[-1].numbers.get(value)
        if found is not None or not isinstance(value.owner, arith.ConstantOp):
            return found
        attribute = value.owner.value
        return attribute.value.data if isinstance(attribute, IntegerAttr) else None

    # ------------------------------------------------------------------ index arithmetic

    def add(self, a: Index, b: Index) -> Index:
        """`a + b`."""
        x, y = self.number(a), self.number(b)
        if x is not None and y is not None:
            return x + y
        if x == 0:
            return b
        if y == 0:
            return a
        if _sizes(a, b) and not isinstance(a, SSAValue) and not isinstance(b, SSAValue):
            return a + b
        if x is not None:  # numbers second, so that equal sums are found
            a, b = b, a
        return self._index_op(arith.AddiOp, a, b)

    def sub(self, a: Index, b: Index) -> Index:
        """`a - b`."""
        x, y = self.number(a), self.number(b)
        if x is not None and y is not None:
            return x - y
        if a is b:
            return 0
        if _sizes(a, b) and not isinstance(a, SSAValue) and not isinstance(b, SSAValue):
            return a - b
        if y is not None:
            return self.add(a, -y)
        return self._index_op(arith.SubiOp, a, b)

    def mul(self, a: Index, b: Index) -> Index:
        """`a * b`."""
        x, y = self.number(a), self.number(b)
        if x is not None and y is not None:
            return x * y
        if x == 0 or y == 0:
            return 0
        if x == 1:
            return b
        if y == 1:
            return a
        if _sizes(a, b) and not isinstance(a, SSAValue) and not isinstance(b, SSAValue):
            return a * b
        if x is not None:
            a, b = b, a
        return self._index_op(arith.MuliOp, a, b)

    def floordiv(self, a: Index, b: Index) -> Index:
        """`a // b` for `a >= 0`, `b > 0` (emitted as an unsigned division)."""
        x, y = self.number(a), self.number(b)
        if x is not None and y is not None:
            return x // y
        if y == 1:
            return a
        if _sizes(a, b) and not isinstance(a, SSAValue) and not isinstance(b, SSAValue):
            return floordiv(a, b)
        return self._index_op(arith.DivUIOp, a, b)

    def mod(self, a: Index, b: Index) -> Index:
        """`a % b` for `a >= 0`, `b > 0` (emitted as an unsigned remainder)."""
        x, y = self.number(a), self.number(b)
        if x is not None and y is not None:
            return x % y
        if y == 1:
            return 0
        if _sizes(a, b) and not isinstance(a, SSAValue) and not isinstance(b, SSAValue):
            return mod(a, b)
        return self._index_op(arith.RemUIOp, a, b)

    def ceildiv(self, a: Index, b: Index) -> Index:
        """`ceil(a / b)` for `a >= 0`, `b > 0`."""
        if _sizes(a, b) and not isinstance(a, SSAValue) and not isinstance(b, SSAValue):
            return ceildiv(a, b)
        return self.floordiv(self.add(a, self.sub(b, 1)), b)

    def min(self, a: Index, b: Index) -> Index:
        """The smaller of two indices, signed."""
        x, y = self.number(a), self.number(b)
        if x is not None and y is not None:
            return min(x, y)
        if _sizes(a, b) and not isinstance(a, SSAValue) and not isinstance(b, SSAValue):
            return minimum(a, b)
        return a if a is b else self._index_op(arith.MinSIOp, a, b)

    def max(self, a: Index, b: Index) -> Index:
        """The larger of two indices, signed."""
        x, y = self.number(a), self.number(b)
        if x is not None and y is not None:
            return max(x, y)
        if _sizes(a, b) and not isinstance(a, SSAValue) and not isinstance(b, SSAValue):
            return maximum(a, b)
        return a if a is b else self._index_op(arith.MaxSIOp, a, b)

    def round_down(self, a: Index, multiple: int) -> Index:
        """The largest multiple of `multiple` that is not above `a >= 0`."""
        return self.mul(self.floordiv(a, multiple), multiple)

    def sum(self, *terms: Index) -> Index:
        """Sum of indices."""
        total: Index = 0
        for term in terms:
            total = self.add(total, term)
        return total

    def unflatten(self, flat: Index, extents: Sequence[Index]) -> tuple[Index, ...]:
        """Row-major coordinates of `flat` in a box: `(flat // e1 // e2, flat // e2 % e1, ...)`."""
        found: list[Index] = []
        for extent in reversed(extents[1:]):
            found.append(self.mod(flat, extent))
            flat = self.floordiv(flat, extent)
        found.append(flat)
        return tuple(reversed(found))

    def _index_op(self, op: type[Operation], a: Index, b: Index) -> SSAValue:
        left, right = self.index(a), self.index(b)
        key = (op, left, right)
        known = self._scopes[-1].known
        for table in reversed(known):
            found = table.get(key)
            if found is not None:
                assert isinstance(found, SSAValue)
                return found
        result = self.op(op, (left, right), INDEX)
        known[-1][key] = result
        return result

    # ------------------------------------------------------------------ sizes

    def _size(self, size: Size) -> SSAValue:
        scope = self._scopes[-1]
        found = scope.extents.get(size)
        if found is None:
            with self._at_head():
                found = scope.extents[size] = self.index(self._computed(size))
        return found

    @contextmanager
    def _at_head(self) -> Generator[None]:
        """Insert behind the constants, where arguments alone are visible; may be nested."""
        scope = self._scopes[-1]
        outer = scope.at_head, scope.known
        scope.at_head, scope.known = True, [scope.known_at_head]
        try:
            yield
        finally:
            scope.at_head, scope.known = outer

    def _computed(self, size: Size) -> Index:
        total: Index = 0
        for monomial, coefficient in size.terms:
            product: Index = 1
            for atom in monomial:
                product = self.mul(product, self._atom(atom))
            total = self.add(total, self.mul(product, coefficient))
        return total

    def _atom(self, atom: Atom) -> SSAValue:
        size = Size((((atom,), 1),))
        extents = self._scopes[-1].extents
        if size not in extents:
            extents[size] = self._function_of_sizes(atom)
        return extents[size]

    def _function_of_sizes(self, atom: Atom) -> SSAValue:
        if atom.kind == "name":
            raise CompileError(
                f"a kernel uses the size '{atom.text}', which is none of its parameters"
            )
        first, *others = map(self.index, atom.operands)
        match atom.kind:
            case "min" | "max":
                op = arith.MinSIOp if atom.kind == "min" else arith.MaxSIOp
                for other in others:
                    first = self._index_op(op, first, other)
                return first
            case "broadcast":
                for other in others:
                    first = self._chosen(self._equal(first, 1), other, first)
                return first
            case _:
                return self._quotient(*atom.operands)

    def _quotient(self, a: Extent, b: Extent) -> SSAValue:
        """Rounded down; 0 for a divisor of 0, as sizes have it."""
        divide = arith.DivUIOp if lower_bound(a) >= 0 else arith.FloorDivSIOp
        if lower_bound(b) >= 1:
            return self._index_op(divide, a, b)
        divisor = self._index_op(arith.MaxSIOp, b, 1)
        return self._chosen(self._equal(b, 0), 0, self._index_op(divide, a, divisor))

    def _equal(self, a: Index, b: Index) -> SSAValue:
        number = predicate_attribute(CMPI_PREDICATES.index("eq"))
        return self.op(arith.CmpiOp, (self.index(a), self.index(b)), i1, {"predicate": number})

    def _chosen(self, condition: SSAValue, a: Index, b: Index) -> SSAValue:
        return self.op(arith.SelectOp, (condition, self.index(a), self.index(b)), INDEX)
