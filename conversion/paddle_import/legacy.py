"""
Programs of the older format (`.pdmodel`), as operators of the newer one.

What the newer format says otherwise is said so here: the second operand of `elementwise_add` is
aligned at an axis, `matmul` has a factor, `fill_constant` its number as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from google.protobuf.message import DecodeError
from xdsl.ir import Attribute

from ...dialects.framework import dims_of, tensor_type
from ...dialects.paddle.codes import element_type_of_word, word_of_number
from ...dialects.paddle.schemas import TABLE
from ..formats.protobuf_messages import check_text
from ..problems import Problems
from .legacy_names import MAIN_RESULTS, Names, names_of, operand_name, result_name, snake
from .legacy_rules import RULES, Unsupported
from .messages import messages
from .program import Operator, Program, ProgramError, Value

_DENSE = 7
"""The type of variables that are tensors."""

_FIELDS = {
    **{0: "i", 1: "f", 2: "s", 3: "ints", 4: "floats", 5: "strings", 6: "b", 7: "bools", 9: "l"},
    **{11: "longs", 12: "float64s", 15: "float64"},
}
"""Where the value of an attribute is, by its type."""

_LIST = 17
_SCALARS = frozenset((16, _LIST))
"""Types of attributes that are numbers of any kind, and lists of them."""

_DTYPES = frozenset(("dtype", "out_dtype", "in_dtype"))


def read_legacy(data: memoryview, problems: Problems) -> Program:
    """The program of a file.

    Raises `ProgramError` for what is not such a program, or a damaged one.
    """
    try:
        message: Any = messages()["ProgramDesc"].FromString(bytes(data))
        check_text(message)
        if not message.blocks:
            raise ProgramError("is not a program of Paddle: it has no blocks")
        return _Reader(message.blocks[0], problems).program()
    except (DecodeError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise ProgramError(f"is not a program of Paddle, or a damaged one ({reason})") from None


class _Reader:
    """Reads the first block, which is the program; others belong to loops and branches."""

    def __init__(self, block: Any, problems: Problems):
        self.block = block
        self.problems = problems
        self.types: dict[str, Attribute] = {}
        self.operators: list[Operator] = []
        self.inputs: dict[int, tuple[str, Attribute]] = {}
        self.outputs: dict[int, tuple[str, str]] = {}

    def program(self) -> Program:
        parameters: dict[str, str] = {}
        for variable in self.block.vars:
            self._variable(variable, parameters)
        for op in self.block.ops:
            self._read(op)
        return Program(
            "ProgramDesc",
            dict(pair for _, pair in sorted(self.inputs.items())),
            tuple(pair for _, pair in sorted(self.outputs.items())),
            parameters,
            tuple(self.operators),
            self.types,
        )

    def _variable(self, variable: Any, parameters: dict[str, str]) -> None:
        if variable.type.type != _DENSE:
            return
        dense = variable.type.dense_tensor
        element = element_type_of_word(word_of_number(dense.tensor.data_type))
        if element is not None:
            dims = [None if d < 0 else int(d) for d in dense.tensor.dims]
            self.types[variable.name] = tensor_type(element.ir, dims)
        if dense.lod_level > 0:
            self.problems.add(
                f"variable '{variable.name}' has rows of unlike lengths (LoD), which are not "
                "supported"
            )
        if variable.persistable:
            parameters[variable.name] = variable.name

    def _read(self, op: Any) -> None:
        if op.type in ("feed", "fetch"):
            self._endpoint(op)
            return
        names = names_of(op.type)
        label = _label(op)
        title = f"{op.type} '{label}'"
        rule = RULES.get(op.type)
        if names is None and rule is None:
            self.problems.node(title, "this operator is not supported")
            return
        try:
            plain = self._operator(op, names or Names("assign"), label)
            made = [plain] if rule is None else rule(plain, _attributes(op), self._rank)
        except Unsupported as problem:
            self.problems.node(title, str(problem))
            return
        self.operators += map(_known, made)

    def _endpoint(self, op: Any) -> None:
        """Where a value comes in or goes out; columns give the order."""
        column = _attributes(op).get("col", 0)
        if not isinstance(column, int):
            raise ProgramError(f"{op.type} has the column {column}, expected a number")
        inputs = [name for var in op.inputs for name in var.arguments]
        outputs = [name for var in op.outputs for name in var.arguments]
        if op.type == "fetch":
            name = _first(inputs) or ""
            self.outputs[column] = (name, name)
            return
        name = _first(outputs) or ""
        if name not in self.types:
            raise ProgramError(f"its input '{name}' is not a tensor of a known type")
        self.inputs[column] = (name, self.types[name])

    def _rank(self, value: str) -> int:
        """How many dimensions a value has. Raises `Unsupported` where the file does not say."""
        type_ = self.types.get(value)
        dims = None if type_ is None else dims_of(type_)
        if dims is None:
            raise Unsupported(f"takes '{value}', of which no type is known")
        return len(dims)

    def _operator(self, op: Any, names: Names, label: str) -> Operator:
        operands: dict[str, list[str]] = {}
        for var in op.inputs:
            formal = operand_name(names, var.parameter) if var.arguments else None
            if formal is not None:
                operands.setdefault(formal, []).extend(var.arguments)
        results: dict[str, list[str]] = {}
        for var in op.outputs:
            formal = result_name(names, var.parameter) if var.arguments else None
            if formal is not None:
                results[formal] = list(var.arguments)
        known = TABLE.schema(names.name).attributes
        attributes: dict[str, Value] = {}
        for name, value in _attributes(op).items():
            new = names.attributes.get(name, name)
            attributes[new if new in known else snake(new)] = value
        return Operator(names.name, op.type, label, operands, results, attributes)


def _known(operator: Operator) -> Operator:
    """The operator with those attributes that it has in the newer format."""
    known = TABLE.schema(operator.name).attributes
    return replace(
        operator, attributes={n: v for n, v in operator.attributes.items() if n in known}
    )


def _label(op: Any) -> str:
    """What a reader knows an operator by: its result, not what it keeps beside it."""
    ordered = sorted(op.outputs, key=lambda var: var.parameter not in MAIN_RESULTS)
    return _first([name for var in ordered for name in var.arguments]) or str(op.type)


def _one(attribute: Any) -> list[Any]:
    return [attribute.scalar] if attribute.HasField("scalar") else []


def _scalar(scalar: Any) -> float:
    """A number, whatever kind it is written as."""
    return float(getattr(scalar, {1: "b", 2: "i"}.get(scalar.type, "r")))


def _first(names: Sequence[str]) -> str | None:
    return names[0] if names else None


def _attributes(op: Any) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for attribute in op.attrs:
        if attribute.type in _SCALARS:
            numbers = [_scalar(scalar) for scalar in (*attribute.scalars, *_one(attribute))]
            if attribute.type == _LIST:
                found[attribute.name] = numbers
            elif numbers:
                found[attribute.name] = numbers[0]
            continue
        place = _FIELDS.get(attribute.type)
        if place is None:
            continue
        value: Any = getattr(attribute, place)
        if attribute.name in _DTYPES:
            value = word_of_number(int(value))
        plain = isinstance(value, bool | int | float | str)
        found[attribute.name] = value if plain else list(value)
    return found
