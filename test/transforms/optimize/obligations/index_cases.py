"""
Cases of rules about indices: functions in which a rule fires, before and after, with open sizes.

A case of the rule's file has numbers for sizes. Sizes of its inputs become names: the same number
the same name, one number after the other and all together; what operations give follows from what
they take. Where the rule still fires, it does for all these sizes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

from xdsl.dialects import func
from xdsl.dialects.builtin import ArrayAttr, FunctionType, ModuleOp, TensorType
from xdsl.parser import Parser
from xdsl.rewriter import Rewriter

from stepwell.dialects import make_context
from stepwell.dialects.engine import BroadcastOp, ConstantOp, NamesAttr, ReshapeOp, SliceOp
from stepwell.dialects.engine.base import EngineOp, element_of, extents_of, tensor
from stepwell.dialects.engine.size_facts import SIZES, name_attr
from stepwell.dialects.engine.sizes import extent_array
from stepwell.errors import StepwellError
from stepwell.runtime.size import Extent, named
from stepwell.runtime.size_facts import Dim
from stepwell.test.transforms.optimize.obligations.scalar_cases import CASES
from stepwell.transforms.optimize.rewriting import Rewrite, apply_rewrites

MOST = 1 << 20
"""Sizes by name are at least as large as in the case, for slices may need that; and at most so."""


@dataclass(frozen=True)
class IndexCase:
    """A function before and after a rule, and which sizes are open."""

    name: str
    before: func.FuncOp
    after: func.FuncOp
    least: Mapping[str, int]
    """Open sizes, and how large they are at least."""


@cache
def index_cases_of(rule: Rewrite) -> tuple[IndexCase, ...]:
    """Those of a rule, with numbers for sizes and with names."""
    return tuple(_cases(rule))


def _cases(rule: Rewrite) -> Iterator[IndexCase]:
    text = (CASES / f"{rule.name.replace('-', '_')}.mlir").read_text()
    for chunk in text.split("// -----"):
        code = "\n".join(line for line in chunk.splitlines() if not line.startswith("//"))
        label = re.search(r"func\.func @(\w+)", code)
        if label is None or label[1].startswith("near_miss"):
            continue
        numbers = sorted({n for n in _input_sizes(code) if n > 1})
        yield from _applied(rule, label[1], code, ())
        for count in range(1, len(numbers) + 1):
            for opened in combinations(numbers, count):
                if count in (1, len(numbers) - 1, len(numbers)):
                    yield from _applied(rule, label[1], code, opened)


def _input_sizes(code: str) -> set[int]:
    function = _function(code)[1]
    types = [t for t in function.function_type.inputs if isinstance(t, TensorType)]
    return {n for t in types for n in t.get_shape()}


def _function(code: str) -> tuple[ModuleOp, func.FuncOp]:
    module = Parser(make_context(), code).parse_module()
    [function] = [op for op in module.ops if isinstance(op, func.FuncOp)]
    return module, function


def _applied(rule: Rewrite, name: str, code: str, opened: Sequence[int]) -> Iterator[IndexCase]:
    ctx = make_context()
    module = Parser(ctx, code).parse_module()
    [function] = [op for op in module.ops if isinstance(op, func.FuncOp)]
    names = {number: f"N{number}" for number in opened}
    if opened:
        try:
            _open(function, names)
            module.verify()
        except Exception:
            return  # some operation needs the number
    apply_rewrites(ctx, module, [])
    before = function.clone()
    try:
        report = apply_rewrites(ctx, module, [rule])
    except StepwellError:
        return
    if report.fired.get(rule.name):
        shown = ", ".join(names.values())
        yield IndexCase(
            f"{name} {shown}".strip(),
            before,
            function,
            {name: number for number, name in names.items()},
        )


def _open(function: func.FuncOp, names: dict[int, str]) -> None:
    """Put names in place of numbers in the sizes of inputs, and in what follows from them."""

    def opened(sizes: Sequence[Extent]) -> tuple[Extent, ...]:
        return tuple(named(names[n]) if isinstance(n, int) and n in names else n for n in sizes)

    for arg in list(function.body.block.args):
        if isinstance(arg.type, TensorType):
            type_ = tensor(opened(extents_of(arg)), element_of(arg))
            Rewriter.replace_value_with_new_type(arg, type_)
    for op in list(function.body.block.ops):
        if isinstance(op, ConstantOp | func.ReturnOp) or not isinstance(op, EngineOp):
            continue
        if isinstance(op, SliceOp):
            _open_slice(op, names)
        if isinstance(op, ReshapeOp | BroadcastOp):
            shape = opened(extents_of(op.results[0]))
        else:
            [shape] = op.inferred_shapes()
        type_ = tensor(tuple(shape), element_of(op.results[0]))
        Rewriter.replace_value_with_new_type(op.results[0], type_)
    last = function.body.block.last_op
    assert last is not None
    function.properties["function_type"] = FunctionType.from_lists(
        [a.type for a in function.body.block.args], [v.type for v in last.operands]
    )
    facts = [name_attr(name, Dim(number, MOST)) for number, name in names.items()]
    function.attributes[SIZES] = NamesAttr(ArrayAttr(facts))


def _open_slice(op: SliceOp, names: dict[int, str]) -> None:
    """A slice of all of a dimension is one whatever its size is; others keep their numbers."""
    sizes: list[Extent] = []
    for whole, (start, size, step) in zip(extents_of(op.input), op.extent_ranges(), strict=True):
        name = names.get(size) if isinstance(size, int) else None
        all_of_it = start == 0 and step == 1 and name is not None and whole == named(name)
        sizes.append(whole if all_of_it else size)
    op.properties["sizes"] = extent_array(sizes)
