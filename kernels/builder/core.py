"""
The base of `KernelBuilder`: where ops go, functions and constants.

Indices and extents are `Index = int | Size | SSAValue`: numbers stay numbers and sizes sizes as
long as they can, so a template is written once for extents known at compile time and at run time.
Index arithmetic folds both and reuses an equal value that is already visible. A size that is used
becomes a value at the head of the function, computed once from the function's parameters.
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
    IntegerType,
    ModuleOp,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.irdl import IRDLOperation
from xdsl.traits import IsTerminator

from ...runtime.size import Extent, Size
from ...targets.target import Target
from .types import INDEX, constant_attribute, element_type

Index: TypeAlias = Extent | SSAValue
"""A number, a size made of parameters of the function, or an SSA value of type `index`."""


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
    sizes: tuple[Size, ...] = ()
    extents: dict[Size, SSAValue] = field(default_factory=dict)
    at_head: bool = False
    last_at_head: Operation | None = None
    known_at_head: dict[tuple[object, ...], Index] = field(default_factory=dict)
    constants: dict[tuple[str, Attribute], SSAValue] = field(default_factory=dict)
    numbers: dict[SSAValue, int] = field(default_factory=dict)
    last_constant: Operation | None = None
    before: Operation | None = None
    known: list[dict[tuple[object, ...], Index]] = field(default_factory=lambda: [{}])


class BuilderCore:
    """Insertion point, functions, constants. See `KernelBuilder`."""

    target: Target
    module: ModuleOp

    def __init__(self, target: Target, module: ModuleOp | None = None):
        self.target = target
        self.module = module if module is not None else ModuleOp([])
        self._scopes: list[_Scope] = []
        self._names = {op.sym_name.data for op in self.module.ops if isinstance(op, func.FuncOp)}
        self._sizes_of: dict[str, tuple[Size, ...]] = {}

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
        sizes: Sequence[Size] = (),
    ) -> Generator[tuple[SSAValue, ...]]:
        """
        Open a new function of the module; the body of the `with` builds into it.

        Gives the arguments. A missing `func.return` is added at the end. Functions may be opened
        inside one another (a tile function while its kernel is being written): the outer one
        goes on afterwards. `private` functions become internal and are never inlined. `names`
        are name hints of the arguments.

        `sizes` are further arguments, which are not among those given: any size that is made of
        them can be used as an index. A private function has those of the function around it, and
        `call` passes them on.
        """
        if private and self._scopes:
            sizes = (*self._scopes[-1].sizes, *sizes)
        count = len(inputs)
        inputs = [*inputs, *[INDEX] * len(sizes)]
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
        extents = dict[Size, SSAValue](zip(sizes, entry.args[count:], strict=True))
        for size, argument in extents.items():
            argument.name_hint = size.text if size.text.isidentifier() else "chunks"
        self._sizes_of[name] = tuple(sizes)
        self._scopes.append(_Scope(op, entry, entry, tuple(sizes), extents))
        try:
            yield tuple(entry.args[:count])
            last = entry.last_op
            if last is None or not last.has_trait(IsTerminator):
                self.add_op(func.ReturnOp.create())
        finally:
            self._scopes.pop()

    @property
    def current_function(self) -> func.FuncOp:
        """The function being built."""
        return self._scopes[-1].function

    # ------------------------------------------------------------------ insertion

    def add_op(self, op: Operation) -> tuple[SSAValue, ...]:
        """Append any op at the insertion point; gives its results."""
        self._append(op)
        return tuple(op.results)

    def _append(self, op: Operation) -> None:
        scope = self._scopes[-1]
        if scope.at_head:
            self._append_at_head(op)
        elif scope.before is None:
            scope.block.add_op(op)
        else:
            scope.block.insert_op_before(op, scope.before)

    def _append_at_head(self, op: Operation) -> None:
        scope = self._scopes[-1]
        last = scope.last_at_head or scope.last_constant
        if last is not None:
            scope.entry.insert_ops_after([op], last)
        elif (first := scope.entry.first_op) is not None:
            scope.entry.insert_ops_before([op], first)
        else:
            scope.entry.add_op(op)
        scope.last_at_head = op

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
