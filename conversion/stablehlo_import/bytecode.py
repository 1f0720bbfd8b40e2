"""Portable bytecode of StableHLO as a module of functions."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import DictionaryAttr, FunctionType, ModuleOp, StringAttr
from xdsl.dialects.func import CallOp, FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.utils.exceptions import VerifyException

from ...dialects.framework import node_names
from ...dialects.stablehlo import ReturnOp as HloReturnOp
from ...dialects.stablehlo import op_classes
from ...errors import ImportModelError
from ..formats.mlir_bytecode import (
    BlockRecord,
    Bytecode,
    BytecodeError,
    Cursor,
    Record,
    read_bytecode_file,
)
from .program import Program
from .vhlo_attributes import attribute_names, dictionaries_of, properties_of, symbol_of
from .vhlo_values import Values

_PRODUCER = "StableHLO_v"


def read_bytecode(data: bytes, subject: str) -> Program:
    """
    The program in portable bytecode.

    Raises `ImportModelError` for bytecode that is damaged, of another producer, or has operations
    that are not supported, of which all are listed.
    """
    try:
        file = read_bytecode_file(data)
        if not file.producer.startswith(_PRODUCER):
            raise ImportModelError(
                subject,
                f"is MLIR bytecode of '{file.producer}'; expected portable StableHLO: "
                "stablehlo.serialize_portable_artifact",
            )
        unknown = _unknown(file)
        if unknown:
            raise ImportModelError(subject, tuple(unknown))
        module = _Builder(file).module()
    except (BytecodeError, VerifyException) as error:
        raise ImportModelError(subject, f"is damaged: {error}") from None
    version = file.producer.removeprefix(_PRODUCER)
    return Program(subject, module, (("format", f"StableHLO {version}, portable bytecode"),))


def _parts(name: str) -> tuple[str, str]:
    """`vhlo.dot_general_v2` as `dot_general_v2` and `dot_general`."""
    word = name.removeprefix("vhlo.")
    return word, word.rpartition("_v")[0]


def _unknown(file: Bytecode) -> list[str]:
    found: dict[str, None] = {}
    stack = list(file.operations)
    while stack:
        op = stack.pop()
        for region in op.regions:
            for block in region.blocks:
                stack += block.operations
        _, word = _parts(op.name)
        known = word in _PLAIN or f"stablehlo.{word}" in op_classes()
        known = known and op.name.startswith("vhlo.")
        if not known and op.name not in ("builtin.module", *_LEFT_OUT):
            found.setdefault(f"operation '{op.name}' is not supported")
    return sorted(found)


_CONTROL = frozenset(("func", "while", "if", "case"))
"""Operations whose regions hold operations that have names of their own."""

_LEFT_OUT = frozenset(("sdy.mesh",))
"""What says how work is spread over devices."""

_PLAIN = frozenset(("func", "call", "return"))


class _Builder:
    """Makes operations of records; values go by number in each isolated region."""

    def __init__(self, file: Bytecode):
        self.file = file
        self.values = Values(file)

    def module(self) -> ModuleOp:
        records = self.file.operations
        if len(records) == 1 and records[0].name == "builtin.module":
            inner = records[0].regions
            records = inner[0].blocks[0].operations if inner and inner[0].blocks else []
        return ModuleOp([self._function(r) for r in records if r.name not in _LEFT_OUT])

    def _function(self, record: Record) -> FuncOp:
        if record.name != "vhlo.func_v1" or len(record.regions) != 1:
            raise BytecodeError(f"'{record.name}' stands outside of a function")
        found = self._attributes(record)
        type_ = found["function_type"]
        if not isinstance(type_, FunctionType):
            raise BytecodeError("a function has no type")
        blocks = record.regions[0].blocks
        if len(blocks) != 1:
            raise BytecodeError(f"a function has {len(blocks)} blocks")
        block = self._block(blocks[0], {}, "func")
        visibility = found.get("sym_visibility")
        return FuncOp(
            symbol_of(found["sym_name"]),
            type_,
            Region(block),
            visibility if isinstance(visibility, StringAttr) and visibility.data else None,
            arg_attrs=dictionaries_of(found.get("arg_attrs"), len(type_.inputs)),
            res_attrs=dictionaries_of(found.get("res_attrs"), len(type_.outputs)),
        )

    def _attributes(self, record: Record) -> dict[str, Attribute | None]:
        """The attributes of an operation by VHLO's names."""
        word, plain = _parts(record.name)
        names = attribute_names(word, op_classes().get(f"stablehlo.{plain}"))
        if record.properties is None:
            if names:
                raise BytecodeError(f"'{record.name}' has no attributes")
            return {}
        cursor = Cursor(record.properties)
        return {name: self.values.optional(cursor.varint()) for name in names}

    def _block(self, record: BlockRecord, scope: dict[int, SSAValue], inside: str) -> Block:
        block = Block(arg_types=[self.values.type(type_) for type_ in record.arguments])
        for at, arg in enumerate(block.args):
            scope[record.first + at] = arg
        for op in record.operations:
            block.add_op(self._operation(op, scope, inside))
        return block

    def _operation(self, record: Record, scope: dict[int, SSAValue], kind: str) -> Operation:
        operands = [self._value(number, scope) for number in record.operands]
        results = [self.values.type(type_) for type_ in record.results]
        _, word = _parts(record.name)
        if word == "return":
            return ReturnOp(*operands) if kind == "func" else HloReturnOp(operands)
        found = self._attributes(record)
        if word == "call":
            made: Operation = CallOp(symbol_of(found["callee"]), operands, results)
        else:
            made = self._hlo(record, word, operands, results, found, scope)
            name = self.values.name_of_place(record.location)
            if name and kind in _CONTROL:
                made.attributes["nodes"] = node_names(name)
        for at, result in enumerate(made.results):
            scope[record.first + at] = result
        return made

    def _hlo(
        self,
        record: Record,
        word: str,
        operands: Sequence[SSAValue],
        results: Sequence[Attribute],
        found: dict[str, Attribute | None],
        scope: dict[int, SSAValue],
    ) -> Operation:
        cls = op_classes()[f"stablehlo.{word}"]
        regions: list[Region] = []
        for region in record.regions:
            inside: dict[int, SSAValue] = {} if region.isolated else dict(scope)
            regions.append(Region([self._block(block, inside, word) for block in region.blocks]))
        return cls.create(
            operands=operands,
            result_types=results,
            properties=properties_of(word, cls, found),
            attributes=self._discardable(record),
            regions=regions,
        )

    def _discardable(self, record: Record) -> dict[str, Attribute]:
        if record.attributes is None:
            return {}
        try:
            found = self.values.optional(record.attributes)
        except BytecodeError:
            # What frameworks note beside an operation (shardings, hints) may be of any dialect.
            return {}
        if not isinstance(found, DictionaryAttr):
            return {}
        return {name: value for name, value in found.data.items() if "." in name}

    @staticmethod
    def _value(number: int, scope: dict[int, SSAValue]) -> SSAValue:
        found = scope.get(number)
        if found is None:
            raise BytecodeError(f"value {number} is used before it is defined")
        return found
