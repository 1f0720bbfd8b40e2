"""
What every engine operation has in common.

One operation class serves levels 2 to 4. On tensors (levels 2 and 3) an operation has results
and no `outs`; once planned (level 4) it has `outs` memrefs, writes its results there, and has
no results: destination passing. Each operation declares, beside its definition,

- `inferred_shapes`: the logical shapes of its results from its operands and properties,
- `may_overwrite`, `view_of_operand`, `view_of_result`, `absorbed_parts`: how its result can share
  memory with its operands, which planning asks it,
- `elements_of_operand`, `elements_kept`: which elements those are, which the check of a plan asks,
- `READS_ROW_MAJOR`, `KEEPS_BYTES`, `TAKES_CODED`: what it wants of layouts and of elements,
- `flops`, `bytes_read_of`, `bytes_written`: what it must spend; bytes follow from its operands
  unless it reads or writes only a part of them,
- `verify_`: what is wrong with it, in words.

Its numpy meaning is in `interpreters/engine/`, its kernel template in
`conversion/engine_to_kernels/`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from math import prod
from typing import ClassVar

from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    AnyFloat,
    ArrayAttr,
    DenseArrayBase,
    Float4E2M1FNType,
    Float6E2M3FNType,
    Float6E3M2FNType,
    Float8E4M3FNType,
    Float8E4M3FNUZType,
    Float8E5M2FNUZType,
    Float8E5M2Type,
    Float8E8M0FNUType,
    IndexType,
    IntegerType,
    MemRefType,
    Signedness,
    StringAttr,
    TensorType,
    i8,
    i64,
)
from xdsl.ir import Attribute, Block, Operation, OpResult, Region, SSAValue
from xdsl.irdl import BaseAttr, IRDLOperation, irdl_op_definition, traits_def, var_operand_def
from xdsl.traits import EffectInstance, IsTerminator, MemoryEffect, MemoryEffectKind, Pure
from xdsl.utils.exceptions import VerifyException

from ...runtime.format_tag import (
    FormatTag,
    dense_stride_extents,
    dense_strides,
    parse_format_tag,
    row_major_tag,
)
from ...runtime.size import Extent, Size, broadcast, is_one, numbers_of, product_of, sum_of
from .canonicalization import EngineCanonicalization
from .layout import LayoutAttr
from .memory_part import Elements, MemoryPart
from .size_questions import is_judged, may_be_at_least, may_be_same, may_broadcast
from .sizes import ExtentsAttr, SizesAttr, extent_values, shape_text
from .weights import Array, dtype_of

ShapedAttr = TensorType | MemRefType

SHAPED = BaseAttr(TensorType) | BaseAttr(MemRefType)
"""Constraint of data operands: a tensor, or a memref once planned."""


class DestinationEffects(MemoryEffect):
    """Pure on tensors; reads its operands and writes its `outs` on memrefs."""

    @classmethod
    def get_effects(cls, op: Operation) -> AbstractSet[EffectInstance]:
        if not any(isinstance(operand.type, MemRefType) for operand in op.operands):
            return frozenset()
        return frozenset(
            (EffectInstance(MemoryEffectKind.READ), EffectInstance(MemoryEffectKind.WRITE))
        )


def shaped(value: SSAValue | Attribute) -> ShapedAttr:
    """The tensor or memref type of a value."""
    # These classes have an abstract one above them, whose `isinstance` is slow.
    type_ = value.type if type(value) is OpResult or isinstance(value, SSAValue) else value
    if type(type_) is TensorType or type(type_) is MemRefType:
        return type_
    if not isinstance(type_, TensorType | MemRefType):
        raise VerifyException(f"expected a tensor or a memref, got {type_}")
    return type_


def rank_of(value: SSAValue | Attribute) -> int:
    """How many dimensions there are."""
    return shaped(value).get_num_dims()


def extents_of(value: SSAValue | Attribute) -> tuple[Extent, ...]:
    """The logical sizes: a number, a `Size`, and -1 where nothing says a size."""
    type_ = shaped(value)
    shape = type_.get_shape()
    return shape if min(shape, default=0) >= 0 else _open_extents(type_)


def _open_extents(type_: ShapedAttr) -> tuple[Extent, ...]:
    said = type_.encoding if isinstance(type_, TensorType) else type_.layout
    sizes = iter(said.sizes if isinstance(said, SizesAttr | LayoutAttr) else ())
    return tuple(n if n >= 0 else next(sizes, -1) for n in type_.get_shape())


def shape_of(value: SSAValue | Attribute) -> tuple[int, ...]:
    """
    The logical shape where sizes must be numbers; -1 where nothing says a size.

    Raises:
        NeedsNumber: for a size by name; `extents_of` gives that.
    """
    type_ = shaped(value)
    shape = type_.get_shape()
    return shape if min(shape, default=0) >= 0 else numbers_of(_open_extents(type_))


def element_of(value: SSAValue | Attribute) -> Attribute:
    """The element type."""
    return shaped(value).element_type


def layout_attr_of(value: SSAValue | Attribute) -> LayoutAttr | None:
    """The layout attribute of a tensor or memref type, None when row-major and dense."""
    type_ = shaped(value)
    layout = type_.encoding if isinstance(type_, TensorType) else type_.layout
    return layout if type(layout) is LayoutAttr else None


def layout_of(value: SSAValue | Attribute) -> FormatTag:
    """The format tag, `abc...` when there is no layout."""
    if (attr := layout_attr_of(value)) is not None:
        return attr.tag
    return parse_format_tag(row_major_tag(shaped(value).get_num_dims()))


def physical_extents_of(value: SSAValue | Attribute) -> tuple[Extent, ...]:
    """Extents of the physical dimensions."""
    attr, extents = layout_attr_of(value), extents_of(value)
    return extents if attr is None else attr.tag.physical_extents(extents)


def physical_shape_of(value: SSAValue | Attribute) -> tuple[int, ...]:
    """Extents of the physical dimensions, where they are numbers; else `NeedsNumber`."""
    attr, shape = layout_attr_of(value), shape_of(value)
    return shape if attr is None else attr.tag.physical_shape(shape)


def stride_extents_of(value: SSAValue | Attribute) -> tuple[Extent, ...]:
    """Strides of the physical dimensions, in elements."""
    attr = layout_attr_of(value)
    if attr is not None and (strides := attr.stride_extents) is not None:
        return strides
    return dense_stride_extents(physical_extents_of(value))


def physical_strides_of(value: SSAValue | Attribute) -> tuple[int, ...]:
    """Strides of the physical dimensions, in elements, where they are numbers."""
    attr = layout_attr_of(value)
    if attr is not None and (strides := attr.physical_strides) is not None:
        return strides
    return dense_strides(physical_shape_of(value))


def byte_extent_of(value: SSAValue | Attribute) -> Extent:
    """Bytes of the dense physical array; sub-byte elements take one byte each."""
    return product_of(physical_extents_of(value)) * dtype_of(element_of(value)).itemsize


def nbytes_of(value: SSAValue | Attribute) -> int:
    """Bytes of the dense physical array, where sizes are numbers."""
    return prod(physical_shape_of(value)) * dtype_of(element_of(value)).itemsize


def dense_stride_extents_of(value: SSAValue | Attribute) -> tuple[Extent, ...]:
    """Physical strides of a value in a buffer of its own, in elements."""
    return dense_stride_extents(physical_extents_of(value))


def dense_strides_of(value: SSAValue | Attribute) -> tuple[int, ...]:
    """Physical strides of a value in a buffer of its own, in elements."""
    return dense_strides(physical_shape_of(value))


def span_extent_of(value: SSAValue | Attribute) -> Extent:
    """
    Bytes from the first to past the last element of a possibly strided buffer.

    Where sizes are open and strides are said it is no less than that, for a buffer that may be
    empty.
    """
    attr = layout_attr_of(value)
    strides = None if attr is None else attr.stride_extents
    if strides is None:
        return byte_extent_of(value)
    shape = physical_extents_of(value)
    if 0 in shape:
        return 0
    last = sum_of((n - 1) * s for n, s in zip(shape, strides, strict=True))
    return (last + 1) * dtype_of(element_of(value)).itemsize


def span_bytes_of(value: SSAValue | Attribute) -> int:
    """Bytes from the first to past the last element of a possibly strided buffer."""
    attr = layout_attr_of(value)
    strides = None if attr is None else attr.physical_strides
    if strides is None:
        return nbytes_of(value)
    shape = physical_shape_of(value)
    if 0 in shape:
        return 0
    last = sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    return (last + 1) * dtype_of(element_of(value)).itemsize


@lru_cache(maxsize=4096)
def tensor(shape: tuple[Extent, ...], element: Attribute, layout: str | None = None) -> TensorType:
    """
    A tensor type, shared between equal requests. An extent of -1 is unknown; a tensor with one has
    no sizes by name either, for it has no buffer.
    """
    sizes = [n for n in shape if isinstance(n, Size)]
    numbers = [DYNAMIC_INDEX if isinstance(n, Size) or n < 0 else n for n in shape]
    if len(sizes) < numbers.count(DYNAMIC_INDEX):
        sizes = []
    if layout is not None and layout != row_major_tag(len(shape)):
        return TensorType(element, numbers, LayoutAttr(layout, sizes=sizes))
    return (
        TensorType(element, numbers, SizesAttr.of(sizes)) if sizes else TensorType(element, numbers)
    )


_CODED_FLOATS = (
    Float4E2M1FNType,
    Float6E2M3FNType,
    Float6E3M2FNType,
    Float8E4M3FNType,
    Float8E4M3FNUZType,
    Float8E5M2FNUZType,
    Float8E5M2Type,
    Float8E8M0FNUType,
)


@lru_cache(maxsize=256)
def is_coded(element: Attribute) -> bool:
    """Whether elements are bytes to be decoded before anything is computed: floats of at most
    eight bits, integers of less."""
    if isinstance(element, IntegerType):
        return 1 < element.width.data < 8
    return isinstance(element, _CODED_FLOATS)


@lru_cache(maxsize=256)
def scalar_type(element: Attribute) -> Attribute:
    """The type of a region argument for an element type: integers become signless, and what is
    coded is the byte it is held in."""
    if is_coded(element):
        return i8
    if not isinstance(element, IntegerType):
        return element
    signless = element.signedness.data == Signedness.SIGNLESS
    return element if signless else IntegerType(element.width.data)


@lru_cache(maxsize=4096)
def _int_array(values: tuple[int, ...]) -> DenseArrayBase:
    return DenseArrayBase.from_list(i64, values)


def int_array(values: Sequence[int]) -> DenseArrayBase:
    """`array<i64: ...>`, shared between equal requests."""
    return _int_array(tuple(values))


@lru_cache(maxsize=4096)
def int_values(attr: DenseArrayBase | ExtentsAttr) -> tuple[int, ...]:
    """The numbers of an `array<i64: ...>`; raises `NeedsNumber` where one is a size by name."""
    return numbers_of(extent_values(attr))


def broadcast_extents(*shapes: Sequence[Extent]) -> tuple[Extent, ...]:
    """
    The numpy broadcast of shapes that may hold sizes by name, and -1.

    Raises:
        VerifyException: when two sizes differ whatever their names stand for, and neither is 1.
    """
    rank = max((len(s) for s in shapes), default=0)
    result: list[Extent] = [1] * rank
    for shape in shapes:
        for axis, n in enumerate(shape, rank - len(shape)):
            old = result[axis]
            if is_one(n) or n == old:
                continue
            if is_one(old) or (old == -1 and isinstance(n, int) and n > 1):
                result[axis] = n
            elif n == -1 or old == -1:
                continue
            elif (isinstance(n, Size) or isinstance(old, Size)) and may_broadcast(old, n):
                result[axis] = broadcast(old, n)
            else:
                raise VerifyException(
                    "shapes " + " and ".join(map(shape_text, shapes)) + " do not broadcast"
                )
    return tuple(result)


def broadcast_shapes(*shapes: Sequence[int]) -> tuple[int, ...]:
    """
    The numpy broadcast of shapes of numbers, that may hold -1.

    Raises:
        VerifyException: when two known sizes differ and neither is 1.
    """
    return numbers_of(broadcast_extents(*shapes))


ABSORBED = "absorbed"
"""Attribute of a planned operation, `array<i64>`: the operands that lie in its result already."""


class EngineOp(IRDLOperation, ABC):
    """An engine operation on tensors or, once planned, on memrefs."""

    traits = traits_def(DestinationEffects(), EngineCanonicalization())

    IS_VIEW: ClassVar[bool] = False
    """Whether the result can be another view of the first operand's bytes: `view_of_operand`."""

    READS_ROW_MAJOR: ClassVar[bool] = False
    """Whether operands and results are row-major, whatever its templates say; operands that do
    not lie densely cost it a copy."""

    KEEPS_BYTES: ClassVar[bool] = False
    """Whether it takes any layout and gives the one with the same bytes: `layout_after`."""

    TAKES_CODED: ClassVar[bool] = False
    """Whether its kernels take elements without arithmetic (`is_coded`): it moves or decodes
    them, but does not compute with them."""

    CHECKS_NUMBERS: ClassVar[bool] = False
    """Whether its kernels rely on the numbers of constant operands: `number_problem`."""

    @abstractmethod
    def inferred_shapes(self) -> Sequence[tuple[Extent, ...]]:
        """Logical sizes of the results; -1 where unknown."""

    def may_overwrite(self) -> tuple[int, ...]:
        """Operand indices whose buffer the first result may reuse where shape and layout agree."""
        return ()

    def view_of_operand(self, strides: Sequence[Extent]) -> MemoryPart | None:
        """
        The result as a part of the first operand, where that is stored with these strides.

        None when its elements do not lie there in its layout; then it is computed. Asked of
        operations with `IS_VIEW`, which have one result, after layouts are assigned.
        """
        return None

    def view_of_result(self, strides: Sequence[Extent]) -> MemoryPart | None:
        """
        The first operand as a part of the result, where that is stored with these strides.

        The reverse of `view_of_operand`: with it the operand can be computed where the result has
        to be. None when the operand does not lie there in its layout, or only in places of it.
        """
        return None

    def absorbed_parts(self, strides: Sequence[Extent]) -> Mapping[int, MemoryPart]:
        """
        The operands that appear unchanged in the only result, by number, and where in it.

        `strides` are those the result is stored with. Planning may have such an operand computed
        in its place, and says so in the attribute `ABSORBED`; the kernel then leaves it alone.
        """
        return {}

    def elements_of_operand(self) -> Elements | None:
        """
        The elements of the first operand that the result consists of; None when it is no such
        selection. Asked of tensors and of memrefs.
        """
        return None

    def elements_kept(self) -> Mapping[int, Elements] | None:
        """
        Which elements of the only result are those of an operand, by its number.

        None when the operation does not say: then its `absorbed_parts` are believed.
        """
        return None

    def absorbed(self) -> frozenset[int]:
        """Numbers of the operands that planning put into the result's memory already."""
        attr = self.attributes.get(ABSORBED)
        return frozenset(int_values(attr)) if isinstance(attr, DenseArrayBase) else frozenset()

    def layout_after(self, tag: FormatTag) -> FormatTag:
        """With `KEEPS_BYTES`: the layout of the result for that of the operand."""
        raise NotImplementedError(f"{self.name} does not keep the bytes of its operand")

    def layout_before(self, tag: FormatTag) -> FormatTag:
        """With `KEEPS_BYTES`: the layout of the operand for that of the result."""
        raise NotImplementedError(f"{self.name} does not keep the bytes of its operand")

    def may_fail(self) -> bool:
        """Whether some values of its operands make a call fail."""
        return False

    def failure_message(self) -> str:
        """What has happened when its kernel reports an error at run time."""
        return "an operand has a value that the operation does not take"

    def number_problem(self, arrays: Sequence[Array]) -> str | None:
        """
        With `CHECKS_NUMBERS`: what is wrong with the numbers of its constant operands.

        Asked before code is made, which relies on the answer None. `arrays` are by operand, of
        those that are not constants empty.
        """
        return None

    def inferred_elements(self) -> list[Attribute]:
        """Element types of the results."""
        return [element_of(self.operands[0])]

    @property
    def destinations(self) -> Sequence[SSAValue]:
        """The `outs` memrefs; empty on tensors."""
        return () if self.results else getattr(self, "outs", ())

    @property
    def sources(self) -> Sequence[SSAValue]:
        """Every operand that is read: data and epilogue operands, without `outs`."""
        return self.operands[: len(self.operands) - len(self.destinations)]

    def target_types(self) -> list[ShapedAttr]:
        """Types of the results, or of the `outs` once planned."""
        return [shaped(v) for v in (self.destinations or self.results)]

    def flops(self) -> int:
        """Floating-point operations; by default one per result element."""
        return sum(prod(t.get_shape()) for t in self.target_types())

    def definition_flops(self) -> int:
        """Those of the operation as it is defined, where `flops` are those of a shorter way."""
        return self.flops()

    def bytes_read_of(self, number: int) -> int:
        """Bytes read of that operand, when everything that is needed is read once."""
        return nbytes_of(self.operands[number])

    def bytes_read(self) -> int:
        """Bytes read of all operands."""
        return sum(map(self.bytes_read_of, range(len(self.sources))))

    def bytes_written(self) -> int:
        """Bytes written when every result is written once."""
        return sum(nbytes_of(t) for t in self.target_types())

    def bytes_moved(self) -> int:
        """Bytes read and written."""
        return self.bytes_read() + self.bytes_written()

    def alike(self) -> Sequence[SSAValue]:
        """Operands whose elements are of one type: what is computed with each other."""
        return ()

    def verify_(self) -> None:
        planned = bool(getattr(self, "outs", ()))
        if planned and self.results:
            raise VerifyException(f"'{self.name}': an op with outs has no results")
        for value in self.operands:
            if isinstance(value.type, TensorType) == planned:
                raise VerifyException(f"'{self.name}': tensors and outs cannot be mixed")
            check_layout(self.name, shaped(value))
        if ABSORBED in self.attributes and not planned:
            raise VerifyException(f"'{self.name}': only planning may say '{ABSORBED}'")
        self._verify_alike()
        actual = self.target_types()
        shapes, elements = self.inferred_shapes(), self.inferred_elements()
        if len(actual) != len(shapes):
            raise VerifyException(
                f"'{self.name}' has {len(actual)} results, expected {len(shapes)}"
            )
        for type_, shape, element in zip(actual, shapes, elements, strict=True):
            _check_result(self.name, type_, shape, element)
            check_layout(self.name, type_)

    def _verify_alike(self) -> None:
        elements = [element_of(value) for value in self.alike()]
        for element in elements:
            if element != elements[0]:
                raise VerifyException(
                    f"'{self.name}' computes with elements of {elements[0]} and of {element};"
                    " they must be of one type"
                )


