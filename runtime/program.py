"""What the compiler hands to the run time: everything needed to run, save and recompile a model.

A `CompiledProgram` is the last product of compiling and the only thing that `Engine` and the
artifact know about a model. Numbers are not copied into it: weights and constants are *providers*,
called once, when the weights image is built or a file is written.

How the machine code is called is said in `abi.py`: it gets a pointer per input and per output and
the value of each symbolic size, in the order of `CompiledProgram.sizes`, and returns 0 or 1 + the
index of an entry of `CompiledProgram.errors`.

Values without a buffer (sequences, strings, tensors whose sizes only the data decides) are
*opaque*: they are not part of the frame but stand in a table, one for each call, that only
reference ops see.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from math import prod
from typing import Any

import numpy as np

from ..errors import StepwellError
from .array_memory import AnyArray

STRING = "string"
"""The dtype of strings, which numpy holds as objects."""

OPAQUE = "opaque"
"""The base of a `ReferenceBuffer` that stands for an opaque value, which has no buffer."""

SEGMENT = "segment"
"""The base of a `ReferenceBuffer` whose memory has its address in the table of sizes."""

Provider = Callable[[], AnyArray]


class PieceProvider(ABC):
    """A provider that can also give its array piece by piece, for arrays of many megabytes."""

    @abstractmethod
    def __call__(self) -> AnyArray:
        """The whole array."""

    @abstractmethod
    def pieces(self, image: AnyArray) -> Iterator[tuple[AnyArray, AnyArray]]:
        """What to copy to where: (part of `image`, what belongs there) until all is covered.

        `image` are the bytes that the array takes. Raises `ValueError` when they are too many or
        too few. A piece need not stay valid when the next one is asked for.
        """


UNKNOWN = "?"
"""A size of an object that nothing is known of."""

ANY_SHAPE = ("...",)
"""The shape of an object that may have any rank."""


@dataclass(frozen=True)
class TensorSignature:
    """One input or output: `shape` holds numbers and the texts of sizes by name (`N`, `P + S`).

    With a `slot` that is not negative it is opaque, and that its place in the table of opaque
    values. The shape of such a value may hold `UNKNOWN`, or be `ANY_SHAPE`, and its dtype may be
    `string`; one that is more than a tensor has `wrappers`, from the outermost to that around the
    tensor: `seq`, `optional`, or `map` followed by the dtype of the keys.
    """

    name: str
    dtype: str
    shape: tuple[int | str, ...]
    wrappers: tuple[str, ...] = ()
    slot: int = -1

    @property
    def is_opaque(self) -> bool:
        """Whether it has no buffer."""
        return self.slot >= 0

    @property
    def says_sizes(self) -> bool:
        """Whether sizes by name are in its shape, all of which is known: of numbers or strings."""
        if self.is_opaque and (self.dtype != STRING or self.wrappers):
            return False
        texts = [size for size in self.shape if isinstance(size, str)]
        return bool(texts) and UNKNOWN not in texts and self.shape != ANY_SHAPE

    @property
    def type(self) -> str:
        """`float32[N, 3, 224, 224]`, `seq(int64[?])`, `map(string, float32[])`."""
        text = f"{self.dtype}[{', '.join(map(_size_shown, self.shape))}]"
        for wrapper in reversed(self.wrappers):
            kind, _, key = wrapper.partition(" ")
            text = f"{kind}({key}, {text})" if key else f"{kind}({text})"
        return text

    def __str__(self) -> str:
        """`x: float32[N, 3, 224, 224]`."""
        return f"{self.name}: {self.type}"


def _size_shown(size: int | str) -> str:
    """A size as who wrote the model knows it."""
    if isinstance(size, int) or "'" not in size:
        return str(size)
    from .size_solving import shown  # few signatures have such names
    from .size_text import parse_size

    try:
        return shown(parse_size(size))
    except (ValueError, StepwellError):  # of a value without a buffer: a name as it is
        return size


@dataclass(frozen=True)
class WeightSegment:
    """`nbytes` bytes of the weights image from `offset` on, as the kernels want to read them.

    `provider()` returns an array of `nbytes` bytes: the weight attribute with this `digest` in the
    layout of a format tag, or row-major if that is empty. A `Constant` with the same digest is then
    not stored a second time. An empty digest means that the bytes are nothing the IR names.
    """

    offset: int
    nbytes: int
    provider: Provider
    digest: str = ""
    layout: str = ""

    def fetch(self) -> AnyArray:
        """The array; raises `ValueError` when it has not the promised size."""
        array = self.provider()
        if array.nbytes != self.nbytes:
            raise ValueError(
                f"the weight segment at {self.offset} has {array.nbytes} bytes, "
                f"{self.nbytes} were planned"
            )
        return array

    def pieces(self, image: AnyArray) -> Iterator[tuple[AnyArray, AnyArray]]:
        """The array as `PieceProvider.pieces` gives it; of another provider, in one piece."""
        if isinstance(self.provider, PieceProvider):
            yield from self.provider.pieces(image)
        else:
            array = self.fetch()
            yield image.view(array.dtype).reshape(array.shape), array


@dataclass(frozen=True)
class Constant:
    """A weight of the level-2 module, kept in the artifact so that it can be recompiled."""

    name: str
    digest: str
    dtype: str
    shape: tuple[int, ...]
    provider: Provider

    @property
    def nbytes(self) -> int:
        return prod(self.shape) * numpy_dtype(self.dtype).itemsize


@dataclass(frozen=True)
class ObjectCode:
    """A relocatable object as the code generator emits it; `name` is used in messages."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Symbol:
    """A global function of a code image."""

    name: str
    offset: int
    size: int


