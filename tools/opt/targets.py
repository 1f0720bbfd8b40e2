"""`-t`: the forms in which `opt-tool` prints a module."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.printer import Printer


@dataclass(frozen=True)
class Style:
    """How IR is written: in the generic form, with locations, with properties among the
    attributes, in colours; as code, for which processor."""

    generic: bool = False
    locations: bool = False
    properties_as_attributes: bool = False
    colours: bool = False
    processor: str = "native"


Target = Callable[[Context, ModuleOp, Style], str]


def mlir_text(ctx: Context, module: ModuleOp, style: Style) -> str:
    """The module as text with the resources it uses, ending in a newline."""
    stream = StringIO()
    printer = _printer_type(style)(
        stream=stream,
        print_generic_format=style.generic,
        print_properties_as_attributes=style.properties_as_attributes,
        print_debuginfo=style.locations,
    )
    printer.print_op(module)
    printer.print_metadata(ctx.loaded_dialects)
    return stream.getvalue() + "\n"


def _printer_type(style: Style) -> type[Printer]:
    if not style.colours:
        return Printer
    from xdsl.syntax_printer import SyntaxPrinter

    return SyntaxPrinter


def llvm_text(ctx: Context, module: ModuleOp, style: Style) -> str:
    """A module of level 5 as LLVM IR, which LLVM has verified.

    Raises `CompileError` for an operation without machine code, `UsageError` for a processor that
    is not known.
    """
    from ...conversion.kernels_to_llvm import emit_module, verified_text
    from ...targets.target import Target

    processor = Target.parse(style.processor)
    return verified_text(emit_module(module, processor), processor) + "\n"


def assembly_text(ctx: Context, module: ModuleOp, style: Style) -> str:
    """A module of level 5 as assembly. Raises as `llvm_text` does."""
    from ...conversion.kernels_to_llvm import emit_assembly, emit_module
    from ...targets.target import Target

    processor = Target.parse(style.processor)
    return emit_assembly(emit_module(module, processor), processor)


# Each target by the name it has after -t.
TARGETS: dict[str, Target] = {"mlir": mlir_text, "llvm": llvm_text, "asm": assembly_text}
