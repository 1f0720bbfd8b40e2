"""
Constants that live beside the IR.

An op holds `#engine.weight<"name", "digest", tensor<...>>`; the numbers live in the
`WeightStore` of the context, zero-copy from the model's file where possible. Two attributes
are equal when name-independent digest and type are, so tied weights and CSE come for free.
Constants of up to `SMALL` elements are plain `dense<...>` attributes.

A store entry is either an array or a *derived* weight: a function of other constants that is
evaluated when somebody needs the numbers. Folding BatchNorm into a convolution or packing a
weight into panels therefore costs no memory until the artifact is written.
"""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import ml_dtypes
import numpy as np
import numpy.typing as npt
import xxhash
from xdsl.context import Context
from xdsl.dialect_interfaces import DialectInterface
from xdsl.dialects.builtin import (
    AnyFloat,
    ArrayAttr,
    BFloat16Type,
    ComplexType,
    DenseIntOrFPElementsAttr,
    DictionaryAttr,
    Float4E2M1FNType,
    Float6E2M3FNType,
    Float6E3M2FNType,
    Float8E4M3FNType,
    Float8E4M3FNUZType,
    Float8E5M2FNUZType,
    Float8E5M2Type,
    Float8E8M0FNUType,
    Float16Type,
    Float32Type,
    Float64Type,
    IndexType,
    IntegerType,
    Signedness,
    StringAttr,
    TensorType,
)
from xdsl.ir import Attribute, ParametrizedAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from ...errors import StepwellError, UsageError
from ...runtime.input_file import require_regular
from ...runtime.mapped_pages import release_pages
from ...runtime.output_file import output_file
from .derivation import evaluate, nodes_below

Array = npt.NDArray[Any]

SMALL = 64
"""Constants of at most this many elements print as `dense<...>`."""

_PART = 1 << 20
"""Bytes of a mapped file that are read before their pages are given back."""

_FLOATS: dict[type[Attribute], npt.DTypeLike] = {
    Float16Type: np.float16,
    Float32Type: np.float32,
    Float64Type: np.float64,
    BFloat16Type: ml_dtypes.bfloat16,
    Float8E4M3FNType: ml_dtypes.float8_e4m3fn,
    Float8E4M3FNUZType: ml_dtypes.float8_e4m3fnuz,
    Float8E5M2Type: ml_dtypes.float8_e5m2,
    Float8E5M2FNUZType: ml_dtypes.float8_e5m2fnuz,
    Float8E8M0FNUType: ml_dtypes.float8_e8m0fnu,
    Float6E2M3FNType: ml_dtypes.float6_e2m3fn,
    Float6E3M2FNType: ml_dtypes.float6_e3m2fn,
    Float4E2M1FNType: ml_dtypes.float4_e2m1fn,
    IndexType: np.int64,
}
_FLOAT_TYPES: dict[np.dtype[Any], Attribute] = {
    np.dtype(np.float16): Float16Type(),
    np.dtype(np.float32): Float32Type(),
    np.dtype(np.float64): Float64Type(),
    np.dtype(ml_dtypes.bfloat16): BFloat16Type(),
    np.dtype(ml_dtypes.float8_e4m3fn): Float8E4M3FNType(),
    np.dtype(ml_dtypes.float8_e4m3fnuz): Float8E4M3FNUZType(),
    np.dtype(ml_dtypes.float8_e5m2): Float8E5M2Type(),
    np.dtype(ml_dtypes.float8_e5m2fnuz): Float8E5M2FNUZType(),
    np.dtype(ml_dtypes.float8_e8m0fnu): Float8E8M0FNUType(),
    np.dtype(ml_dtypes.float6_e2m3fn): Float6E2M3FNType(),
    np.dtype(ml_dtypes.float6_e3m2fn): Float6E3M2FNType(),
    np.dtype(ml_dtypes.float4_e2m1fn): Float4E2M1FNType(),
    np.dtype(np.complex64): ComplexType(Float32Type()),
    np.dtype(np.complex128): ComplexType(Float64Type()),
    np.dtype(np.bool_): IntegerType(1),
}


def dtype_of(element_type: Attribute) -> np.dtype[Any]:
    """The numpy dtype of an element type. `i1` is bool; signless integers are signed."""
    if (simple := _FLOATS.get(type(element_type))) is not None:
        return np.dtype(simple)
    if isinstance(element_type, IntegerType):
        width = element_type.width.data
        if width == 1:
            return np.dtype(np.bool_)
        unsigned = element_type.signedness.data == Signedness.UNSIGNED
        if width in (2, 4):
            return np.dtype(getattr(ml_dtypes, f"{'u' if unsigned else ''}int{width}"))
        return np.dtype(f"{'u' if unsigned else 'i'}{width // 8}")
    if isinstance(element_type, ComplexType):
        part = cast("ComplexType[AnyFloat]", element_type).element_type
        complex64 = isinstance(part, Float32Type)
        return np.dtype(np.complex64 if complex64 else np.complex128)
    raise StepwellError(f"element type {element_type} has no numpy equivalent")


