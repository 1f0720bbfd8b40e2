"""
Which templates build which operation.

`TEMPLATES` lists, for each operation, its templates from the most special to the most general;
the first that accepts a planned operation builds it. A template is named by its file and class
and imported when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module

from ...dialects.engine.base import EngineOp
from ...plugins import installed_plugins
from ..target import Target
from .template import Template

TEMPLATES: dict[str, tuple[str, ...]] = {
    "engine.attention": ("attention:AttentionTemplate",),
    "engine.broadcast": ("movement:BroadcastTemplate",),
    "engine.check": ("check:CheckTemplate",),
    "engine.concat": ("movement:ConcatTemplate",),
    "engine.conv": (
        "depthwise:DepthwiseTemplate",
        "conv:ConvTemplate",
        "grouped_conv:GroupedConvTemplate",
        "conv_general:ConvGeneralTemplate",
    ),
    "engine.conv_transpose": (
        "conv_transpose:BlockedConvTransposeTemplate",
        "conv_general:ConvTransposeTemplate",
    ),
    "engine.cumulate": ("cumulate:CumulateTemplate",),
    "engine.gather": ("gather:GatherTemplate",),
    "engine.map": ("map:MapTemplate",),
    "engine.matmul": ("matmul:MatmulTemplate",),
    "engine.norm": ("norm:NormTemplate",),
    "engine.pad": ("movement:PadTemplate",),
    "engine.pool": ("pool:PoolTemplate",),
    "engine.recurrence": ("recurrence:RecurrenceTemplate",),
    "engine.reduce": ("reduce:ReduceTemplate",),
    "engine.relayout": ("movement:RelayoutTemplate",),
    "engine.reshape": ("movement:ReshapeTemplate",),
    "engine.resize": ("resize:ResizeTemplate",),
    "engine.scatter": ("scatter:ScatterTemplate",),
    "engine.shuffle": ("shuffle:ShuffleTemplate",),
    "engine.slice": ("movement:SliceTemplate",),
    "engine.softmax": ("softmax:SoftmaxTemplate",),
    "engine.top_k": ("top_k:TopKTemplate",),
    "engine.transpose": ("movement:TransposeTemplate",),
    "engine.winograd": ("winograd:WinogradTemplate",),
}
"""Operation name -> `file:Class` of its templates in this folder, most special first."""


@cache
def _load(name: str) -> Template:
    module, _, template = name.partition(":")
    found = getattr(import_module(f".{module}", __package__), template)()
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
