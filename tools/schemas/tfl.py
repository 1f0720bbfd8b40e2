"""
Writes the tables of the dialect `tfl` from TensorFlow Lite's own flatbuffer schema.

    python -m stepwell.tools.schemas.tfl

needs the package `ai-edge-litert`, in which the schema is compiled. `dialects/tfl/table.json` gets
the operators with their attributes, `conversion/tfl_import/layout.json` where a file has them:
the number of an operator, the kind of its options, and number, width and enumeration of the field
of each attribute.
"""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .tfl_operands import (
    BINARY,
    CUSTOM_ATTRIBUTES,
    IMPURE,
    OPERANDS,
    REDUCING,
    REGIONS,
    UNARY,
)

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "ai-edge-litert"

_ENUM_OF_FIELD = {
    "fused_activation_function": "ActivationFunctionType",
    "padding": "Padding",
    "mode": "MirrorPadMode",
    "weights_format": "FullyConnectedOptionsWeightsFormat",
    "combiner": "CombinerType",
    "kernel_type": "LSTMKernelType",
    "type": "LSHProjectionType",
    "reduce_function": "ReduceWindowFunction",
    **dict.fromkeys(
        ("out_type", "in_data_type", "out_data_type", "output_type", "idx_out_type"), "TensorType"
    ),
    **dict.fromkeys(("quantized_bias_type", "key_dtype", "value_dtype"), "TensorType"),
}
"""The enumeration that a field holds a number of: the compiled schema does not say."""

_CODES = {
    "Int8Flags": "b",
    "Uint8Flags": "B",
    "Int32Flags": "i",
    "Uint32Flags": "I",
    "Int64Flags": "q",
    "Float32Flags": "f",
    "BoolFlags": "?",
}

_OPTIONS = {
    **dict.fromkeys(("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D"), "Pool2DOptions"),
    **dict.fromkeys(REDUCING, "ReducerOptions"),
    **dict.fromkeys(("MAXIMUM", "MINIMUM"), "MaximumMinimumOptions"),
    **dict.fromkeys(("RANDOM_UNIFORM", "RANDOM_STANDARD_NORMAL", "MULTINOMIAL"), "RandomOptions"),
    "UNIDIRECTIONAL_SEQUENCE_RNN": "SequenceRNNOptions",
    "L2_NORMALIZATION": "L2NormOptions",
    "CONV_3D_TRANSPOSE": "Conv3DOptions",
    "ATAN2": "ATan2Options",
    "RFFT2D": "Rfft2dOptions",
    "STABLEHLO_COMPOSITE": "StableHLOCompositeOptions",
}
"""Options whose name does not follow from that of the operator."""


Field = tuple[str, int, str, bool, str]
"""Name, number, code of the type, whether it is a vector, and default of a field."""


class Schema:
    """The compiled schema, as text."""

    def __init__(self, text: str):
        self.text = text

    def enum(self, name: str) -> dict[str, int]:
        """The numbers of an enumeration."""
        found = re.search(rf"class {name}\(object\):\n((?:    \w+ = .*\n)+)", self.text)
        assert found is not None, name
        return {word: int(n) for word, n in re.findall(r"    (\w+) = (-?\d+)", found[1])}

    def fields(self, table: str) -> list[Field]:
        """The fields of a table."""
        found = re.search(rf"class {table}\(object\):\n(.*?)\ndef {table}Start", self.text, re.S)
        assert found is not None, table
        fields: list[Field] = []
        for method in re.split(r"\n    # \w+\n", found[1])[1:]:
            name = re.match(r"    def (\w+)\(self", method)
            slot = re.search(r"self\._tab\.Offset\((\d+)\)", method)
            kind = re.search(r"number_types\.(\w+Flags), (?:o|a) \+", method)
            if name is None or slot is None or not (kind or "self._tab.String" in method):
                continue
            default = method.rstrip().rsplit("return ", 1)[1]
            number, code = (int(slot[1]) - 4) // 2, "text" if kind is None else _CODES[kind[1]]
            fields.append((_snake(name[1]), number, code, "(self, j)" in method, default))
        return fields


def _snake(name: str) -> str:
    """`StrideW` as `stride_w`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _squeezed(name: str) -> str:
    return name.replace("_", "").lower()


def options_of(operator: str, known: dict[str, int]) -> str | None:
    """The name of an operator's options table, None where it has none."""
    given = _OPTIONS.get(operator)
    if given is not None:
        return given if given in known else None
    wanted = f"{_squeezed(operator)}options"
    return next((name for name in known if name.lower() == wanted), None)