def element_type_of(dtype: npt.DTypeLike) -> Attribute:
    """The element type of a numpy dtype; signed integers are signless, `uN` is `uiN`."""
    dtype = np.dtype(dtype)
    if (found := _FLOAT_TYPES.get(dtype)) is not None:
        return found
    if dtype.kind in "iu":
        signed = Signedness.SIGNLESS if dtype.kind == "i" else Signedness.UNSIGNED
        return IntegerType(dtype.itemsize * 8, signed)
    for width in (2, 4):
        if dtype == np.dtype(getattr(ml_dtypes, f"int{width}")):
            return IntegerType(width)
        if dtype == np.dtype(getattr(ml_dtypes, f"uint{width}")):
            return IntegerType(width, Signedness.UNSIGNED)
    raise StepwellError(f"numpy dtype {dtype} has no element type")


@irdl_attr_definition
class WeightAttr(ParametrizedAttribute):
    """
    A constant whose numbers live in the `WeightStore`.

    ```mlir
    #engine.weight<"conv1.weight", "ece7a3fb14a5ec32ece7a3fb14a5ec32", tensor<64x3x7x7xf32>>
    ```
    """

    name = "engine.weight"

    key: StringAttr
    digest: StringAttr
    type: TensorType

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            key = parser.parse_str_literal()
            parser.parse_punctuation(",")
            digest = parser.parse_str_literal()
            parser.parse_punctuation(",")
            type_ = parser.parse_type()
        return [StringAttr(key), StringAttr(digest), type_]

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_string_literal(self.key.data)
            printer.print_string(", ")
            printer.print_string_literal(self.digest.data)
            printer.print_string(", ")
            printer.print_attribute(self.type)

    def verify(self) -> None:
        if any(n < 0 for n in self.type.get_shape()):
            raise VerifyException(f"weight {self.key.data} must have a static shape")

    def __eq__(self, other: object) -> bool:
        # Content decides: two names for the same numbers are one constant.
        return (
            isinstance(other, WeightAttr)
            and self.digest == other.digest
            and self.type == other.type
        )

    def __hash__(self) -> int:
        return hash((self.digest, self.type))


ConstantAttr = WeightAttr | DenseIntOrFPElementsAttr


@dataclass(frozen=True)
class DerivedWeight:
    """A constant computed from others when its numbers are asked for."""

    compute: Callable[..., Array]
    inputs: tuple[ConstantAttr, ...]
    kind: str = ""
    """Names the function and its parameters."""


def _computed(
    compute: Callable[..., Array], inputs: Sequence[Array], type_: TensorType, what: str
) -> Array:
    """`compute(*inputs)`, which must be of the declared type."""
    array = compute(*inputs)
    expected = dtype_of(type_.element_type)
    if array.shape != tuple(type_.get_shape()) or array.dtype != expected:
        raise StepwellError(
            f"constant {what}: computed {array.dtype}{list(array.shape)}, declared {type_}"
        )
    return array


def _tensor(array: Array) -> TensorType:
    return TensorType(element_type_of(array.dtype), array.shape)


def digest_of(array: Array) -> str:
    """
    Content digest of an array's bytes in row-major order, dtype and shape included.

    It tells numbers apart, not friend from foe: 128 bits of XXH3, which reads as fast as memory.
    """
    digest = xxhash.xxh3_128(f"{array.dtype.str}{array.shape}".encode())
    if array.size:
        flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        for start in range(0, flat.size, _PART):
            part = flat[start : start + _PART]
            digest.update(part.data)
            release_pages(part)
    return digest.hexdigest()


def _all_equal_bits(flat: Array) -> bool:
    return len({flat[i : i + 1].tobytes() for i in range(flat.size)}) == 1


def _printable(array: Array) -> bool:
    """Whether `dense<...>` text keeps every bit: zeros of both signs print as one splat."""
    flat = np.ascontiguousarray(array).reshape(-1)
    return flat.size == 0 or bool((flat != flat[0]).any()) or _all_equal_bits(flat)