def _check_result(
    name: str, actual: ShapedAttr, shape: tuple[Extent, ...], element: Attribute
) -> None:
    found = extents_of(actual)
    agrees = len(found) == len(shape) and all(map(may_be_same, found, shape))
    if not agrees or (is_judged() and not all(n == -1 or may_be_at_least(n, 0) for n in found)):
        raise VerifyException(
            f"'{name}' result has shape {shape_text(found)}, operands and attributes give"
            f" {shape_text(shape)}"
        )
    if actual.element_type != element:
        raise VerifyException(
            f"'{name}' result has element type {actual.element_type}, expected {element}"
        )


def check_layout(name: str, type_: ShapedAttr) -> None:
    """
    Check the layout of a type against its shape.

    Raises:
        VerifyException: for another rank, or strides that the type must not have.
    """
    _check_sizes(name, type_)
    attr = layout_attr_of(type_)
    if attr is None:
        return
    strides = attr.stride_extents
    if strides is not None and isinstance(type_, TensorType):
        raise VerifyException(
            f"'{name}': the layout of {type_} has strides, which only buffers have"
        )
    if strides is not None and any(isinstance(s, int) and s < 0 for s in strides):
        raise VerifyException(f"'{name}': the layout of {type_} has a negative stride")
    if attr.tag.rank != type_.get_num_dims():
        raise VerifyException(
            f"'{name}': layout {attr.tag_name.data} is of rank {attr.tag.rank},"
            f" the shape {list(type_.get_shape())} of rank {type_.get_num_dims()}"
        )


