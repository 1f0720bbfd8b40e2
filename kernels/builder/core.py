"""
The base of `KernelBuilder`: where ops go, functions, constants and index arithmetic.

Indices and extents are `Index = int | SSAValue`: numbers stay numbers as long as they can, so a
template is written once for extents known at compile time and at run time. Index arithmetic
folds numbers and reuses an equal value that is already visible.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias

from typing_extensions import Generator
from xdsl.dialects import arith, func
from xdsl.dialects.builtin import (
    FunctionType,
    IndexType,
    IntegerAttr,
    IntegerType,
    ModuleOp,
    StringAttr,
    SymbolRefAttr,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.irdl import IRDLOperation
from xdsl.traits import IsTerminator

from ...targets.target import Target
from .types import INDEX, constant_attribute, element_type

Index: TypeAlias = int | SSAValue
"""A number, or an SSA value of type `index`."""


@cache
def default_properties(op: type[Operation]) -> Mapping[str, Attribute]:
    """The properties of `op` that have a default value, for building through `op.create`."""
    if not issubclass(op, IRDLOperation):
        return {}
    found: dict[str, Attribute] = {}
    for name, definition in op.get_irdl_definition().properties.items():
        if definition.default_value is not None:
            found[name] = definition.default_value
    return found


@dataclass
class _Scope:
    """What is being built: the innermost block, and what is reusable in it and around it."""

    function: func.FuncOp
    entry: Block
    block: Block
    constants: dict[tuple[str, Attribute], SSAValue] = field(default_factory=dict)
    numbers: dict[SSAValue, int] = field(default_factory=dict)
    last_constant: Operation | None = None
    before: Operation | None = None
    known: list[dict[tuple[object, ...], Index]] = field(default_factory=lambda: [{}])


class BuilderCore:
    """Insertion point, functions, constants, index arithmetic. See `KernelBuilder`."""

    target: Target
    module: ModuleOp

    def __init__(self, target: Target, module: ModuleOp | None = None):
        self.target = target
        self.module = module if module is not None else ModuleOp([])
        self._scopes: list[_Scope] = []
        self._names = {op.sym_name.data for op in self.module.ops if isinstance(op, func.FuncOp)}

    # ------------------------------------------------------------------ functions

    def unique_name(self, base: str) -> str:
        """`base`, or `base_1`, `base_2`, ... if that name is taken in the module."""
        name, count = base, 0
        while name in self._names:
            count += 1
            name = f"{base}_{count}"
        return name

    @contextmanager
    def function(
        self,
        name: str,
        inputs: Sequence[Attribute],
        results: Sequence[Attribute] = (),
        *,
        private: bool = False,
        names: Sequence[str] = (),
        attributes: Mapping[str, Attribute] | None = None,
    ) -> Generator[tuple[SSAValue, ...]]:
        """
        Open a new function of the module; the body of the `with` builds into it.

        Gives the arguments. A missing `func.return` is added at the end. Functions may be opened
        inside one another (a tile function while its kernel is being written): the outer one
        goes on afterwards. `private` functions become internal and are never inlined. `names`
        are name hints of the arguments.
        """
        type = FunctionType.from_lists(inputs, results)
        region = Region(Block(arg_types=inputs))
        op = func.FuncOp(name, type, region, "private" if private else None)
        if attributes:
            op.attributes.update(attributes)
        self._names.add(name)
        self.module.body.block.add_op(op)
        entry = region.block
        for argument, hint in zip(entry.args, names, strict=False):
            argument.name_hint = hint
        self._scopes.append(_Scope(op, entry, entry))
        try:
            yield tuple(entry.args)
            last = entry.last_op
            if last is None or not last.has_trait(IsTerminator):
                self.ret()
        finally:
            self._scopes.pop()

    @property
    def current_function(self) -> func.FuncOp:
        """The function being built."""
        return self._scopes[-1].function

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
        op = func.CallOp.create(
            operands=[self.index(argument) for argument in arguments],
            result_types=results,
            properties={"callee": SymbolRefAttr(StringAttr(callee))},
        )
        return self.add_op(op)

    def ret(self, *values: Index) -> None:
        """`func.return`."""
        self.add_op(func.ReturnOp.create(operands=[self.index(value) for value in values]))

    # ------------------------------------------------------------------ insertion

    def add_op(self, op: Operation) -> tuple[SSAValue, ...]:
        """Append any op at the insertion point; gives its results."""
        self._append(op)
        return tuple(op.results)

    def _append(self, op: Operation) -> None:
        scope = self._scopes[-1]
        if scope.before is None:
            scope.block.add_op(op)
        else:
            scope.block.insert_op_before(op, scope.before)

    def op(
        self,
        op: type[Operation],
        operands: Sequence[SSAValue],
        result: Attribute,
        properties: Mapping[str, Attribute] | None = None,
    ) -> SSAValue:
        """Append `op` with one result; properties not given take their defaults."""
        defaults = default_properties(op)
        built = op.create(
            operands=operands,
            result_types=(result,),
            properties={**defaults, **properties} if properties else defaults,
        )
        self._append(built)
        return built.results[0]

    @contextmanager
    def block(self, block: Block) -> Generator[Block]:
        """Build into `block` (of a region inside the current function)."""
        scope = self._scopes[-1]
        outer, before = scope.block, scope.before
        scope.block, scope.before = block, None
        scope.known.append({})
        try:
            yield block
        finally:
            scope.block, scope.before = outer, before
            scope.known.pop()

    @contextmanager
    def rewriting(self, function: func.FuncOp) -> Generator[None]:
        """Work in a function that is already there; `before` says where."""
        entry = function.body.block
        self._scopes.append(_Scope(function, entry, entry))
        try:
            yield
        finally:
            self._scopes.pop()

    @contextmanager
    def before(self, op: Operation) -> Generator[None]:
        """Insert in front of `op` (inside `rewriting`); constants go to the function's head."""
        scope = self._scopes[-1]
        block = op.parent_block()
        assert block is not None
        outer = scope.block, scope.before
        scope.block, scope.before = block, op
        scope.known.append({})
        try:
            yield
        finally:
            scope.block, scope.before = outer
            scope.known.pop()

    # ------------------------------------------------------------------ constants

    def constant(self, value: float, type: Attribute) -> SSAValue:
        """
        `arith.constant` at the head of the function, one for each value and type.

        A vector type gives `value` in every lane.
        """
        scope = self._scopes[-1]
        if not isinstance(element_type(type), IntegerType | IndexType):
            value = float(value)
        key = (str(value), type)
        found = scope.constants.get(key)
        if found is not None:
            return found
        op = arith.ConstantOp.create(
            result_types=(type,), properties={"value": constant_attribute(value, type)}
        )
        if scope.last_constant is not None:
            scope.entry.insert_ops_after([op], scope.last_constant)
        elif (first := scope.entry.first_op) is not None:
            scope.entry.insert_ops_before([op], first)
        else:
            scope.entry.add_op(op)
        scope.last_constant = op
        result = op.results[0]
        if type is INDEX:
            scope.numbers[result] = int(value)
            result.name_hint = f"c{value}" if value >= 0 else f"cm{-value}"
        scope.constants[key] = result
        return result

    def index(self, value: Index) -> SSAValue:
        """An SSA value of an index; a value of any other type passes through."""
        return self.constant(value, INDEX) if isinstance(value, int) else value

    def number(self, value: Index) -> int | None:
        """The number behind an index where it is known at compile time."""
        if isinstance(value, int):
            return value
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
        return self._index_op(arith.DivUIOp, a, b)

    def mod(self, a: Index, b: Index) -> Index:
        """`a % b` for `a >= 0`, `b > 0` (emitted as an unsigned remainder)."""
        x, y = self.number(a), self.number(b)
        if x is not None and y is not None:
            return x % y
        if y == 1:
            return 0
        return self._index_op(arith.RemUIOp, a, b)

    def ceildiv(self, a: Index, b: Index) -> Index:
        """`ceil(a / b)` for `a >= 0`, `b > 0`."""
        return self.floordiv(self.add(a, self.sub(b, 1)), b)

    def min(self, a: Index, b: Index) -> Index:
        """The smaller of two indices, signed."""
        x, y = self.number(a), self.number(b)
        if x is not None and y is not None:
            return min(x, y)
        return a if a is b else self._index_op(arith.MinSIOp, a, b)

    def max(self, a: Index, b: Index) -> Index:
        """The larger of two indices, signed."""
        x, y = self.number(a), self.number(b)
        if x is not None and y is not None:
            return max(x, y)
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
