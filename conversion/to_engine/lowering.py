"""
Builds engine operations in place of one operation of a framework.

Everything built gets the framework nodes of the operation it stands for. Constants are read and
made here; what an operator needs to be constant, static or of some type, it asks for here, and
what it does not get raises `NoNativeForm` with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, MutableMapping, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any, cast

import numpy as np
from xdsl.builder import ImplicitBuilder
from xdsl.dialects.arith import ConstantOp as ScalarConstantOp
from xdsl.dialects.builtin import (
    AnyFloat,
    FloatAttr,
    IntegerAttr,
    IntegerType,
    TensorType,
)
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from ...dialects.engine import (
    AsSizeOp,
    BroadcastOp,
    ConstantOp,
    DecodeOp,
    MapOp,
    ReshapeOp,
    SliceOp,
    TransposeOp,
    WeightStore,
    YieldOp,
)
from ...dialects.engine.base import (
    EngineOp,
    broadcast_extents,
    carry_provenance,
    element_of,
    extents_of,
    is_coded,
    scalar_type,
    shape_of,
    static,
    tensor,
)
from ...dialects.engine.constant import constant_of
from ...dialects.engine.contraction import CODES
from ...dialects.engine.data_sizes import SizeDefiningOp
from ...dialects.engine.opaque import any_opaque, is_opaque, is_unsized
from ...dialects.engine.weights import Array, ConstantAttr
from ...dialects.framework import AttributeReader, FrameworkOp
from ...errors import InputError
from ...interpreters.engine.semantics import evaluate
from ...runtime.available_memory import require_memory
from ...runtime.size import Extent, NeedsNumber, is_one, numbers_of
from ..shape_arithmetic import Elements
from ..size_relations import Relations
from .data_names import UNBOUNDED_SIZE, DataNames
from .invariants import chain_key, copied_before, invariant_chain

ScalarBuilder = (
    Callable[[SSAValue], SSAValue]
    | Callable[[SSAValue, SSAValue], SSAValue]
    | Callable[[SSAValue, SSAValue, SSAValue], SSAValue]
    | Callable[[SSAValue, SSAValue, SSAValue, SSAValue], SSAValue]
)
"""Builds a scalar expression of its arguments where the implicit builder stands."""

FOLD_LIMIT = 1 << 16
"""Largest constant, in elements, that the conversion computes; larger ones are for rewrites that
account for them."""

FOLD_SOURCE_LIMIT = 1 << 22
"""Most elements it reads for that."""


_MUCH = 1 << 24
"""Bytes below which nobody asks whether they are there."""


class NoNativeForm(Exception):
    """The operation, as it stands, has no form in the engine dialect; the message says why."""


class Lowering(AttributeReader):
    """Builds the engine form of `op` before it."""

    op: FrameworkOp
    store: WeightStore

    sizes: MutableMapping[SSAValue, Elements]
    """The elements of integer tensors in which there are sizes by name."""
    relations: Relations
    """What must hold of the sizes of a call, and what is known of their names."""

    def __init__(
        self,
        op: FrameworkOp,
        store: WeightStore,
        sizes: MutableMapping[SSAValue, Elements] | None = None,
        relations: Relations | None = None,
        data_names: DataNames | None = None,
        around: FrameworkOp | None = None,
    ):
        """`around` is the operation of the function in a region of which `op` stands."""
        self.op = op
        self.store = store
        self.sizes = {} if sizes is None else sizes
        self.relations = relations or Relations()
        self._data_names = data_names
        self.built: list[Operation] = []
        self._around = around
        self._region: Block | None = None

    @property
    def flags(self) -> MutableMapping[SSAValue, SizeDefiningOp]:
        """What finds the name that says whether a condition holds, where there is one."""
        return {} if self._data_names is None else self._data_names.flags

    @property
    def runs_always(self) -> bool:
        """Whether it runs in every call, as what is in no branch and no loop does."""
        return self._region is None and isinstance(self.op.parent_op(), FuncOp)

    @contextmanager
    def inside(self, region: Block) -> Generator[None]:
        """Meanwhile everything is built at the end of a block, which is a region of the result."""
        before, self._region = self._region, region
        try:
            yield
        finally:
            self._region = before

    def of_data(self, *sizes: Extent) -> bool:
        """Whether one of some sizes is known once an operation has found it in the data."""
        return self._data_names is not None and self._data_names.in_sizes(sizes)

    def new_size(self, wanted: str, bound: Extent, hint: int | None = None) -> str:
        """
        A name for a size that an operation of this form will find, at most `bound`.

        `hint` is what it is planned for, where that is not what the bound says.

        Raises:
            NoNativeForm: where sizes that the data decides must not be: in a branch or loop those
                without a bound, and in some programs all.
        """
        names = self._data_names
        bounded = self.runs_always or bound != UNBOUNDED_SIZE
        if names is None or not names.may_have(bound) or not bounded:
            raise NoNativeForm("gives sizes that only the data knows")
        return names.new(wanted, bound, inner=not self.runs_always, hint=hint)

    def size_found_before(self, number: SSAValue, wanted: str, bound: Extent) -> str | None:
        """
        A name for an integer that is computed of what is known before all branches and loops that
        `op` stands in, found there once; None where it is not.
        """
        names, outer = self._data_names, self._around
        if names is None or outer is None or not names.may_have(bound):
            return None
        chain = invariant_chain(number, outer)
        if chain is None:
            return None
        key = chain_key(number, chain)
        name = names.before.get(key)
        if name is None:
            number = copied_before(number, chain, outer)
            name = names.before[key] = names.new(wanted, bound)
            finding = AsSizeOp(number, [name], [bound])
            carry_provenance([self.op], [finding])
            assert outer.parent is not None
            outer.parent.insert_op_before(finding, outer)
        return name

    def bounds_of(self, names: Iterable[str]) -> dict[str, Extent]:
        """The most that names can be which operations find, as far as that is known."""
        return {} if self._data_names is None else self._data_names.bounds_of(names)

    def emit(self, built: Operation) -> SSAValue:
        """Insert an operation before the framework's; its first result.

        An operation on constants alone whose result is small becomes a constant.
        """
        if isinstance(built, EngineOp) and (folded := self._folded(built)) is not None:
            built.erase(drop_references=True)
            return self.constant(folded)
        if self._region is not None:
            self._region.add_op(built)
        else:
            block = self.op.parent
            assert block is not None
            block.insert_op_before(built, self.op)
            self.built.append(built)
        carry_provenance([self.op], [built])
        return built.results[0]

    def _folded(self, built: EngineOp) -> Array | None:
        attrs = [constant_of(v) for v in built.sources]
        if None in attrs or len(built.results) != 1 or _widens_codes(built):
            return None
        extents = extents_of(built.results[0])
        if not static(extents) or prod(numbers_of(extents)) > FOLD_LIMIT:
            return None
        if sum(prod(shape_of(v)) for v in built.sources) > FOLD_SOURCE_LIMIT:
            return None
        arrays = [self.store.array(attr) for attr in attrs if attr is not None]
        try:
            [result] = evaluate(built, *arrays)
        except (InputError, NeedsNumber):
            # A constant index out of range is an error only if this ever runs.
            return None
        return np.asarray(result, order="C")  # ascontiguousarray would make rank 0 rank 1

    # What the operation says.

    def operand(self, name: str) -> SSAValue:
        """A required operand by the name of the schema."""
        value = self.op.operand(name)
        assert value is not None
        return value

    def optional(self, name: str) -> SSAValue | None:
        """An optional operand by the name of the schema."""
        return self.op.operand(name)

    @property
    def operands(self) -> list[SSAValue]:
        """The operands of a variadic operator."""
        return [v for v in self.op.operand_slots if v is not None]

    def block(self, name: str) -> Block:
        """The block of a required region by the name of the schema."""
        region = self.op.graph(name)
        assert region is not None
        return region.block

    def group(self, name: str) -> list[SSAValue]:
        """The operands of a variadic parameter by the name of the schema."""
        return list(self.op.operand_group(name))

    def is_used(self, result: str) -> bool:
        """Whether a result exists and has a use."""
        value = self.op.result_named(result)
        return value is not None and bool(value.uses)

    # Constants.

    def array_of(self, value: SSAValue | None) -> Array | None:
        """The numbers of a constant, None for any other value."""
        attr = None if value is None else constant_of(value)
        return None if attr is None else self.store.array(attr)

    def constant_integers(self, name: str) -> list[int] | None:
        """The integers of a constant operand, None where the operand is absent.

        Raises:
            NoNativeForm: when it is there but is not a constant.
        """
        value = self.optional(name)
        if value is None:
            return None
        array = self.array_of(value)
        if array is None:
            raise NoNativeForm(f"operand '{name}' is not a constant")
        return [int(v) for v in array.reshape(-1)]

    def constant_number(self, name: str) -> Any | None:
        """The one number of a constant operand, None where the operand is absent.

        Raises:
            NoNativeForm: when it is there but is not a constant of one element.
        """
        value = self.optional(name)
        if value is None:
            return None
        array = self.array_of(value)
        if array is None or array.size != 1:
            raise NoNativeForm(f"operand '{name}' is not a constant number")
        return array.reshape(-1)[0]

    def require_room(self, *extents: int, bytes_each: int = 16) -> None:
        """Ask for memory before a constant of these extents is computed.

        `bytes_each` is what each element takes on the way, temporary arrays included.

        Raises:
            NotEnoughMemoryError: when there is less.
        """
        needed = prod(extents) * bytes_each
        if needed >= _MUCH:
            what = f"computing a constant of {list(extents)} for {self.op.label}"
            require_memory(needed, what, "use smaller sizes, or a machine with more memory")

    def constant(self, value: ConstantAttr | Array, name: str | None = None) -> SSAValue:
        """A constant from an attribute, or from numbers that are put into the store."""
        if isinstance(value, np.ndarray):
            value = self.store.add(value, name or self.op.results[0].name_hint or "constant")
        result = self.emit(ConstantOp(value))
        if name is not None and SSAValue.is_valid_name(name):
            result.name_hint = name
        return result

    def derived(
        self,
        kind: str,
        compute: Callable[..., Array],
        inputs: Sequence[ConstantAttr],
        shape: Sequence[int],
        element: Attribute,
        name: str,
    ) -> SSAValue:
        """A constant computed from others when somebody needs its numbers."""
        type_ = TensorType(element, shape)
        return self.constant(self.store.derive(kind, compute, inputs, type_, name), name)

    # Views and movement that leave no trace where they change nothing.

    def reshape(self, value: SSAValue, shape: Sequence[Extent]) -> SSAValue:
        """Another shape; of a constant, another constant."""
        target = tuple(shape)
        if extents_of(value) == target:
            return value
        if (attr := constant_of(value)) is not None and static(target):
            return self._reshaped_constant(value, attr, numbers_of(target))
        return self.emit(ReshapeOp(value, target))

    def _reshaped_constant(
        self, value: SSAValue, attr: ConstantAttr, shape: tuple[int, ...]
    ) -> SSAValue:
        name = value.name_hint or "constant"
        element = element_of(value)

        def compute(array: Array) -> Array:
            return array.reshape(shape)

        return self.derived(f"reshape{list(shape)}", compute, [attr], shape, element, name)

    def transpose(self, value: SSAValue, perm: Sequence[int]) -> SSAValue:
        """A permutation of the dimensions, a reshape where only unit dimensions move."""
        shape, order = extents_of(value), tuple(perm)
        target = tuple(shape[p] for p in order)
        moved = [p for p in order if not is_one(shape[p])]
        if moved == sorted(moved):
            return self.reshape(value, target)
        if (attr := constant_of(value)) is not None:

            def compute(array: Array) -> Array:
                return array.transpose(order)

            name = value.name_hint or "constant"
            kind = f"transpose{list(order)}"
            return self.derived(kind, compute, [attr], numbers_of(target), element_of(value), name)
        return self.emit(TransposeOp(value, order))

    def broadcast_extents(self, *shapes: Sequence[Extent]) -> tuple[Extent, ...]:
        """The broadcast of shapes, by what is known of the names in them."""
        found = broadcast_extents(*shapes)
        return found if static(found) else self._joined(shapes)

    def _joined(self, shapes: Sequence[Sequence[Extent]]) -> tuple[Extent, ...]:
        joined = self.relations.broadcast(*map(tuple, shapes))
        return tuple(-1 if n is None else n for n in joined)

    def broadcast(self, value: SSAValue, shape: Sequence[Extent]) -> SSAValue:
        """Repetition up to a shape."""
        target = tuple(shape)
        return value if extents_of(value) == target else self.emit(BroadcastOp(value, target))

    def slice(
        self,
        value: SSAValue,
        starts: Sequence[Extent],
        sizes: Sequence[Extent],
        steps: Sequence[int] | None = None,
    ) -> SSAValue:
        """A part of a tensor."""
        target = tuple(sizes)
        if target == extents_of(value) and all(s == 1 for s in steps or ()):
            return value
        attr = constant_of(value)
        numbers = static(target) and static(tuple(starts))
        if attr is not None and numbers and all(s == 1 for s in steps or ()):
            firsts, counts = numbers_of(starts), numbers_of(sizes)
            window = tuple(slice(a, a + n) for a, n in zip(firsts, counts, strict=True))

            def compute(array: Array) -> Array:
                return array[window]

            name = value.name_hint or "constant"
            kind = f"slice{list(starts)}{list(sizes)}"
            return self.derived(kind, compute, [attr], counts, element_of(value), name)
        return self.emit(SliceOp(value, starts, sizes, steps))

    def slice_axis(self, value: SSAValue, axis: int, start: Extent, size: Extent) -> SSAValue:
        """A part of a tensor along one axis."""
        shape = extents_of(value)
        starts: list[Extent] = [start if a == axis else 0 for a in range(len(shape))]
        return self.slice(value, starts, [*shape[:axis], size, *shape[axis + 1 :]])

    # Scalar regions.

    def map(
        self, inputs: Sequence[SSAValue], build: ScalarBuilder, element: Attribute | None = None
    ) -> SSAValue:
        """
        The elementwise computation that `build` makes from one scalar per input.

        Constant inputs of one element become constants of the region. `element` is the result's
        element type where it is not that of the first input.
        """
        element = element or element_of(inputs[0])
        shape = broadcast_extents(*map(extents_of, inputs))
        inlined = self._inlined_constants(inputs, shape)
        kept = list(dict.fromkeys(v for v in inputs if v not in inlined))
        block = Block(arg_types=[scalar_type(element_of(v)) for v in kept])
        with ImplicitBuilder(block):
            arguments = dict(zip(kept, block.args, strict=True))
            scalars = [
                arguments[v]
                if v in arguments
                else number_of(inlined[v], scalar_type(element_of(v)))
                for v in inputs
            ]
            YieldOp(cast(Callable[..., SSAValue], build)(*scalars))
        return self.emit(MapOp(kept, Region(block), tensor(shape, element)))

    def _inlined_constants(
        self, inputs: Sequence[SSAValue], shape: tuple[Extent, ...]
    ) -> dict[SSAValue, Any]:
        """One-element constants among the inputs that are not needed for the result's shape."""
        numbers: dict[SSAValue, Any] = {}
        for value in inputs:
            extents = extents_of(value)
            single = static(extents) and prod(numbers_of(extents)) == 1
            array = self.array_of(value) if single else None
            if array is not None:
                # What is coded is a byte to the region.
                coded = is_coded(element_of(value))
                numbers[value] = (array.view(np.int8) if coded else array).reshape(-1)[0]
        rest = [extents_of(v) for v in inputs if v not in numbers]
        return numbers if rest and broadcast_extents(*rest) == shape else {}