def dense_array(attr: DenseIntOrFPElementsAttr) -> Array:
    """The numbers of a `dense<...>` attribute, splats expanded without memory."""
    type_ = attr.type
    dtype = dtype_of(type_.get_element_type())
    shape = tuple(type_.get_shape())
    if isinstance(type_.get_element_type(), IntegerType) and dtype.itemsize == 1:
        integers = cast("Iterable[int]", attr.iter_values())
        flat = np.array([int(v) for v in integers], dtype=np.int16).astype(dtype)
    elif dtype.kind == "c":
        pairs = cast("Iterable[tuple[float, float]]", attr.iter_values())
        flat = np.array([complex(*pair) for pair in pairs], dtype=dtype)
    else:
        flat = np.array(list(attr.iter_values()), dtype=dtype)
    # Not `attr.is_splat()`, for which 0.0 and -0.0 are equal.
    if flat.size and _all_equal_bits(flat):
        return np.broadcast_to(flat.reshape(-1)[:1].reshape([1] * len(shape)), shape)
    return flat.reshape(shape)


class WeightStore(DialectInterface):
    """
    The constants of one compilation, by digest. One store per `Context`.

    Arrays are kept by reference, never copied; treat what `array` returns as read-only.
    """

    def __init__(self) -> None:
        self._entries: dict[str, Array | DerivedWeight] = {}

    def __contains__(self, attr: WeightAttr) -> bool:
        return attr.digest.data in self._entries

    def add(self, array: Array, name: str) -> ConstantAttr:
        """Register `array` under its content digest; small ones become `dense<...>`."""
        type_ = _tensor(array)
        if array.size <= SMALL and array.dtype.kind in "fiub" and _printable(array):
            return dense(array)
        digest = digest_of(array)
        release_pages(array)
        self._entries.setdefault(digest, array)
        return WeightAttr(StringAttr(name), StringAttr(digest), type_)

    def restore(self, digest: str, array: Array) -> None:
        """Register numbers under the digest they already have in some IR."""
        self._entries.setdefault(digest, array)

    def derive(
        self,
        kind: str,
        compute: Callable[..., Array],
        inputs: Sequence[ConstantAttr],
        result_type: TensorType,
        name: str,
    ) -> ConstantAttr:
        """
        A constant that is `compute(*arrays of inputs)`, evaluated on demand.

        `kind` must name the function and every parameter it closes over: it is the identity
        of the result together with the inputs' digests.
        """
        plain = TensorType(result_type.element_type, result_type.get_shape())
        size = int(np.prod(plain.get_shape(), dtype=np.int64))
        if size <= SMALL and all(isinstance(i, DenseIntOrFPElementsAttr) for i in inputs):
            return self.add(self._checked(compute, inputs, plain, kind), name)
        digest = xxhash.xxh3_128(f"{kind}:{plain}".encode())
        for attr in inputs:
            if isinstance(attr, WeightAttr):
                digest.update(attr.digest.data.encode())
            else:
                digest.update(digest_of(dense_array(attr)).encode())
        key = digest.hexdigest()
        if size <= SMALL:
            return self.add(self._checked(compute, inputs, plain, kind), name)
        if key not in self._entries:
            self._entries[key] = DerivedWeight(compute, tuple(inputs), kind)
        return WeightAttr(StringAttr(name), StringAttr(key), plain)

    def _checked(
        self,
        compute: Callable[..., Array],
        inputs: Sequence[ConstantAttr],
        type_: TensorType,
        what: str,
    ) -> Array:
        return _computed(compute, [self.array(i) for i in inputs], type_, what)

    def array(self, attr: Attribute) -> Array:
        """The numbers of a constant attribute, as a read-only view where possible."""
        if not isinstance(attr, WeightAttr | DenseIntOrFPElementsAttr):
            raise StepwellError(f"{attr} is not a constant")
        return evaluate(attr, self._inputs, self._value)

    def _inputs(self, attr: ConstantAttr) -> Sequence[ConstantAttr]:
        """What a constant is computed from; nothing for one that is held."""
        entry = self._entries.get(attr.digest.data) if isinstance(attr, WeightAttr) else None
        return entry.inputs if isinstance(entry, DerivedWeight) else ()

    def _value(self, attr: ConstantAttr, inputs: Sequence[Array]) -> Array:
        """The numbers of a constant, computed from `inputs` if it is derived."""
        if isinstance(attr, DenseIntOrFPElementsAttr):
            return dense_array(attr)
        entry = self._entries.get(attr.digest.data)
        if entry is None:
            raise StepwellError(
                f"the numbers of weight '{attr.key.data}' ({attr.digest.data}) are not loaded;"
                " they belong into the .safetensors file beside the .mlir file"
            )
        if not isinstance(entry, DerivedWeight):
            return entry
        array = _computed(entry.compute, inputs, attr.type, attr.key.data)
        for read in inputs:
            release_pages(read)
        return array

    def release(self, attr: ConstantAttr) -> None:
        """Say that the numbers of a constant are not needed for a while."""
        for node in nodes_below(attr, self._inputs):
            entry = self._entries.get(node.digest.data) if isinstance(node, WeightAttr) else None
            if entry is not None and not isinstance(entry, DerivedWeight):
                release_pages(entry)

    def is_derived(self, attr: WeightAttr) -> bool:
        """Whether the numbers are computed on demand rather than held."""
        return isinstance(self._entries.get(attr.digest.data), DerivedWeight)

    def kind_of(self, attr: WeightAttr) -> str:
        """The kind of computation that gives the numbers; empty where they are held."""
        entry = self._entries.get(attr.digest.data)
        return entry.kind if isinstance(entry, DerivedWeight) else ""

    def inputs_of(self, attr: WeightAttr) -> tuple[ConstantAttr, ...]:
        """What the numbers are computed from; nothing where they are held."""
        entry = self._entries.get(attr.digest.data)
        return entry.inputs if isinstance(entry, DerivedWeight) else ()

    def save(
        self,
        path: str | os.PathLike[str],
        attrs: Sequence[WeightAttr],
        keep: Iterable[Path] = (),
    ) -> None:
        """Write the numbers of `attrs` to a `.safetensors` file, keyed by digest.

        Raises `UsageError` for a file of `keep` and for one with weights of another program, and
        `StepwellError` if it cannot be written.
        """
        from safetensors.numpy import save_file  # pyright: ignore[reportUnknownVariableType]

        arrays = {a.digest.data: np.ascontiguousarray(self.array(a)) for a in attrs}
        _require_ours(Path(path))
        with output_file(path, keep) as part:
            # `save_file` makes files that only their owner may read.
            mode = part.stat().st_mode
            save_file(arrays, part)
            part.chmod(mode)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Add every tensor of a `.safetensors` file written by `save`."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file  # pyright: ignore[reportUnknownVariableType]

        try:
            require_regular(path)
            self._entries.update(load_file(path))
        except (OSError, SafetensorError) as error:
            raise StepwellError(f"{path}: not a readable .safetensors file: {error}") from error