@dataclass(frozen=True)
class CodeImage:
    """Linked, position-independent machine code of one target: runs wherever it is mapped.

    `features` are the instruction sets it needs, named as LLVM names them (`avx512f`). `seal` says
    which program it was made for (`code_seal.py`); it is empty until somebody has sealed it.
    """

    triple: str
    cpu: str
    features: tuple[str, ...]
    code: bytes
    symbols: tuple[Symbol, ...]
    seal: bytes = field(default=b"", compare=False, repr=False)

    def offset_of(self, name: str) -> int:
        """Raises `KeyError` for a symbol that the image does not define."""
        for symbol in self.symbols:
            if symbol.name == name:
                return symbol.offset
        raise KeyError(name)


@dataclass(frozen=True)
class PlannedBuffer:
    """Bytes `offset` to `offset + size` of the arena, live from step `first` to step `last`."""

    name: str
    offset: int
    size: int
    first: int
    last: int


@dataclass(frozen=True)
class ErrorEntry:
    """What to tell the user for one return code: `message` says what went wrong at `node`."""

    node: str
    message: str


@dataclass(frozen=True)
class ReferenceBuffer:
    """A row-major operand or result of a reference op, or an object.

    `base` is `weights` or `arena` with a byte `offset`, or `input` or `output` with the position
    `index` of the argument, among those that are not opaque, and a byte `offset` into it; or
    `segment` with the entry `index` of the table of sizes that has its address, and an `offset`; or
    `opaque` with its place `index` in the table of opaque values, and nothing else.

    Where sizes are open, `start` is the entry of the table of sizes (`abi.py`) that is added to the
    offset, if it is not 0, and a size below 0 is the entry of that number without the sign.
    """

    base: str
    index: int
    offset: int
    dtype: str
    shape: tuple[int, ...]
    start: int = 0


@dataclass(frozen=True)
class ReferenceOp:
    """A framework node that runs by its reference semantics.

    `module` is the text of a module whose `@main` takes `operands` and returns `results`, `reason`
    why it has no native form, where that is known.
    """

    node: str
    op_type: str
    module: str
    operands: tuple[ReferenceBuffer, ...]
    results: tuple[ReferenceBuffer, ...]
    reason: str = ""


@dataclass(frozen=True)
class Provenance:
    """How a program came about; shown by `stepwell info` and used to recompile the same way."""

    model: str = ""
    exactness: str = ""
    rewrites: Mapping[str, int] = field(default_factory=dict[str, int])  # name -> times applied
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    versions: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class SizeRelation:
    """
    Two sizes, as texts, that must be equal in every call, and the node that needs it.

    With `or_one`, one of them may be 1 instead.
    """

    left: str
    right: str
    node: str
    or_one: bool = False


@dataclass(frozen=True)
class DecidedSize:
    """A size that the data decides: the most that it can be, a size over the names of inputs, and
    the entry of the table of sizes in which a call leaves it."""

    name: str
    most: str
    entry: int


@dataclass(frozen=True)
class GrownResult:
    """An output that gets its memory in the middle of a call: its number among those that are not
    opaque, and the entry of the table of sizes that has the address then."""

    output: int
    entry: int


@dataclass(frozen=True)
class State:
    """
    A value that is kept between calls: an output that is an input of the next call, by their
    numbers, and what the input is in the first call, zeros for None.
    """

    title: str
    input: int
    output: int
    initial: AnyArray | None = None


@dataclass(frozen=True)
class Donation:
    """
    An input that lies in the memory of an output when a call begins, by their numbers: in those
    elements of it whose indices are those of the input.
    """

    input: int
    output: int


@dataclass(frozen=True)
class Variant:
    """The program of an open one for some values of its names, in the order of its `sizes`."""

    sizes: tuple[int, ...]
    program: CompiledProgram