def attribute_of(value: Any, type_: Attribute) -> FloatAttr | IntegerAttr:
    """A number as an attribute of a scalar type; integers with the sign that their bits have."""
    if not isinstance(type_, IntegerType):
        return FloatAttr(float(value), cast(AnyFloat, type_))
    integer = type_
    if integer.width.data == 1:
        return IntegerAttr(int(bool(value)), integer)
    half = 1 << (integer.width.data - 1)
    return IntegerAttr((int(value) + half) % (2 * half) - half, integer)


def number_of(value: Any, type_: Attribute) -> SSAValue:
    """A scalar `arith.constant`, built where the implicit builder stands."""
    return ScalarConstantOp(attribute_of(value, type_)).result


def all_static(op: FrameworkOp, *, any_results: bool = False) -> bool:
    """Whether every operand is a tensor of numbers of known shape, and no result anything else
    than a tensor of numbers, unless `any_results` are fine."""
    if any_opaque(op.operands):
        return False
    return any_results or all(not is_opaque(r) or is_unsized(r) for r in op.results)


def not_static(op: FrameworkOp) -> str:
    """What an operation has that keeps it from `all_static`."""
    if all(not is_opaque(v) or is_unsized(v) for v in (*op.operands, *op.results)):
        return "operands of unknown shape"
    return "operands or results that are not tensors of numbers"


def operator_name(op: FrameworkOp) -> str:
    """The operation's name without that of its dialect: `Conv`, `ml.Scaler`."""
    return op.name.partition(".")[2]


def positive(axis: int, rank: int) -> int:
    """An axis counted from the front.

    Raises:
        NoNativeForm: when it is outside.
    """
    if not -rank <= axis < max(rank, 1):
        raise NoNativeForm(f"axis {axis} is outside of a tensor of rank {rank}")
    return axis + rank if axis < 0 else axis


def _widens_codes(built: EngineOp) -> bool:
    """
    Whether a map makes numbers of a matrix of codes of eight bits: they are multiplied as codes
    where they can be, and rules fold the map where not.
    """
    if isinstance(built, DecodeOp):
        return True
    if not isinstance(built, MapOp) or len(extents_of(built.results[0])) < 2:
        return False
    wide = element_of(built.results[0]) not in CODES
    return wide and any(element_of(v) in CODES for v in built.inputs)
