"""
Which templates build which operation.

`TEMPLATES` lists, for each operation, its templates from the most special to the most general;
the first that has a plan for a planned operation writes its kernel. A template is
named by its module in this folder and its class, and imported when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import cast

from ..dialects.engine.base import EngineOp
from ..errors import StepwellError
from ..plugins import leave_out, offered
from ..targets.target import Target
from .builder import KernelBuilder
from .parameters import has_open_sizes, parametrized
from .template import AnyTemplate, Kernel, LayoutChoice, Plan, PlanEntry, Template, plan_entry

TEMPLATES: dict[str, tuple[str, ...]] = {
    "engine.attention": (".attention.template:AttentionTemplate",),
    "engine.as_size": (".elementwise.as_size:AsSizeTemplate",),
    "engine.broadcast": (".movement.copies:BroadcastTemplate",),
    "engine.assert": (".elementwise.assertion:AssertTemplate",),
    "engine.compress": (".movement.compress:CompressTemplate",),
    "engine.coded_matmul": (".coded_matmul.template:CodedMatmulTemplate",),
    "engine.concat": (".movement.copies:ConcatTemplate",),
    "engine.conv": (
        ".conv.depthwise:DepthwiseTemplate",
        ".conv.direct:DirectTemplate",
        ".conv.grouped:GroupedTemplate",
        ".conv.general:GeneralConvTemplate",
    ),
    "engine.conv_transpose": (
        ".conv.transposed:TransposedTemplate",
        ".conv.general:GeneralTransposedTemplate",
    ),
    "engine.scan": (".reduction.scan:ScanTemplate",),
    "engine.gather": (".movement.gather:GatherTemplate",),
    "engine.iota": (".elementwise.size_numbers:IotaTemplate",),
    "engine.lookup": (".elementwise.lookup:LookupTemplate",),
    "engine.map": (".elementwise.map:MapTemplate",),
    "engine.matmul": (".matmul.template:MatmulTemplate",),
    "engine.nonzero": (".movement.nonzero:NonZeroTemplate",),
    "engine.norm": (".reduction.norm:NormTemplate",),
    "engine.pad": (".movement.copies:PadTemplate",),
    "engine.pick": (".movement.pick:PickTemplate",),
    "engine.pool": (".reduction.pool:PoolTemplate",),
    "engine.recurrence": (".recurrence.template:RecurrenceTemplate",),
    "engine.reduce": (".reduction.reduce:ReduceTemplate",),
    "engine.relayout": (".movement.copies:RelayoutTemplate",),
    "engine.reshape": (".movement.copies:ReshapeTemplate",),
    "engine.resize": (".movement.resize:ResizeTemplate",),
    "engine.scatter": (".movement.scatter:ScatterTemplate",),
    "engine.rotary": (".elementwise.rotary:RotaryTemplate",),
    "engine.shuffle": (".movement.shuffle:ShuffleTemplate",),
    "engine.size_values": (".elementwise.size_numbers:SizeValuesTemplate",),
    "engine.slice": (".movement.copies:SliceTemplate",),
    "engine.softmax": (".reduction.softmax:SoftmaxTemplate",),
    "engine.suppress": (".suppression.template:SuppressTemplate",),
    "engine.top_k": (".reduction.top_k:TopKTemplate",),
    "engine.tree_ensemble": (".forest.template:ForestTemplate",),
    "engine.transpose": (".movement.copies:TransposeTemplate",),
    "engine.winograd": (".conv.winograd:WinogradTemplate",),
}
"""Operation name -> `module:Class` of its templates, most special first."""


@cache
def _load(entry: str) -> AnyTemplate:
    module, _, template = entry.partition(":")
    found = getattr(import_module(module, __package__), template)()
    assert isinstance(found, Template)
    return cast(AnyTemplate, found)


@cache
def _plugged(op_name: str) -> tuple[AnyTemplate, ...]:
    found: list[AnyTemplate] = []
    for plugin, template in offered("kernels", op_name):
        try:
            found.append(_checked(template, op_name, plugin))
        except StepwellError as error:
            leave_out(str(error))
    return tuple(found)


def _checked(found: object, op_name: str, plugin: str) -> AnyTemplate:
    """The template of a plug-in, which must be for the operation it is listed for."""
    kind = type(found).__name__
    if not isinstance(found, Template):
        if isinstance(found, type):
            kind = f"class ({found.__name__})"
        raise StepwellError(
            f"plug-in '{plugin}' has a {kind} as the kernel of '{op_name}',"
            " expected a stepwell.kernels.template.Template"
        )
    template = cast(AnyTemplate, found)
    if template.OP.name != op_name:
        raise StepwellError(
            f"plug-in '{plugin}' lists {kind} as a kernel of '{op_name}', but its"
            f" OP is '{template.OP.name}'; list it for that operation or set OP to the class of"
            f" '{op_name}'"
        )
    return template


def templates_of(op: EngineOp) -> Iterator[AnyTemplate]:
    """The templates of an operation, those of plug-ins first, then most special first."""
    yield from _plugged(op.name)
    for name in TEMPLATES.get(op.name, ()):
        yield _load(name)


def layout_choices(
    op: EngineOp, target: Target, at_hint: EngineOp | None = None
) -> list[LayoutChoice]:
    """
    All ways to run an operation of level 2 or 3, in the order of its templates.

    `at_hint` is the same operation with numbers for sizes that are none.
    """
    known = op if at_hint is None else at_hint
    return [
        choice
        for template in templates_of(op)
        if template.supports(known, target)
        for choice in (
            template.layouts(known, target)
            if known is op
            else template.open_layouts(op, known, target)
        )
    ]


@dataclass(frozen=True)
class PlannedKernel:
    """The template that runs an operation, and how."""

    template: AnyTemplate
    plan: Plan

    def write(self, name: str, builder: KernelBuilder) -> Kernel:
        """Add the kernel to the module of `builder` as the function `name`."""
        return self.template.write(self.plan, name, builder)

    def describe(self, kernel: Kernel) -> dict[str, PlanEntry]:
        """The plan as level 5 shows it with the kernel that was written."""
        return {"chunks": plan_entry(kernel.chunks), **self.plan.describe()}


def plan_kernel(op: EngineOp, target: Target) -> PlannedKernel | None:
    """
    The kernel of the planned operation `op`; None when no template can run it.

    One with sizes that are no numbers is planned with parameters for them, by general templates.
    """
    return _first_plan(templates_of(op), op, target)


def is_general(op: EngineOp, target: Target) -> bool:
    """Whether the planned operation `op` has a kernel for its sizes, whatever they are."""
    return plan_kernel(op, target) is not None


def built_by_plugin(op: EngineOp, target: Target) -> bool:
    """Whether a plug-in's template runs the planned operation `op`."""
    return _first_plan(_plugged(op.name), op, target) is not None


def _first_plan(
    templates: Iterable[AnyTemplate], op: EngineOp, target: Target
) -> PlannedKernel | None:
    open_ = has_open_sizes(op)
    op = parametrized(op).op if open_ else op
    for template in templates:
        if (template.GENERAL or not open_) and template.supports(op, target):
            plan = template.plan(op, target)
            if plan is not None:
                return PlannedKernel(template, plan)
    return None