def operands() -> dict[str, tuple[list[str], list[str]]]:
    """Operands and results of every operator."""
    found = {name: (["input"], ["output"]) for name in UNARY}
    found |= {name: (["input1", "input2"], ["output"]) for name in BINARY}
    found |= {name: (["input", "axes"], ["output"]) for name in REDUCING}
    for entry in re.split(r"\n(?=[\w.]+:)", OPERANDS.strip()):
        name, _, rest = entry.partition(":")
        before, _, behind = rest.partition("->")
        found[name] = (before.split(), behind.split())
    return found


def attribute(enums: dict[str, Any], field: Field) -> Any:
    """A field as an attribute of the table."""
    name, _, code, vector, default = field
    if vector:
        return "floats" if code == "f" else "ints"
    if code == "text":
        return ["string", ""]
    enum = _ENUM_OF_FIELD.get(name)
    if enum is not None:
        words = {n: word for word, n in enums[enum].items()}
        return [enum, words[int(default)]]
    if code == "?":
        return ["bool", default == "True"]
    return ["float", float(default)] if code == "f" else ["int", int(default)]


def place_of(operator: str, schema: Schema, layout: dict[str, Any]) -> list[Field]:
    """The fields of an operator's options; where they are goes into `layout`."""
    codes = schema.enum("BuiltinOperator")
    place: dict[str, Any] = {"code": codes.get(operator, codes["CUSTOM"])}
    layout[operator] = place
    for union, name in enumerate(("BuiltinOptions", "BuiltinOptions2"), 1):
        known = schema.enum(name)
        options = options_of(operator, known)
        if options is None or (operator.startswith("STABLEHLO") and operator not in _OPTIONS):
            continue
        fields = schema.fields(options)
        place["options"] = [union, known[options]]
        place["fields"] = {
            name: [number, code + "s" * vector, *filter(None, [_ENUM_OF_FIELD.get(name)])]
            for name, number, code, vector, _ in fields
        }
        return fields
    return []


def main() -> None:
    spec = find_spec("ai_edge_litert")
    if spec is None or spec.origin is None:
        sys.exit(f"needs the package {PACKAGE}")
    schema = Schema((Path(spec.origin).parent / "schema_py_generated.py").read_text())
    codes = schema.enum("BuiltinOperator")
    names = sorted(set(_ENUM_OF_FIELD.values()))
    enums: dict[str, Any] = {name: schema.enum(name) for name in names}
    table: dict[str, Any] = {}
    layout: dict[str, Any] = {}
    for operator, (inputs, outputs) in sorted(operands().items()):
        fields = place_of(operator, schema, layout)
        attributes = {
            field[0]: attribute(enums, field)
            for field in fields
            if operator not in REGIONS and not field[0].endswith(("_index", "_none"))
        }
        attributes |= dict.fromkeys(REGIONS.get(operator, ()), "region!")
        for name, (kind, default) in CUSTOM_ATTRIBUTES.get(operator, {}).items():
            attributes[name] = kind if default is None else [kind, default]
        row: dict[str, Any] = {"in": inputs, "out": outputs}
        if attributes:
            row["attr"] = attributes
        if operator in IMPURE:
            row["pure"] = False
        table[operator] = row
    for operator in codes:
        if operator not in layout:
            place_of(operator, schema, layout)
    head = {
        "dialect": "tfl",
        "framework": "TensorFlow Lite",
        "source": f"the flatbuffer schema of the package {PACKAGE}",
        "version": version(PACKAGE),
        "enums": enums,
        "operators": table,
    }
    _write(ROOT / "dialects/tfl/table.json", head, "operators")
    _write(ROOT / "conversion/tfl_import/layout.json", {"operators": layout}, "operators")


def _write(path: Path, table: dict[str, Any], long: str) -> None:
    """A table as text, a line for each entry of its `long` part."""
    rows = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in table[long].items())
    head = "".join(f"{json.dumps(k)}: {json.dumps(v)},\n" for k, v in table.items() if k != long)
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{{\n{head}{json.dumps(long)}: {{\n{rows}\n}}\n}}\n")


if __name__ == "__main__":
    main()
