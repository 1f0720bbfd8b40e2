"""Writes docs/frontend_operators.md: what becomes of each operator of each framework but ONNX.

python docs/generate_frontend_operators.py            writes
python docs/generate_frontend_operators.py --check    exits with 1 if what is there is out of date

An operator is native where the conversion of its dialect has it, or converts the regions it has;
it runs by the reference where the interpreter alone has it. What is neither is refused on import,
unless the importer replaces it: an operator that writes in place (`add_`) is what it does to a
value (`add`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from textwrap import fill
from typing import Any

from xdsl.irdl import IRDLOperation
from xdsl.traits import IsTerminator

from stepwell.conversion.frontends import frontends
from stepwell.conversion.to_engine.dialect_conversion import DialectConversion, no_parts
from stepwell.dialects import get_all_dialects
from stepwell.dialects.framework import FrameworkOp

PAGE = Path(__file__).resolve().parent / "frontend_operators.md"

TITLES = {
    "caffe": "Caffe",
    "chlo": "CHLO, beside StableHLO",
    "paddle": "PaddlePaddle",
    "stablehlo": "StableHLO",
    "tfl": "TensorFlow Lite",
    "torch": "PyTorch",
}

SEMANTICS_OF = {"chlo": "stablehlo"}
"""Dialects whose meaning stands with that of another one."""

INTRODUCTION = """# Operators of the other frameworks

<!-- Written by docs/generate_frontend_operators.py from the conversions and the interpreters. -->

What becomes of each operator that a dialect has. *Native* operators become machine code, some of
them not in all of their forms: what has none is said in the IR, in `engine.reference_ops` and in
every report. Those *by reference* run by the framework's own semantics in Python. What is *refused*
is named in one message with the nodes that have it, when the model is imported. Operators of ONNX
are in [Operators](operators.md).
"""


def main(argv: list[str]) -> int:
    text = page()
    if argv == ["--check"]:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
            print(f"docs/{PAGE.name} is out of date: run `make docs`", file=sys.stderr)
            return 1
        return 0
    PAGE.write_text(text, encoding="utf-8")
    return 0


def page() -> str:
    parts = [INTRODUCTION]
    for frontend_name, frontend in sorted(frontends().items()):
        if frontend_name != "onnx":
            conversion = frontend.conversion()
            for dialect in sorted(conversion.dialects, key=lambda d: (d != frontend_name, d)):
                parts.append(_section(dialect, conversion))
    return "\n".join(parts)


def _section(dialect: str, conversion: DialectConversion) -> str:
    """The operators of one dialect in three groups."""
    classes = {op.name: op for op in get_all_dialects()[dialect]().operations}
    names = {n for n, op in classes.items() if not _is_plumbing(op)}
    native = (set(conversion.conversions()) | _with_regions(names, classes, conversion)) & names
    meant = set(_semantics(dialect)) & names - native
    left = names - native - meant
    replaced = {name: _written_anew(name) for name in left}
    native |= {name for name, other in replaced.items() if other in native}
    meant |= {name for name, other in replaced.items() if other in meant}
    refused = names - native - meant
    title = TITLES.get(dialect, dialect)
    lines = [f"## {title} (`{dialect}`)\n", f"{len(names)} operators.\n"]
    for said, group in (("Native", native), ("By reference", meant), ("Refused", refused)):
        if group:
            listed = ", ".join(sorted(name.partition(".")[2] for name in group))
            lines.append(f"**{said}** ({len(group)}):")
            lines.append(fill(listed, 100, break_long_words=False, break_on_hyphens=False) + "\n")
    return "\n".join(lines)


def _is_plumbing(op: type[Any]) -> bool:
    """Whether an operation is none of the framework's: its constant, the end of a region."""
    if issubclass(op, FrameworkOp):
        return op.SIGNATURE.schema.constant
    return op.has_trait(IsTerminator)


def _with_regions(
    names: Iterable[str], classes: Mapping[str, type[Any]], conversion: DialectConversion
) -> set[str]:
    """The operations whose regions the conversion puts where they are wanted."""
    if conversion.parts is no_parts:
        return set()
    if conversion.control is not None:
        return set(conversion.control)
    return {name for name in names if _has_regions(classes[name])}


def _has_regions(op: type[Any]) -> bool:
    if issubclass(op, FrameworkOp):
        return bool(op.SIGNATURE.graphs)
    return issubclass(op, IRDLOperation) and bool(op.get_irdl_definition().regions)


def _semantics(dialect: str) -> Mapping[str, Any]:
    """The interpreter's functions by the name of their operation."""
    home = f"stepwell.interpreters.{SEMANTICS_OF.get(dialect, dialect)}.functions"
    module: Any = import_module(home)
    return module.SEMANTICS if hasattr(module, "SEMANTICS") else module.functions()


def _written_anew(name: str) -> str:
    """The operator that gives a new value where this one writes in place: `add` for `add_`."""
    return re.sub(r"_(?=\.|$)", "", name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