_DIGEST = re.compile(r"[0-9a-f]{32}")


def _require_ours(path: Path) -> None:
    """Raise `UsageError` for a `.safetensors` file whose tensors are not named by digests.

    Models are often delivered with such a file, whose name is soon hit by chance.
    """
    import safetensors

    if not path.is_file():
        return
    open_file: Any = safetensors.safe_open
    try:
        with open_file(path, "numpy") as file:
            names: list[str] = list(file.keys())
    except (OSError, safetensors.SafetensorError):
        names = []
    if foreign := [name for name in names if not _DIGEST.fullmatch(name)]:
        raise UsageError(
            f"{path}: holds weights that Stepwell has not written ('{foreign[0]}'), and would be "
            "lost; write to another name"
        )


def dense(array: Array) -> DenseIntOrFPElementsAttr:
    """`dense<...>` with the numbers of `array`, a splat where all are equal bit for bit."""
    type_: Any = _tensor(array)
    raw = np.ascontiguousarray(array)
    if array.dtype == np.bool_:
        values: list[Any] = [int(v) for v in raw.reshape(-1)]
    else:
        values = raw.reshape(-1).tolist()
    same = len(values) > 1 and _all_equal_bits(raw.reshape(-1))
    return DenseIntOrFPElementsAttr.from_list(type_, values[:1] if same else values)


def weight_store(ctx: Context) -> WeightStore:
    """The store of a context made by `make_context`."""
    store = ctx.get_dialect("engine").get_interface(WeightStore)
    if store is None:
        raise StepwellError("this context's engine dialect has no weight store")
    return store


class WeightHolder(ABC):
    """An attribute in which there may be constants that are weights."""

    @property
    @abstractmethod
    def constants(self) -> Sequence[Attribute]:
        """These constants."""


def weights_used(op: Any) -> Iterator[WeightAttr]:
    """Every distinct weight attribute in the properties and attributes below `op`."""
    seen: set[str] = set()
    for inner in op.walk():
        for attr in (*inner.properties.values(), *inner.attributes.values()):
            for weight in _weights_in(attr):
                if weight.digest.data not in seen:
                    seen.add(weight.digest.data)
                    yield weight


def _weights_in(attr: Attribute) -> Iterator[WeightAttr]:
    """The weights in an attribute, as in `weights` of a module of level 5."""
    if isinstance(attr, WeightAttr):
        yield attr
    elif isinstance(attr, DictionaryAttr):
        for part in attr.data.values():
            yield from _weights_in(part)
    elif isinstance(attr, WeightHolder):
        for part in attr.constants:
            yield from _weights_in(part)
    elif isinstance(attr, ArrayAttr):
        for part in attr:
            if isinstance(part, WeightAttr | DictionaryAttr | WeightHolder):
                yield from _weights_in(part)