@dataclass(frozen=True)
class CompiledProgram:
    """A compiled model. `codes` holds one image per target; `ir` is the level-2 module as text,
    `constants` are the weights it refers to. `threads` is the number of threads it was compiled
    for, 0 if nobody said. `weights_image` is the assembled image, where there already is one; the
    segments then lie in it."""

    inputs: tuple[TensorSignature, ...]
    outputs: tuple[TensorSignature, ...]
    codes: tuple[CodeImage, ...]
    weights: tuple[WeightSegment, ...]
    weights_size: int
    arena_size: int
    plan: tuple[PlannedBuffer, ...] = ()
    errors: tuple[ErrorEntry, ...] = ()
    reference_ops: tuple[ReferenceOp, ...] = ()
    ir: str = ""
    constants: tuple[Constant, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)
    threads: int = 0
    weights_image: AnyArray | None = None
    default_inputs: tuple[str, ...] = ()
    """Inputs of the model that are none here, as its defaults for them were compiled in. An
    artifact does not say them."""
    dims: Mapping[str, str] = field(default_factory=dict[str, str])
    """Bounds, multiples and hints of names, as `parse_dim` reads them."""
    relations: tuple[SizeRelation, ...] = ()
    variants: tuple[Variant, ...] = ()
    table_entries: int = 0
    """Entries of the table of sizes (`abi.py`) of machine code that takes names; 0 of other code.
    `arena_size` and `plan` are those of the sizes that it was planned for."""
    size_limit: str = ""
    """A size over the names that no number which the code computes from them exceeds."""
    decided: tuple[DecidedSize, ...] = ()
    """The sizes that the data decides, which the shapes of outputs may have."""
    grow_entry: int = 0
    """The entry of the table of sizes for the address of what gives memory in the middle of a call
    (`abi.py`); 0 for a program that never asks."""
    grown: tuple[GrownResult, ...] = ()
    """The outputs whose memory is such."""
    states: tuple[State, ...] = ()
    """What is kept between calls. Callers neither give these inputs nor get these outputs."""
    donations: tuple[Donation, ...] = ()
    """The inputs that the code looks for in the memory of outputs."""

    @cached_property
    def given_inputs(self) -> tuple[TensorSignature, ...]:
        """The inputs that callers give."""
        kept = {state.input for state in self.states}
        return tuple(tensor for at, tensor in enumerate(self.inputs) if at not in kept)

    @cached_property
    def given_outputs(self) -> tuple[TensorSignature, ...]:
        """The outputs that callers get."""
        kept = {state.output for state in self.states}
        return tuple(tensor for at, tensor in enumerate(self.outputs) if at not in kept)

    @cached_property
    def sizes(self) -> tuple[str, ...]:
        """The names in the sizes of the inputs, in the order in which they first appear: in those
        with a buffer, then in tensors of strings.

        The run time solves them for each call. Machine code gets them in the frame and is for all
        of them; without it a program is *open*: it has one of its own for each set of sizes, some
        of which are `variants`.
        """
        texts = [n for t in self.sized_inputs for n in t.shape if isinstance(n, str)]
        if not texts:
            return ()
        from .size_facts import names_of  # not needed by programs whose sizes are numbers
        from .size_text import parse_size

        return names_of(map(parse_size, texts))

    @property
    def is_open(self) -> bool:
        """Whether it runs by programs for the sizes of each call."""
        return not self.codes and bool(self.sizes)

    @property
    def buffer_inputs(self) -> tuple[TensorSignature, ...]:
        """The inputs that are not opaque, in the order of their pointers."""
        return tuple(tensor for tensor in self.inputs if not tensor.is_opaque)

    @property
    def sized_inputs(self) -> tuple[TensorSignature, ...]:
        """The inputs that say sizes by name, those with a buffer first."""
        return tuple(sorted((t for t in self.inputs if t.says_sizes), key=_has_no_buffer))

    @property
    def buffer_outputs(self) -> tuple[TensorSignature, ...]:
        """The outputs that are not opaque, in the order of their pointers."""
        return tuple(tensor for tensor in self.outputs if not tensor.is_opaque)

    @property
    def opaque_count(self) -> int:
        """How many places the table of opaque values has."""
        slots = [tensor.slot for tensor in (*self.inputs, *self.outputs)]
        for op in self.reference_ops:
            slots += [b.index for b in (*op.operands, *op.results) if b.base == OPAQUE]
        return 1 + max(slots, default=-1)


def _has_no_buffer(tensor: TensorSignature) -> bool:
    return tensor.is_opaque


def numpy_dtype(name: str) -> np.dtype[Any]:
    """The dtype of a name: numpy's own, or that of a small float or integer (`bfloat16`, `int4`).

    Strings are objects. The package `ml_dtypes` makes the small ones known to numpy; it is
    imported when the first of them is met, so that only models that have them need it.

    Raises `TypeError` for an unknown name, `StepwellError` if `ml_dtypes` is not installed.
    """
    if name == STRING:
        return np.dtype(np.object_)
    try:
        return np.dtype(name)
    except TypeError:
        _learn_small_dtypes(name)
        return np.dtype(name)


def _learn_small_dtypes(wanted: str) -> None:
    """Let numpy know the dtypes of `ml_dtypes`. Raises as `numpy_dtype` does."""
    try:
        import_module("ml_dtypes")
    except ModuleNotFoundError as error:
        raise StepwellError(
            f"values of type {wanted} need the package ml_dtypes, which is not installed; "
            "install it (pip install ml_dtypes)"
        ) from error
