"""
`.tflite` files: bytes to records.

The fields of the tables are numbered as in the schema of TensorFlow Lite
(<https://www.tensorflow.org/lite>, `schema.fbs`). What is wrong is collected; only bytes that are
not a flatbuffer at all end the reading at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...dialects.tfl.codes import words
from ..formats.flatbuffer import FlatBuffer, FlatbufferError, FlatTable
from ..formats.flexbuffer import read_flexbuffer
from ..input_shapes import LARGEST_DIMENSION, LARGEST_RANK
from ..problems import Problems
from ..source import Content
from .layout import CUSTOM, OptionsLayout, layouts
from .recognition import IDENTIFIER, starts_model
from .records import (
    ABSENT,
    Operator,
    Quantization,
    Signature,
    SparseDimension,
    Sparsity,
    Subgraph,
    Tensor,
    TflModel,
)

VERSION = 3

_INDEX_TYPES = {1: np.int32, 2: np.uint16, 3: np.uint8}
"""The types of the lists of numbers that a sparse dimension has."""


def read_model(content: Content) -> TflModel:
    """
    The records of a file.

    Raises `ImportModelError` with everything that is wrong with it as a file.
    """
    problems = Problems(content.subject)
    try:
        model = _Reader(content.data, problems).model()
    except FlatbufferError as error:
        problems.add(f"the file is damaged: it {error}")
        raise problems.error() from None
    problems.stop()
    return model


class _Reader:
    """Reads the tables of one file."""

    def __init__(self, data: memoryview, problems: Problems):
        self.data = data
        self.problems = problems

    def model(self) -> TflModel:
        if not starts_model(self.data):
            raise FlatbufferError(f"does not have the mark {IDENTIFIER.decode()} at byte 4")
        root = FlatBuffer(self.data).root()
        version = root.integer(0, "I")
        if version != VERSION:
            self.problems.add(f"is of schema version {version}; expected {VERSION}")
            self.problems.stop()
        buffers = [self.buffer(table) for table in root.tables(4)]
        codes = [self.operator_code(table) for table in root.tables(1)]
        tables = root.tables(2)
        subgraphs = [
            self.subgraph(table, number, codes, len(buffers)) for number, table in enumerate(tables)
        ]
        if not subgraphs:
            self.problems.add("has no subgraph")
        metadata = {table.text(0): table.integer(1, "I") for table in root.tables(6)}
        return TflModel(
            root.text(3),
            subgraphs,
            [self.signature(table, subgraphs) for table in root.tables(7)],
            buffers,
            {name: buffers[at] for name, at in metadata.items() if at < len(buffers)},
        )

    def buffer(self, table: FlatTable) -> memoryview:
        """The bytes of a buffer; those of files over 2 GB lie behind the flatbuffer."""
        offset, size = table.integer(1, "Q"), table.integer(2, "Q")
        if offset <= 1:
            return table.raw(0)
        if offset + size > len(self.data):
            raise FlatbufferError(
                f"has a buffer at bytes {offset} to {offset + size} of {len(self.data)}"
            )
        return self.data[offset : offset + size]

    def operator_code(self, table: FlatTable) -> tuple[int, str, int]:
        """Number, name of a custom operator, version."""
        code = max(table.integer(0, "b"), table.integer(3, "i"))
        return code, table.text(1) if code == CUSTOM else "", table.integer(2, "i", 1)

    def subgraph(
        self, table: FlatTable, number: int, codes: Sequence[tuple[int, str, int]], buffers: int
    ) -> Subgraph:
        tensors = [self.tensor(t, buffers) for t in table.tables(0)]
        name = table.text(4)
        what = f"subgraph {number}" + (f" '{name}'" if name else "")

        def known(numbers: Sequence[int], of: str, absent: bool = False) -> tuple[int, ...]:
            for at in numbers:
                if not (0 <= at < len(tensors) or (absent and at == ABSENT)):
                    self.problems.add(
                        f"{what}: {of} refers to tensor {at}; there are {len(tensors)}"
                    )
                    return ()
            return tuple(numbers)

        operators: list[Operator] = []
        for at, operator in enumerate(table.tables(3)):
            inputs = known(operator.integers(1), f"operator {at}", absent=True)
            outputs = known(operator.integers(2), f"operator {at}", absent=True)
            index = operator.integer(0, "I")
            if index >= len(codes):
                self.problems.add(
                    f"{what}: operator {at} is of kind {index}; there are {len(codes)}"
                )
                continue
            operators.append(self.operator(operator, codes[index], inputs, outputs))
        return Subgraph(
            name,
            tensors,
            known(table.integers(1), "the list of inputs"),
            known(table.integers(2), "the list of outputs"),
            operators,
        )

    def tensor(self, table: FlatTable, buffers: int) -> Tensor:
        name, buffer = table.text(3), table.integer(2, "I")
        sizes, signature = table.integers(0), table.integers(7)
        # A tensor of rank 0 that says it has no rank is one whose rank nobody knows.
        known = bool(sizes) or bool(table.scalar(8, "?", False)) or not signature
        shape = tuple(signature if len(signature) == len(sizes) else sizes) if known else None
        if len(sizes) > LARGEST_RANK or any(n < -1 or n > LARGEST_DIMENSION for n in shape or ()):
            self.problems.add(f"tensor '{name}': the shape {sizes} is impossible")
            shape = ()
        if buffer >= buffers:
            self.problems.add(f"tensor '{name}': is in buffer {buffer}; there are {buffers}")
        details = table.table(4)
        sparsity = table.table(6)
        return Tensor(
            name,
            table.integer(1, "b"),
            shape,
            buffer,
            None if details is None else self.quantization(details, name, shape or ()),
            None if sparsity is None else self.sparsity(sparsity, name),
            bool(table.scalar(5, "?", False)),
        )

    def quantization(
        self, table: FlatTable, name: str, shape: tuple[int, ...]
    ) -> Quantization | None:
        scales, zeros = table.array(2, np.float32), table.integers(3, np.int64)
        if scales is None or not scales.size:
            return None
        axis, kind = table.integer(6, "i"), table.integer(4, "B")
        if kind > 1:
            self.problems.add(
                f"tensor '{name}': has blockwise quantisation, which is not supported"
            )
        count = scales.size
        if len(zeros) not in (0, 1, count) or (count > 1 and not 0 <= axis < len(shape)):
            self.problems.add(
                f"tensor '{name}': has {count} scales, {len(zeros)} zero points and axis {axis} "
                f"for the shape {list(shape)}"
            )
            return None
        if count > 1 and shape[axis] != count:
            self.problems.add(f"tensor '{name}': has {count} scales along an axis of {shape[axis]}")
            return None
        if not np.isfinite(scales).all():
            self.problems.add(f"tensor '{name}': has a scale that is not a finite number")
            return None
        zeros = zeros or [0]
        full = zeros * count if len(zeros) == 1 else zeros
        return Quantization(tuple(scales.tolist()), tuple(full), axis if count > 1 else 0)

    def sparsity(self, table: FlatTable, name: str) -> Sparsity:
        dimensions: list[SparseDimension] = []
        for entry in table.tables(2):
            if entry.integer(0, "b") == 0:
                dimensions.append(SparseDimension(entry.integer(1, "i")))
                continue
            parts = [self.indices(entry, 2), self.indices(entry, 4)]
            if parts[0] is None or parts[1] is None:
                self.problems.add(f"tensor '{name}': a sparse dimension has no segments or indices")
            dimensions.append(SparseDimension(0, *parts))
        return Sparsity(tuple(table.integers(0)), tuple(table.integers(1)), tuple(dimensions))

    def indices(self, table: FlatTable, field: int) -> Any:
        """A list of numbers whose type stands in the field before it."""
        dtype = _INDEX_TYPES.get(table.integer(field, "B"))
        inner = table.table(field + 1) if dtype is not None else None
        return None if inner is None or dtype is None else inner.array(0, dtype)

    def operator(
        self,
        table: FlatTable,
        code: tuple[int, str, int],
        inputs: tuple[int, ...],
        outputs: tuple[int, ...],
    ) -> Operator:
        number, custom, version = code
        layout = layouts().get(number)
        if layout is None:
            name = f"number {number}"
            return Operator(name, version, inputs, outputs)
        if number == CUSTOM:
            attributes, problem = self.custom_options(table)
            return Operator(f"custom.{custom}", version, inputs, outputs, attributes, problem)
        attributes, problem = self.options(table, layout)
        return Operator(layout.operator, version, inputs, outputs, attributes, problem)

    def custom_options(self, table: FlatTable) -> tuple[dict[str, Any], str]:
        """The options of a custom operator: a map, where they are one."""
        offset, size = table.integer(9, "Q"), table.integer(10, "Q")
        raw = self.data[offset : offset + size] if offset > 1 else table.raw(5)
        if not raw:
            return {}, ""
        try:
            value = read_flexbuffer(raw)
        except FlatbufferError as error:
            return {}, f"it {error}"
        if not isinstance(value, dict):
            return {}, "its options are not a map"
        return dict(value), ""

    def options(self, table: FlatTable, layout: OptionsLayout) -> tuple[dict[str, Any], str]:
        """The options of a builtin operator: the fields that the file has."""
        if not layout.union:
            return {}, ""
        at = 3 if layout.union == 1 else 11
        kind = table.integer(at, "B")
        options = table.table(at + 1) if kind else None
        if options is None:
            return {}, ""
        if kind != layout.kind:
            return {}, f"its options are of kind {kind}; expected {layout.kind}"
        found: dict[str, Any] = {}
        for name, (field, code, enum) in layout.fields.items():
            if not options.has(field):
                continue
            if code == "text":
                found[name] = options.text(field)
            elif code.endswith("s"):
                numbers = options.array(field, np.dtype(code[:-1]))
                found[name] = [] if numbers is None else numbers.tolist()
            else:
                number = options.scalar(field, code, 0)
                found[name] = words(enum).get(number, number) if enum else number
        return found, ""

    def signature(self, table: FlatTable, subgraphs: Sequence[Subgraph]) -> Signature:
        key, number = table.text(2), table.integer(4, "I")
        if number >= len(subgraphs):
            self.problems.add(
                f"signature '{key}': is of subgraph {number}; there are {len(subgraphs)}"
            )
            return Signature(key, 0, {}, {})
        count = len(subgraphs[number].tensors)

        def names(field: int) -> dict[int, str]:
            found = {t.integer(1, "I"): t.text(0) for t in table.tables(field)}
            for tensor, name in found.items():
                if tensor >= count:
                    self.problems.add(
                        f"signature '{key}': '{name}' is tensor {tensor}; there are {count}"
                    )
            return found

        return Signature(key, number, names(0), names(1))
