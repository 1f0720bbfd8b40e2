"""
The program in a `.pt2` file, read from its JSON text.

Everything is checked while it is read; what is wrong is said once, with the node it is in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from typing_extensions import Generator

from ...runtime.size import Extent
from .program import ANY_LEAST, Argument, Graph, InputSpec, Node, OutputSpec, Program, TensorMeta
from .sizes import NotASizeError, size_of

SCHEMA_MAJOR = 8
"""The version of the schema that is read; a newer minor one adds fields, which are ignored."""

STRIDED = 7
"""The code of a dense layout."""

DEEPEST = 50
"""Graphs within each other, as conditionals in loops are."""

ValueT = TypeVar("ValueT")
_Json = Mapping[str, Any]


class MalformedError(ValueError):
    """A text that is no program, or one of another version; where, and what was expected."""


def parsed_json(text: bytes | memoryview) -> _Json:
    """
    A JSON object.

    Raises:
        MalformedError: for another text.
    """
    try:
        found = json.loads(bytes(text))
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"is no JSON text: {error}") from None
    if not isinstance(found, dict):
        raise MalformedError("is no JSON object")
    return cast(_Json, found)


def program_of(text: bytes | memoryview) -> Program:
    """
    The program that a JSON text describes.

    Raises:
        MalformedError: for one of another version of the schema, or with a part that is missing or
            is something else than it should be.
    """
    found = parsed_json(text)
    version = _version(found)
    module = _object(found, "graph_module")
    signature = _object(module, "signature")
    with _within("graph"):
        graph = _graph(_object(module, "graph"), 0)
    with _within("signature"):
        inputs = tuple(map(_input_spec, _list(signature, "input_specs")))
        outputs = tuple(map(_output_spec, _list(signature, "output_specs")))
    opsets = _optional_object(found, "opset_version")
    torch_version = _optional(found, "torch_version", str) or ""
    with _within("range_constraints"):
        ranges = dict(_ranges(_optional_object(found, "range_constraints")))
    return Program(graph, inputs, outputs, ranges, version, torch_version, dict(opsets))


def _version(found: _Json) -> tuple[int, int]:
    version = _object(found, "schema_version")
    major, minor = _integer(version, "major"), _integer(version, "minor")
    if major != SCHEMA_MAJOR:
        raise MalformedError(
            f"is of version {major}.{minor} of the export schema, expected {SCHEMA_MAJOR}.x; save "
            "the model again with a torch of today (torch.export.save)"
        )
    return major, minor


@contextmanager
def _within(where: str) -> Generator[None]:
    """Say where, if something is wrong."""
    try:
        yield
    except MalformedError as error:
        raise MalformedError(f"{where}: {error}") from None


def _typed(value: Any, key: str, kind: type[ValueT]) -> ValueT:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        found = "missing" if value is None else f"of class {type(value).__name__}"
        raise MalformedError(f"'{key}' is {found}, expected {kind.__name__}")
    return value


def _optional(of: _Json, key: str, kind: type[ValueT]) -> ValueT | None:
    value = of.get(key)
    return None if value is None else _typed(value, key, kind)


def _members(value: Any, what: str) -> _Json:
    return cast(_Json, _typed(value, what, dict))


def _elements(value: Any, what: str) -> list[Any]:
    return cast("list[Any]", _typed(value, what, list))


def _object(of: _Json, key: str) -> _Json:
    return _members(of.get(key), key)


def _optional_object(of: _Json, key: str) -> _Json:
    return {} if of.get(key) is None else _object(of, key)


def _list(of: _Json, key: str) -> list[Any]:
    return _elements(of.get(key), key)


def _text(of: _Json, key: str) -> str:
    return _typed(of.get(key), key, str)


def _integer(of: _Json, key: str) -> int:
    return _typed(of.get(key), key, int)


def _union(value: Any, what: str) -> tuple[str, Any]:
    """The kind and the value of a union, which has one key, or others that are null."""
    if not isinstance(value, dict):
        raise MalformedError(f"{what} is no object with a kind")
    given = [(k, v) for k, v in cast(_Json, value).items() if v is not None]
    if len(given) != 1:
        raise MalformedError(f"{what} has {len(given)} kinds, expected one")
    return given[0]


def _ranges(of: _Json) -> Iterator[tuple[str, tuple[int, int | None]]]:
    for name, value in of.items():
        bounds = _members(value, name)
        least, most = (_optional(bounds, key, int) for key in ("min_val", "max_val"))
        yield name, (ANY_LEAST if least is None else least, most)


def _graph(of: _Json, depth: int) -> Graph:
    if depth > DEEPEST:
        raise MalformedError(f"more than {DEEPEST} graphs within each other")
    tensors: dict[str, TensorMeta] = {}
    for name, meta in _object(of, "tensor_values").items():
        with _within(f"tensor '{name}'"):
            tensors[name] = tensor_meta(_members(meta, name))
    sizes = {
        name: _size(value, f"size '{name}'")
        for name, value in (_optional_object(of, "sym_int_values")).items()
    }
    inputs = tuple(_argument(a, "an input", depth) for a in _list(of, "inputs"))
    outputs = tuple(_argument(a, "an output", depth) for a in _list(of, "outputs"))
    nodes = tuple(_node(n, at, depth) for at, n in enumerate(_list(of, "nodes")))
    return Graph(inputs, outputs, nodes, tensors, sizes)


def tensor_meta(of: _Json) -> TensorMeta:
    """
    The type of a tensor from its JSON object.

    Raises:
        MalformedError: for another object.
    """
    return TensorMeta(
        _integer(of, "dtype"),
        tuple(_size(size, "a size") for size in _list(of, "sizes")),
        tuple(_size(size, "a stride") for size in _list(of, "strides")),
        _size(of.get("storage_offset", {"as_int": 0}), "the offset"),
        _integer(of, "layout") == STRIDED,
    )


def _size(value: Any, what: str) -> Extent | None:
    """A size: a number, an expression, or None for an expression that is no size."""
    kind, found = _union(value, what)
    if kind == "as_int":
        return _typed(found, what, int)
    if kind != "as_expr":
        raise MalformedError(f"{what} is of the kind '{kind}', expected as_int or as_expr")
    try:
        return size_of(_text(_members(found, what), "expr_str"))
    except NotASizeError:
        return None


def _node(value: Any, at: int, depth: int) -> Node:
    of = _members(value, f"node {at}")
    with _within(f"node {at}"):
        target = _text(of, "target")
        outputs = tuple(_argument(a, "an output", depth) for a in _list(of, "outputs"))
        name = _optional(of, "name", str) or _first_name(outputs) or f"node_{at}"
        metadata = _optional_object(of, "metadata")
    with _within(f"node '{name}'"):
        inputs = tuple(_named_argument(entry, depth) for entry in _list(of, "inputs"))
    return Node(target, name, inputs, outputs, _module_path(metadata.get("nn_module_stack")))


def _first_name(outputs: Sequence[Argument]) -> str | None:
    return next((name for output in outputs for name in output.names), None)


def _module_path(stack: object) -> str:
    """The path of the innermost module of `KEY,PATH,CLASS;KEY,PATH,CLASS`, without its start."""
    if not isinstance(stack, str) or not stack:
        return ""
    parts = stack.rpartition(";")[2].split(",")
    path = parts[1] if len(parts) == 3 else ""
    return path.removeprefix("L['self'].").removeprefix("L['self']")


def _named_argument(value: Any, depth: int) -> tuple[str, Argument]:
    of = _members(value, "an input")
    name = _text(of, "name")
    return name, _argument(of.get("arg"), f"argument '{name}'", depth)


def _argument(value: Any, what: str, depth: int) -> Argument:
    kind, found = _union(value, what)
    kind = kind.removeprefix("as_")
    read = _READERS.get(kind)
    if read is not None:
        return Argument(kind, read(found, what))
    if kind == "graph":
        of = _members(found, what)
        name = _text(of, "name")
        with _within(f"graph '{name}'"):
            return Argument(kind, _graph(_object(of, "graph"), depth + 1))
    return Argument(kind, cast(object, found))


def _name_in(value: Any, what: str) -> str:
    return _text(_members(value, what), "name")


def _names_in(value: Any, what: str) -> list[str]:
    return [_name_in(entry, what) for entry in _elements(value, what)]


def _optional_name(value: Any, what: str) -> str | None:
    kind, found = _union(value, what)
    return None if kind == "as_none" else _name_in(found, what)


def _optional_names(value: Any, what: str) -> list[str | None]:
    return [_optional_name(entry, what) for entry in _elements(value, what)]


def _symbol(value: Any, what: str) -> int | float | bool | str:
    """A symbolic number: itself, or the name of one."""
    kind, found = _union(value, what)
    if kind == "as_name":
        return _typed(found, what, str)
    if not isinstance(found, int | float):
        raise MalformedError(f"{what} is no number")
    return found


def _symbols(value: Any, what: str) -> list[int | float | bool | str]:
    return [_symbol(entry, what) for entry in _elements(value, what)]


def _floats(value: Any, what: str) -> list[float]:
    return [_float(entry, what) for entry in _elements(value, what)]


def _float(value: Any, what: str) -> float:
    if isinstance(value, str) and value in ("Infinity", "-Infinity", "NaN"):
        return float(value.replace("Infinity", "inf"))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MalformedError(f"{what} is no number")
    return float(value)


def _list_of(kind: type[ValueT]) -> Callable[[Any, str], list[ValueT]]:
    def read(value: Any, what: str) -> list[ValueT]:
        return [_typed(entry, what, kind) for entry in _elements(value, what)]

    return read


def _just(kind: type[ValueT]) -> Callable[[Any, str], ValueT]:
    return lambda value, what: _typed(value, what, kind)


def _device(value: Any, what: str) -> str:
    return _text(_members(value, what), "type")


def _nothing(value: Any, what: str) -> None:
    del value, what


_READERS: Mapping[str, Callable[[Any, str], Any]] = {
    "none": _nothing,
    "tensor": _name_in,
    "tensors": _names_in,
    "optional_tensor": _optional_name,
    "optional_tensors": _optional_names,
    "int": _just(int),
    "ints": _list_of(int),
    "float": _float,
    "floats": _floats,
    "string": _just(str),
    "strings": _list_of(str),
    "bool": _just(bool),
    "bools": _list_of(bool),
    "sym_int": _symbol,
    "sym_ints": _symbols,
    "sym_float": _symbol,
    "sym_floats": _symbols,
    "sym_bool": _symbol,
    "sym_bools": _symbols,
    "scalar_type": _just(int),
    "memory_format": _just(int),
    "layout": _just(int),
    "device": _device,
}
"""How the value of each kind of argument is read; graphs are read by `_argument`."""

_TARGETS = (
    "parameter_name",
    "buffer_name",
    "tensor_constant_name",
    "user_input_name",
    "custom_obj_name",
    "name",
)
"""Where the specifications of inputs and outputs have what they stand for."""


def _input_spec(value: Any) -> InputSpec:
    kind, found = _union(value, "an input")
    of = _members(found, kind)
    if kind == "constant_input":
        return InputSpec(kind, Argument("constant", of.get("value")), _text(of, "name"))
    return InputSpec(kind, _spec_argument(of), _target(of))


def _output_spec(value: Any) -> OutputSpec:
    kind, found = _union(value, "an output")
    of = _members(found, kind)
    return OutputSpec(kind, _spec_argument(of), _target(of))


def _spec_argument(of: _Json) -> Argument:
    """What a specification is about: any argument, or the name of a tensor."""
    arg = _object(of, "arg")
    if "name" in arg:
        return Argument("tensor", _text(arg, "name"))
    return _argument(arg, "an argument", 0)


def _target(of: _Json) -> str:
    return next((_text(of, key) for key in _TARGETS if key in of), "")