def _check_sizes(name: str, type_: ShapedAttr) -> None:
    said = type_.encoding if isinstance(type_, TensorType) else type_.layout
    if not isinstance(said, SizesAttr | LayoutAttr):
        return
    unknown, sizes = type_.get_shape().count(DYNAMIC_INDEX), len(said.sizes)
    # A tensor without any size is opaque.
    if unknown != sizes and (sizes or isinstance(type_, MemRefType)):
        raise VerifyException(
            f"'{name}': {type_} has {unknown} open dimensions, and sizes of {sizes}"
        )


@irdl_op_definition
class YieldOp(IRDLOperation):
    """
    Ends a region and gives its values.

    ```mlir
    %0 = engine.map ins(%x : tensor<4xf32>) -> tensor<4xf32> {
    ^bb0(%a: f32):
      %1 = arith.negf %a : f32
      engine.yield %1 : f32
    }
    ```
    """

    name = "engine.yield"
    values = var_operand_def()
    traits = traits_def(IsTerminator(), Pure())
    assembly_format = "attr-dict ($values^ `:` type($values))?"

    def __init__(self, *values: SSAValue | Operation):
        super().__init__(operands=[list(values)])


def verify_scalar_region(
    name: str, region: Region, expected: Sequence[Attribute], results: Sequence[Attribute]
) -> None:
    """
    Check a scalar region: argument types, terminator and yielded types.

    Raises:
        VerifyException: saying which argument or yielded value is wrong.
    """
    block = region.block
    arguments = [a.type for a in block.args]
    if arguments != list(expected):
        raise VerifyException(
            f"'{name}' region takes ({', '.join(map(str, arguments))}),"
            f" expected ({', '.join(map(str, expected))})"
        )
    last = block.last_op
    if not isinstance(last, YieldOp):
        raise VerifyException(f"'{name}' region must end in engine.yield")
    yielded = [v.type for v in last.values]
    if yielded != list(results):
        raise VerifyException(
            f"'{name}' region yields ({', '.join(map(str, yielded))}),"
            f" expected ({', '.join(map(str, results))})"
        )
    for op in block.ops:
        _verify_scalar_operation(name, op)
        for operand in op.operands:
            if operand.owner is not block and (
                not isinstance(operand.owner, Operation) or operand.owner.parent is not block
            ):
                raise VerifyException(f"'{name}' region uses a value from outside of it")


