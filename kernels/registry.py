"""
Which templates build which operation.

`TEMPLATES` lists, for each operation, its templates from the most special to the most general;
the first that accepts a planned operation builds it. A template is named by its module in this
folder and its class, and imported when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module

from ..dialects.engine.base import EngineOp
from ..plugins import installed_plugins
from ..targets.target import Target
from .template import Template

TEMPLATES: dict[str, tuple[str, ...]] = {
    "engine.attention": (".attention.template:AttentionTemplate",),
    "engine.broadcast": (".movement.copies:BroadcastTemplate",),
    "engine.assert": (".elementwise.assertion:AssertTemplate",),
    "engine.concat": (".movement.copies:ConcatTemplate",),
    "engine.conv": (
        ".conv.depthwise:DepthwiseTemplate",
        ".conv.direct:ConvTemplate",
        ".conv.grouped:GroupedConvTemplate",
        ".conv.general:ConvGeneralTemplate",
    ),
    "engine.conv_transpose": (
        ".conv.transposed:BlockedConvTransposeTemplate",
        ".conv.general:ConvTransposeTemplate",
    ),
    "engine.scan": (".reduction.scan:ScanTemplate",),
    "engine.gather": (".movement.gather:GatherTemplate",),
    "engine.map": (".elementwise.map:MapTemplate",),
    "engine.matmul": (".matmul.template:MatmulTemplate",),
    "engine.norm": (".reduction.norm:NormTemplate",),
    "engine.pad": (".movement.copies:PadTemplate",),
    "engine.pool": (".reduction.pool:PoolTemplate",),
    "engine.recurrence": (".recurrence.template:RecurrenceTemplate",),
    "engine.reduce": (".reduction.reduce:ReduceTemplate",),
    "engine.relayout": (".movement.copies:RelayoutTemplate",),
    "engine.reshape": (".movement.copies:ReshapeTemplate",),
    "engine.resize": (".movement.resize:ResizeTemplate",),
    "engine.scatter": (".movement.scatter:ScatterTemplate",),
    "engine.shuffle": (".movement.shuffle:ShuffleTemplate",),
    "engine.slice": (".movement.copies:SliceTemplate",),
    "engine.softmax": (".reduction.softmax:SoftmaxTemplate",),
    "engine.top_k": (".reduction.top_k:TopKTemplate",),
    "engine.transpose": (".movement.copies:TransposeTemplate",),
    "engine.winograd": (".conv.winograd:WinogradTemplate",),
}
"""Operation name -> `module:Class` of its templates, most special first."""


@cache
def _load(name: str) -> Template:
    module, _, template = name.partition(":")
    found = getattr(import_module(module, __package__), template)()
    assert isinstance(found, Template)
    return found


@cache
def _plugged(op_name: str) -> tuple[Template, ...]:
    plugins = installed_plugins().values()
    return tuple(p.kernels[op_name]() for p in plugins if op_name in p.kernels)


def templates_of(op: EngineOp) -> Iterator[Template]:
    """The templates of an operation, those of plug-ins first, then most special first."""
    yield from _plugged(op.name)
    for name in TEMPLATES.get(op.name, ()):
        yield _load(name)


def template_for(op: EngineOp, target: Target) -> Template | None:
    """The template that builds the planned operation `op`; None when there is none."""
    for template in templates_of(op):
        if template.accepts(op, target):
            return template
    return None


def built_by_plugin(op: EngineOp, target: Target) -> bool:
    """Whether a plug-in's template builds the planned operation `op`."""
    return any(template.accepts(op, target) for template in _plugged(op.name))
