"""Writes docs/reference: every dialect, operation, attribute, pass and rewrite, from docstrings.

python docs/generate_reference.py            writes
python docs/generate_reference.py --check    exits with 1 if what is there is out of date
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from xdsl.ir import Attribute, Operation
from xdsl.irdl import (
    IRDLOperation,
    OperandDef,
    OptOperandDef,
    OptPropertyDef,
    OptRegionDef,
    OptResultDef,
    PropertyDef,
    RegionDef,
    ResultDef,
    VarOperandDef,
    VarRegionDef,
    VarResultDef,
)
from xdsl.irdl.operations import OpDef

from stepwell.compiler.passes import get_all_passes
from stepwell.dialects import make_context
from stepwell.kernels.builder import KernelBuilder
from stepwell.tools.opt.pass_options import option_types
from stepwell.transforms.optimize.rewrites import FILES

FOLDER = Path(__file__).resolve().parent / "reference"

OWN_DIALECTS = (
    *(
        "engine",
        "framework",
        "onnx",
        "caffe",
        "chlo",
        "paddle",
        "stablehlo",
        "tfl",
        "torch",
        "vector_ext",
    ),
)

HEADER = "<!-- Written by docs/generate_reference.py; edit the docstrings instead. -->\n\n"

AnyDef = OperandDef | ResultDef | RegionDef


def main(argv: list[str]) -> int:
    pages = {"passes.md": passes_page(), "rewrites.md": rewrites_page()}
    pages |= {f"{name}.md": dialect_page(name) for name in OWN_DIALECTS}
    pages["kernel_builder.md"] = kernel_builder_page()
    pages["README.md"] = contents_page(pages)
    if argv == ["--check"]:
        stale = [name for name, text in pages.items() if read(FOLDER / name) != text]
        for name in stale:
            print(f"docs/reference/{name} is out of date: run `make docs`", file=sys.stderr)
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


def read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def contents_page(pages: dict[str, str]) -> str:
    links = "".join(f"- [{page_title(text)}]({name})\n" for name, text in sorted(pages.items()))
    return f"{HEADER}# Reference\n\n{links}"


def page_title(page: str) -> str:
    return next(line[2:] for line in page.splitlines() if line.startswith("# "))


def passes_page() -> str:
    parts = [f"{HEADER}# Passes\n"]
    for name, factory in sorted(get_all_passes().items()):
        pass_type = factory()
        parts.append(f"\n## `{name}`\n\n{documentation(pass_type)}\n")
        rows = [
            (f"`{option}`", f"`{type_}`", "required" if default is None else f"`{default}`")
            for option, (type_, default) in option_types(pass_type).items()
        ]
        if rows:
            parts.append("\n" + table(("option", "type", "default"), rows))
    return "".join(parts)


def rewrites_page() -> str:
    """One line for each rewrite, by the file it is in."""
    parts = [
        f"{HEADER}# Rewrites\n\nWhat `optimize` applies, in the order in which it tries them.\n"
    ]
    for file in FILES:
        about = documentation(file)
        parts.append(f"\n## `{file.__name__.rpartition('.')[2]}`\n\n{about}\n\n")
        rows = [
            (
                f"`{r.name}`",
                f"`{r.equation}`".replace("|", "\\|"),
                r.exactness,
                r.group,
                r.source,
                r.evidence,
            )
            for r in file.RULES
        ]
        header = ("rewrite", "equation", "exactness", "group", "known from", "known right by")
        parts.append(table(header, rows))
    return "".join(parts)


def dialect_page(name: str) -> str:
    dialect = make_context().get_dialect(name)
    operations = sorted(dialect.operations, key=lambda op: op.name)
    attributes = sorted(dialect.attributes, key=lambda attribute: attribute.name)
    package = sys.modules[f"stepwell.dialects.{name}"]
    parts = [f"{HEADER}# The `{name}` dialect\n\n{documentation(package)}\n"]
    attributes = [a for a in attributes if a.__module__ != "stepwell.dialects.onnx.former_names"]
    if attributes:
        parts.append("\n# Attributes and types\n")
        parts += [attribute_section(attribute) for attribute in attributes]
    if operations:
        parts.append("\n# Operations\n\n")
    if name in ("onnx", "tfl", "torch"):  # made from a table of schemas
        parts.append(operation_table(operations))
    else:
        parts.append("\n".join(operation_section(op) for op in operations))
    return "".join(parts)


def attribute_section(attribute: type[Attribute]) -> str:
    return f"\n## `{attribute.name}`\n\n{documentation(attribute)}\n"


def operation_section(op: type[Operation]) -> str:
    text = f"## `{op.name}`\n\n{documentation(op)}\n"
    if not issubclass(op, IRDLOperation):
        return text
    rows = member_rows(op.get_irdl_definition())
    text += "\n" + table(("member", "kind"), rows) if rows else ""
    return text + f"\nIn Python, from `{op.__module__}`:\n\n{signature(op.__name__, op.__init__)}"


def kernel_builder_page() -> str:
    """The methods of `KernelBuilder` with their documentation, by the file they are in."""
    parts = [
        f"{HEADER}# The kernel builder\n\n`stepwell.kernels.builder.KernelBuilder` writes level 5 "
        f"from Python.\n\n{documentation(sys.modules['stepwell.kernels.builder'])}\n"
    ]
    for base in reversed(KernelBuilder.__mro__):
        methods = {
            name: member.fget if isinstance(member, property) else member
            for name, member in vars(base).items()
            if not name.startswith("_") and getattr(member, "__doc__", None)
        }
        if not base.__module__.startswith("stepwell.") or not methods:
            continue
        title, _, rest = documentation(sys.modules[base.__module__]).partition("\n\n")
        parts.append(f"\n## {title.rstrip('.')}\n" + (f"\n{rest}\n" if rest else ""))
        for name, method in methods.items():
            about = inspect.cleandoc(method.__doc__ or "Not documented.")
            parts.append(f"\n### `{name}`\n\n{signature(name, method)}\n{about}\n")
    return "".join(parts)


def signature(name: str, function: Any) -> str:
    """A call as Python code, one parameter a line where it does not fit into one."""
    found = inspect.signature(function)
    parameters = [p for p in found.parameters.values() if p.name != "self"]
    short = str(found.replace(parameters=parameters, return_annotation=found.empty))
    result = (
        ""
        if name[0].isupper() or found.return_annotation is found.empty
        else (f" -> {found.return_annotation}")
    )
    line = f"{name}{short}{result}".replace("'", "")
    if len(line) > 100:
        inner = short[1:-1]
        line = f"{name}(\n    {_broken(inner)}\n){result}".replace("'", "")
    return f"```python\n{line}\n```\n"


def _broken(parameters: str) -> str:
    """A list of parameters with a line for each."""
    lines, depth = [""], 0
    for char in parameters:
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth == 0:
            lines[-1] += ","
            lines.append("")
        else:
            lines[-1] += char
    return "\n    ".join(line.strip() for line in lines)


def operation_table(operations: list[type[Operation]]) -> str:
    """One line for each operation; `?` marks what is optional and `...` what repeats."""
    rows: list[tuple[str, ...]] = []
    for op in operations:
        if not issubclass(op, IRDLOperation):
            continue
        definition = op.get_irdl_definition()
        groups = (definition.operands, definition.results, properties(definition).items())
        rows.append((f"`{op.name}`", *(members(group) for group in groups)))
    return table(("operation", "operands", "results", "attributes"), rows)


def members(group: Iterable[tuple[str, object]]) -> str:
    return ", ".join(f"`{name}`{mark(definition)}" for name, definition in group)


def mark(definition: object) -> str:
    if isinstance(definition, OptOperandDef | OptResultDef | OptPropertyDef):
        return "?"
    return "..." if isinstance(definition, VarOperandDef | VarResultDef) else ""


def properties(definition: OpDef) -> dict[str, PropertyDef]:
    """The properties that an operation's author wrote, without the sizes of operand groups."""
    sizes = {"operandSegmentSizes", "resultSegmentSizes", "regionSegmentSizes"}
    return {n: p for n, p in sorted(definition.properties.items()) if n not in sizes}


def member_rows(definition: OpDef) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    rows += [(f"`{name}`", kind(d, "operand")) for name, d in definition.operands]
    for name, property_ in properties(definition).items():
        optional = "optional " if isinstance(property_, OptPropertyDef) else ""
        rows.append((f"`{name}`", f"{optional}property"))
    rows += [(f"`{name}`", kind(d, "region")) for name, d in definition.regions]
    rows += [(f"`{name}`", kind(d, "result")) for name, d in definition.results]
    return rows


def kind(definition: AnyDef, what: str) -> str:
    if isinstance(definition, OptOperandDef | OptResultDef | OptRegionDef):
        return f"optional {what}"
    if isinstance(definition, VarOperandDef | VarResultDef | VarRegionDef):
        return f"any number of {what}s"
    return what


def documentation(thing: object) -> str:
    """The docstring of a module or class itself, not one that it inherits."""
    own: str | None = vars(thing).get("__doc__")
    if not own or (isinstance(thing, type) and own.startswith(f"{thing.__name__}(")):
        return "Not documented."
    return inspect.cleandoc(own)


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in lines
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