_SCALAR_DIALECTS = ("arith", "math")


def _verify_scalar_operation(name: str, op: Operation) -> None:
    """A scalar region computes with numbers: nothing in it has regions or touches memory."""
    numbers = all(
        isinstance(value.type, AnyFloat | IntegerType | IndexType)
        for value in (*op.operands, *op.results)
    )
    known = isinstance(op, YieldOp) or op.dialect_name() in _SCALAR_DIALECTS
    if not known or not numbers or op.regions or op.successors:
        raise VerifyException(
            f"'{name}' region has '{op.name}', expected operations of"
            f" {' and '.join(_SCALAR_DIALECTS)} on scalars"
        )


def yielded_values(region: Region) -> Sequence[SSAValue]:
    """Operands of the terminator of a single-block region."""
    last = region.block.last_op
    assert last is not None
    return last.operands


def scalar_block(elements: Sequence[Attribute]) -> Block:
    """A block whose arguments are scalars of the given element types."""
    return Block(arg_types=[scalar_type(e) for e in elements])


def names_of(op: Operation, key: str) -> list[str]:
    """The strings of a discardable array attribute such as `nodes` or `rewrites`."""
    attr = op.attributes.get(key)
    if not isinstance(attr, ArrayAttr):
        return []
    return [a.data for a in attr if isinstance(a, StringAttr)]


def set_names(op: Operation, key: str, names: Sequence[str]) -> None:
    """Store strings, each once and in order, as a discardable array attribute."""
    if names:
        op.attributes[key] = ArrayAttr([StringAttr(n) for n in dict.fromkeys(names)])


def carry_provenance(
    sources: Sequence[Operation], targets: Sequence[Operation], rewrite: str | None = None
) -> None:
    """
    Give `targets` the framework nodes and the rewrites of `sources`, and name `rewrite`.

    Constants are not marked: they stand for numbers, not for nodes.
    """
    nodes = [n for s in sources for n in names_of(s, "nodes")]
    rewrites = [r for s in sources for r in names_of(s, "rewrites")]
    if rewrite is not None:
        rewrites.append(rewrite)
    for target in targets:
        if target.name.endswith("constant"):
            continue
        set_names(target, "nodes", names_of(target, "nodes") + nodes)
        set_names(target, "rewrites", names_of(target, "rewrites") + rewrites)


def static(shape: Sequence[Extent]) -> bool:
    """Whether every size is a number."""
    return all(isinstance(n, int) and n >= 0 for n in shape)


def sized(shape: Sequence[Extent]) -> bool:
    """Whether every size is said: as a number, or by name."""
    return -1 not in shape
