"""
Programs of the newer format (PIR), version 4 of its JSON.

Keys: `#` the kind of an operation (`p` a parameter, `1.conv2d`), `A` attributes with `N` their name
and `AT` their value, `I` operands (`%` is the number of a value, 0 an absent one), `O` results with
their types `TT`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from xdsl.ir import Attribute

from ...dialects.framework import tensor_type
from ...dialects.framework.schema import Option
from ...dialects.paddle.codes import element_type_of_word, word_of_short
from ...dialects.paddle.schemas import TABLE
from ..problems import Problems
from .program import Operator, Program, ProgramError, Value

LARGEST = 1 << 28
"""Bytes of the longest program that is read."""

Json = Any
"""What a part of the file holds: it is checked as it is read."""

_PLAIN = {"bool": bool, "str": str, "i32": int, "i64": int, "f32": float, "f64": float}
_WORDS = frozenset(("dtype",))
_NOTHING = frozenset(("place", "layout"))
"""Attributes that say nothing where there is one kind of device."""

_ABSENT = "0"
"""What stands for an operand that is not there."""

_WRITTEN = frozenset(("assign_value", "full"))
"""Operators whose form in place has an operand that says nothing."""

_CONSTANTS = frozenset(("full", "full_int_array"))


def read_pir(data: memoryview, problems: Problems) -> Program:
    """The program of a file.

    Raises `ProgramError` for what is not such a program, or a damaged one.
    """
    if len(data) > LARGEST:
        raise ProgramError(f"has {len(data)} bytes; a program has at most {LARGEST}")
    try:
        file = json.loads(bytes(data).decode("utf-8"))
        version = file["base_code"]["version"]
        if file["base_code"]["magic"] != "pir" or not 1 <= version <= 4:
            raise ProgramError(f"is of version {version}; known are 1 to 4")
        [region] = file["program"]["regions"]
        [block] = region["blocks"]
        return _Reader(problems).program(block, f"PIR, version {version}")
    except (KeyError, TypeError, IndexError, ValueError, AttributeError, RecursionError) as error:
        reason = " ".join(str(error).split())[:120] or "nested too deeply"
        kind = type(error).__name__
        raise ProgramError(
            f"is not a program of Paddle, or a damaged one ({kind}: {reason})"
        ) from None


class _Reader:
    """Reads the operations of one block."""

    def __init__(self, problems: Problems):
        self.problems = problems
        self.types: dict[str, Attribute] = {}
        self.aliases: dict[str, str] = {}
        """Values that are others under another name."""
        self.parts: dict[str, list[str]] = {}
        """The values of a list by that of the list."""
        self.constants: dict[str, Value] = {}
        """What operations without operands give, where that is a number or a vector of them."""
        self.inputs: dict[str, Attribute] = {}
        self.outputs: dict[int, tuple[str, str]] = {}
        self.parameters: dict[str, str] = {}
        self.operators: list[Operator] = []

    def program(self, block: Json, format_: str) -> Program:
        for number, op in enumerate(block["ops"]):
            kind = str(op["#"])
            if kind == "p":
                self._parameter(op)
                continue
            dialect, _, name = kind.rpartition(".")
            reads = self._structural(dialect, name)
            if reads is not None:
                reads(op)
            else:
                self._operator(op, name, number)
        outputs = tuple(pair for _, pair in sorted(self.outputs.items()))
        return Program(
            format_,
            self.inputs,
            outputs,
            self.parameters,
            tuple(self.operators),
            self.types,
        )

    def _structural(self, dialect: str, name: str) -> Callable[[Json], None] | None:
        """What reads an operation that is no operator."""
        if dialect == "0":
            return {"combine": self._combine, "split": self._split}.get(name)
        if name in ("data", "feed"):
            return self._input
        return self._fetch if name == "fetch" else None

    def _parameter(self, op: Json) -> None:
        [value] = self._results(op)
        persistable = op.get("OA", [1])[0]
        if persistable:
            self.parameters[value] = str(op["A"][-1])
        else:
            self.aliases[value] = _ABSENT  # the state of a random generator: no number of a model

    def _input(self, op: Json) -> None:
        [value] = self._results(op)
        name = str(self._attributes(op)["name"])
        if value not in self.types:
            raise ProgramError(f"its input '{name}' is not a tensor of a known type")
        self.inputs[name] = self.types[value]
        self.aliases[value] = name

    def _fetch(self, op: Json) -> None:
        attributes = self._attributes(op)
        [operand] = op["I"]
        column = int(str(attributes["col"]))
        self.outputs[column] = (str(attributes["name"]), self._value(operand))

    def _combine(self, op: Json) -> None:
        [result] = op["O"]
        self.parts[self._value(result)] = [self._value(operand) for operand in op["I"]]

    def _split(self, op: Json) -> None:
        """The elements of a list as values of their own."""
        [operand] = op["I"]
        self.aliases |= zip(self._results(op), self.parts[self._value(operand)], strict=True)

    def _operator(self, op: Json, name: str, number: int) -> None:
        attributes = self._attributes(op)
        layer = str(attributes.pop("struct_name", "")).strip("/")
        found = name.removesuffix("_") if name not in TABLE else name
        label = f"{layer}/{name}_{number}" if layer else f"{name}_{number}"
        title = f"{name} '{label}'"
        results = self._results(op)
        if found not in TABLE or op.get("regions"):
            self.problems.node(title, "this operator is not supported")
            return
        operands = self._operands(op, found, attributes, title)
        schema = TABLE.schema(found)
        named: dict[str, list[str]] = {}
        for formal, result in zip(schema.outputs, results, strict=False):
            named[formal.name] = self.parts.get(result, [result])
        known = {n: v for n, v in attributes.items() if n in schema.attributes}
        self.operators.append(Operator(found, name, label, operands, named, known))
        if found in _CONSTANTS:
            self.constants[results[0]] = known["value"]

    def _operands(
        self, op: Json, name: str, attributes: dict[str, Value], title: str
    ) -> dict[str, list[str]]:
        """Operands by name; those that are known numbers become attributes."""
        formals = TABLE.schema(name).inputs
        names = _positions(name)
        given = [self._value(operand) for operand in op["I"]]
        if name in _WRITTEN:
            given = []  # the tensor that is written, whatever it was
        if len(given) > len(names):
            raise ProgramError(f"{title} has {len(given)} operands, expected {len(names)}")
        found: dict[str, list[str]] = {}
        for formal, value in zip(names, given, strict=False):
            if value == _ABSENT:
                continue
            several = self.parts.get(value)
            attribute = formal.removesuffix("_tensor")
            if formal != attribute:
                known = self._numbers(value if several is None else several)
                if known is not None:
                    attributes[attribute] = _fitting(name, attribute, known)
                    continue
            found[formal] = [value] if several is None else several
        lists = {f.name for f in formals if f.option == Option.VARIADIC}
        for formal, values in found.items():
            if len(values) != 1 and formal not in lists:
                raise ProgramError(f"{title}: operand '{formal}' is a list of {len(values)}")
        return found

    def _numbers(self, value: str | Sequence[str]) -> Value | None:
        """A number or a vector of them that is known; None where any is computed."""
        if isinstance(value, str):
            return self.constants.get(value)
        parts = [self.constants.get(part) for part in value]
        if any(part is None or isinstance(part, list) for part in parts):
            return None
        return [int(part) for part in parts if isinstance(part, int | float)]

    def _results(self, op: Json) -> list[str]:
        """The names of the results, whose types are noted; one for each element of a list."""
        results = op["O"] if isinstance(op["O"], list) else [op["O"]]
        names: list[str] = []
        for result in results:
            name, type_ = self._value(result), result["TT"]
            names.append(name)
            if type_["#"].endswith("t_vec"):
                parts = [f"{name}.{at}" for at in range(len(type_["D"]))]
                self.parts[name] = parts
                for part, inner in zip(parts, type_["D"], strict=True):
                    self._note(part, inner)
            else:
                self._note(name, type_)
        return names

    def _value(self, operand: Mapping[str, Json]) -> str:
        """The name of a value: its number, where it has no other."""
        number = str(int(operand["%"]))
        return self.aliases.get(number, number)

    def _note(self, name: str, type_: Json) -> None:
        if not str(type_["#"]).endswith("t_dtensor"):
            return
        short = str(type_["D"][0]["#"]).rpartition("_")[2]
        element = element_type_of_word(word_of_short(short))
        if element is not None:
            self.types[name] = tensor_type(element.ir, _dims(type_["D"][1]))

    def _attributes(self, op: Json) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for entry in op["A"]:
            value = _attribute(entry["AT"])
            if value is not None:
                found[str(entry["N"])] = value
        return found


def _positions(name: str) -> list[str]:
    """The operands of an operator as PIR has them: its computed attributes among the others."""
    return [formal.name for formal in TABLE.schema(name).inputs]


def _dims(dims: Sequence[Json]) -> list[int | None]:
    return [None if int(d) < 0 else int(d) for d in dims]


def _attribute(typed: Json) -> Value | None:
    """The value of an attribute; None for one that says nothing here."""
    kind, data = str(typed["#"]).rpartition("_")[2], typed.get("D")
    if kind in _NOTHING or data is None:
        return None
    if kind == "array":
        return cast(Value, [value for value in map(_attribute, data) if value is not None])
    if kind == "intarray":
        return [int(n) for n in data]
    if kind in _WORDS:
        return str(data)
    if kind == "scalar":
        several = cast("list[Any]", data) if isinstance(data, list) else [data]
        return float(several[-1])
    make = _PLAIN.get(kind)
    return None if make is None else make(data)


def _fitting(name: str, attribute: str, value: Value) -> Value:
    """A number or a vector as the attribute has it."""
    kind = TABLE.schema(name).attributes[attribute].kind.name
    several = value if isinstance(value, list) else [value]
    numbers = [float(n) for n in several if isinstance(n, int | float)]
    if kind == "INTS":
        return [int(n) for n in numbers]
    if kind == "DOUBLES":
        return numbers
    [number] = numbers
    return int(number) if kind == "INT" else number
