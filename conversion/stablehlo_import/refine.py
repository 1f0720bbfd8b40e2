"""
Types of all values of a program: sizes by name in place of those that are not known.

Results are inferred from operands and from the integers that shapes are computed with; what an
operation's own type says must agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xdsl.ir import Attribute, Block, SSAValue
from xdsl.rewriter import Rewriter
from xdsl.utils.exceptions import VerifyException

from ...dialects.framework import Dim, dims_of, element_of, element_type_of_ir, tensor_type
from ...dialects.framework.fit import Dims, differ, shown
from ...dialects.stablehlo import HloOp
from ..problems import Problems
from ..shape_arithmetic import Elements, Symbols, as_dims
from ..size_relations import Relations
from .dim_rules import Sizes
from .result_dims import rule_of
from .size_elements import constant_elements, followed_elements


class Refinement:
    """Follows the operations of one function."""

    def __init__(self, problems: Problems, relations: Relations):
        self.problems = problems
        self.relations = relations
        self.elements: dict[SSAValue, Elements] = {}
        """What is known of integer tensors, constants left out."""

    def block(self, block: Block) -> None:
        """Refine the operations of a block, and of all blocks in it, in order."""
        stack: list[Iterator[HloOp]] = [_ops(block)]
        waiting: list[HloOp] = []  # operations whose regions are being followed
        while stack:
            op = next(stack[-1], None)
            if op is None:
                stack.pop()
                if waiting:  # every entry above the function's own belongs to one
                    self._after_regions(waiting.pop())
                continue
            blocks = [region.block for region in op.regions if region.blocks]
            if not blocks:
                self._operation(op)
                continue
            self._enter(op)
            waiting.append(op)
            stack.append(_ops_of(blocks))

    def of(self, value: SSAValue) -> Elements | None:
        """The elements of an integer tensor, as far as known."""
        found = self.elements.get(value)
        return constant_elements(value) if found is None else found

    def _vector(self, value: SSAValue) -> Symbols | None:
        found = self.of(value)
        return None if found is None else as_dims(found)

    def _table(self, value: SSAValue) -> Symbols | None:
        found = self.of(value)
        return None if found is None else as_dims(found.reshape(-1))

    def _operation(self, op: HloOp) -> None:
        self.relations.node = op.label
        rule = rule_of(op)
        if rule is not None:
            try:
                self._set_dims(op, rule(Sizes(op, self._vector, self._table, self.relations)))
            except VerifyException as problem:
                self.problems.node(op.label, str(problem))
                return
        for value in op.results:
            self._check_element(op, value)
        found = followed_elements(op, self.of, self.relations) if op.results else None
        if found is not None:
            self.elements[op.results[0]] = found

    def _enter(self, op: HloOp) -> None:
        """Give the arguments of regions the types of what they stand for."""
        if op.name != "stablehlo.while":
            return
        before, body = (region.block for region in op.regions)
        last = body.last_op
        for at, operand in enumerate(op.operands):
            for block in (before, body):
                if at < len(block.args):
                    _retype(block.args[at], operand.type)
            same = last is not None and at < len(last.operands)
            known = self.of(operand)
            if (
                same
                and last is not None
                and last.operands[at] is body.args[at]
                and known is not None
            ):
                self.elements[before.args[at]] = self.elements[body.args[at]] = known

    def _after_regions(self, op: HloOp) -> None:
        if op.name == "stablehlo.while":
            for operand, result in zip(op.operands, op.results, strict=True):
                _retype(result, operand.type)
        elif op.name in ("stablehlo.if", "stablehlo.case"):
            returned = [region.block.last_op for region in op.regions]
            for at, result in enumerate(op.results):
                types = {r.operands[at].type for r in returned if r and at < len(r.operands)}
                if len(types) == 1:
                    _retype(result, types.pop())
        self._operation(op)

    def _set_dims(self, op: HloOp, found: Sequence[Dims | None]) -> None:
        for result, dims in zip(op.results, found, strict=False):
            declared, element = dims_of(result.type), element_of(result.type)
            if dims is None or declared is None or element is None:
                continue
            if len(dims) != len(declared) or any(map(differ, dims, declared)):
                self.problems.node(
                    op.label, f"the result has the shape {shown(declared)}; it is {shown(dims)}"
                )
                continue
            joined: list[Dim] = [a if b is None else b for a, b in zip(dims, declared, strict=True)]
            for a, b in zip(dims, declared, strict=True):
                self.relations.equal(a, b)
            _retype(result, tensor_type(element, joined))

    def _check_element(self, op: HloOp, value: SSAValue) -> None:
        type_: Attribute = value.type
        element = element_of(type_)
        if element is None or element_type_of_ir(element) is None:
            self.problems.node(op.label, f"gives a {type_}, which is not supported")


def _retype(value: SSAValue, type_: Attribute) -> None:
    if value.type != type_:
        Rewriter.replace_value_with_new_type(value, type_)


def _ops(block: Block) -> Iterator[HloOp]:
    return iter([op for op in block.ops if isinstance(op, HloOp)])


def _ops_of(blocks: Sequence[Block]) -> Iterator[HloOp]:
    return iter([op for block in blocks for op in block.ops if isinstance(op, HloOp)])
