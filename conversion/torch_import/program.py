"""
A program of `torch.export`, as plain data.

The names are those of the schema of the file (`torch/_export/serde/schema.py`), of major version 8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from ...runtime.size import Extent

ANY_LEAST = -(1 << 63)
"""The least number there is."""


@dataclass(frozen=True)
class TensorMeta:
    """The type of a tensor, and how it lies in memory."""

    dtype: int
    """A code of `dialects/torch/codes.py`."""
    sizes: tuple[Extent | None, ...]
    """None for a size that no expression over whole numbers gives."""
    strides: tuple[Extent | None, ...]
    """In elements."""
    offset: Extent | None
    """Of the first element in its storage, in elements."""
    is_strided: bool
    """Whether it is dense: no sparse and no foreign layout."""


@dataclass(frozen=True)
class Argument:
    """
    A value that a node takes or gives.

    | kind | value |
    | --- | --- |
    | `none` | None |
    | `tensor`, `sym_int`, `sym_float`, `sym_bool` | the name of a value |
    | `tensors`, `optional_tensors` | names of tensors; None for an absent one |
    | `int`, `float`, `bool`, `string` | itself |
    | `ints`, `floats`, `bools`, `strings` | a list |
    | `sym_ints`, `sym_floats`, `sym_bools` | a list of numbers and names |
    | `scalar_type`, `memory_format`, `layout` | its code |
    | `device` | `cpu`, `cuda` |
    | `graph` | a `Graph` |
    | others | what the file has, which nothing reads |
    """

    kind: str
    value: Any

    @property
    def names(self) -> list[str]:
        """The values that it may name; a string that is meant as itself is among them."""
        values = cast("list[object]", self.value if isinstance(self.value, list) else [self.value])
        return [value for value in values if isinstance(value, str)]

    @property
    def tensors(self) -> list[str]:
        """The tensors that it names."""
        return self.names if self.kind in _TENSORS else []


_TENSORS = ("tensor", "tensors", "optional_tensor", "optional_tensors")


@dataclass(frozen=True)
class Node:
    """One call."""

    target: str
    """`torch.ops.aten.conv2d.default`, `_operator.mul`."""
    name: str
    inputs: tuple[tuple[str, Argument], ...]
    """Arguments by the names of the operator's schema; nameless ones of control flow."""
    outputs: tuple[Argument, ...]
    module: str = ""
    """The path of the module that it belongs to, `layer1.0.conv1`."""

    @property
    def operator(self) -> str:
        """The operator as torch calls it: `aten.conv2d.default`."""
        return self.target.removeprefix("torch.ops.")

    @property
    def label(self) -> str:
        """Its name with the path of its module: `layer1.0.conv1/conv2d_3`."""
        return f"{self.module}/{self.name}" if self.module else self.name


@dataclass(frozen=True)
class Graph:
    """Nodes in their order, and the types of all values by name."""

    inputs: tuple[Argument, ...]
    outputs: tuple[Argument, ...]
    nodes: tuple[Node, ...]
    tensors: Mapping[str, TensorMeta]
    sizes: Mapping[str, Extent | None]
    """What symbolic integers are; None where no expression over whole numbers gives them."""


@dataclass(frozen=True)
class InputSpec:
    """
    What an input of the graph is.

    `kind` is `user_input`, `parameter`, `buffer`, `tensor_constant`, `constant_input`,
    `custom_obj` or `token`.
    """

    kind: str
    arg: Argument
    target: str = ""
    """The name of the parameter, buffer or constant."""


@dataclass(frozen=True)
class OutputSpec:
    """
    What an output of the graph is.

    `kind` is `user_output`, `loss_output`, `buffer_mutation`, `parameter_mutation`,
    `user_input_mutation`, `gradient_to_parameter`, `gradient_to_user_input` or `token`.
    """

    kind: str
    arg: Argument
    target: str = ""
    """The name of the buffer, parameter or input that gets a new value."""


@dataclass(frozen=True)
class Program:
    """An exported program without its numbers."""

    graph: Graph
    inputs: tuple[InputSpec, ...]
    outputs: tuple[OutputSpec, ...]
    ranges: Mapping[str, tuple[int, int | None]] = field(
        default_factory=dict[str, tuple[int, "int | None"]]
    )
    """The least and the most that a name in sizes can be; `ANY_LEAST` where nothing is said."""
    version: tuple[int, int] = (8, 0)
    """Of the schema."""
    torch_version: str = ""
    opsets: Mapping[str, int] = field(default_factory=dict[str, int])
