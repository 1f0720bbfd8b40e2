"""`--list-passes` and `--list-dialects`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from xdsl.context import Context
from xdsl.passes import ModulePass

from ...compiler.named_pipeline import NamedPipeline, expanded
from .pass_options import option_types


def first_line(docstring: str | None) -> str:
    """The first sentence of a docstring that is worth a line."""
    if not docstring:
        return ""
    paragraph = docstring.strip().split("\n\n")[0]
    return " ".join(paragraph.split())


def list_passes(passes: Mapping[str, Callable[[], type[ModulePass]]]) -> str:
    """Each pass with the first paragraph of its documentation, its options, what it stands for."""
    lines: list[str] = []
    for name, factory in sorted(passes.items()):
        pass_type = factory()
        doc = first_line(pass_type.__dict__.get("__doc__"))
        if doc.startswith(f"{pass_type.__name__}("):  # what @dataclass writes where there is none
            doc = ""
        lines.append(f"{name:<32} {doc}".rstrip())
        for option, (type_, default) in option_types(pass_type).items():
            shown = "required" if default is None else f"default {default or '(empty)'}"
            lines.append(f"    {option}: {type_} ({shown})")
        if issubclass(pass_type, NamedPipeline):
            lines.append(f"    = {','.join(str(pass_) for pass_ in expanded((pass_type(),)))}")
    return "\n".join(lines) + "\n"


def list_dialects(ctx: Context) -> str:
    """Each dialect with the first paragraph of its documentation and what it holds."""
    lines: list[str] = []
    for name in sorted(ctx.registered_dialect_names):
        dialect = ctx.get_dialect(name)
        operations, attributes = list(dialect.operations), list(dialect.attributes)
        members = [*operations, *attributes]
        module = sys.modules[members[0].__module__] if members else None
        package = sys.modules.get((module.__package__ or "") if module else "")
        own = package if package is not None and package.__name__.endswith(f".{name}") else module
        counts = f"{len(operations)} operations, {len(attributes)} attributes and types"
        lines.append(f"{name:<10} {counts}")
        if doc := first_line(own.__doc__ if own else None):
            lines.append(f"    {doc}")
    return "\n".join(lines) + "\n"


def show_dialects(ctx: Context) -> str:
    """The names of all dialects, as MLIR's tool prints them."""
    return f"Available Dialects: {', '.join(sorted(ctx.registered_dialect_names))}\n"
