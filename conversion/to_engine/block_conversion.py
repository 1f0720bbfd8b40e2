"""
The conversion of the operations of a block, one after the other.

Each is replaced by what the dialect's table gives, by constants, by sizes, or by what it stands
for; else it stays inside an `engine.reference`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from xdsl.dialects.builtin import ComplexType, DenseIntOrFPElementsAttr, TensorType
from xdsl.ir import Block, Operation, SSAValue
from xdsl.rewriter import Rewriter
from xdsl.utils.exceptions import VerifyException

from ...dialects.engine import AssertOp, ConstantOp, ReshapeOp, SizeValuesOp, WeightStore
from ...dialects.engine.base import carry_provenance, element_of
from ...dialects.engine.constant import constant_of
from ...dialects.engine.opaque import any_opaque, is_opaque, is_unsized
from ...dialects.engine.weights import WeightAttr
from ...dialects.framework import AssertOp as FrameworkAssertOp
from ...dialects.framework import FrameworkOp
from ...dialects.framework import SizeOp as FrameworkSizeOp
from ...dialects.framework import element_of as framework_element_of
from ...errors import CompileError, NotEnoughMemoryError
from ...runtime.size import NeedsNumber
from ..shape_arithmetic import Elements, elements_of
from ..size_relations import Relations
from .data_names import DataNames
from .dialect_conversion import DialectConversion, Results
from .folding import empty_results, folded_results
from .late_operands import LateOperands
from .lowering import Lowering, NoNativeForm, all_static, not_static, operator_name
from .open_extents import size_values
from .reference import is_text, run_by_reference
from .sizes_by_name import size_value


@dataclass(frozen=True)
class BlockConversion:
    """The conversion of one dialect at work in one function."""

    dialect: DialectConversion
    store: WeightStore
    relations: Relations
    data_names: DataNames
    late: LateOperands = field(default_factory=LateOperands)
    sizes: dict[SSAValue, Elements] = field(default_factory=dict[SSAValue, Elements])
    """The elements of integer tensors in which there are sizes by name."""
    may_ask: bool = True
    """Whether what must hold of sizes may be noted: where the operations run, it is looked at."""
    around: FrameworkOp | None = None
    """The operation of the function that is being converted, in regions of which others stand."""

    def block(self, block: Block) -> None:
        """Convert the operations of a block that are of the dialect."""
        texts: list[FrameworkOp] = []
        for op in list(block.ops):
            if isinstance(op, FrameworkAssertOp):
                self._convert_assert(op)
            if isinstance(op, FrameworkSizeOp):
                self._convert_size(op)
            if not isinstance(op, FrameworkOp) or op.dialect_name() not in self.dialect.dialects:
                continue
            self.late.settle(op)
            if op.results and is_text(op.results[0]):
                texts.append(op)
            else:
                self._convert(op)
        for op in texts:
            if op.results[0].uses:
                run_by_reference(op, "Constant holds strings", self.store)
            else:
                op.detach()
                op.erase()

    def _name_sizes(self, op: FrameworkOp) -> None:
        """Give results the sizes that are expressions over names which operations have defined."""
        if not self.dialect.declares_sizes or not self.data_names.are_made:
            return
        for result in op.results:
            if isinstance(result.type, TensorType) and is_unsized(result):
                size_value(result, self.data_names.known)

    def _convert(self, op: FrameworkOp) -> None:
        self._name_sizes(op)
        try:
            self._natively(op)
        except NoNativeForm as problem:
            self._size_results(op)
            run_by_reference(op, f"{operator_name(op)} {problem}", self.store)

    def _size_results(self, op: FrameworkOp) -> None:
        """Give results the sizes that follow from operands, so that what uses them is native."""
        unsized = [is_unsized(result) for result in op.results]
        if self.dialect.late_types is None or not any(unsized) or any_opaque(op.operands):
            return
        types = self.dialect.late_types(op, self.store)
        for result, type_ in zip(op.result_slots, types, strict=False):
            if result is not None and type_ is not None and is_unsized(result):
                Rewriter.replace_value_with_new_type(result, type_)

    def _convert_assert(self, op: FrameworkAssertOp) -> None:
        if op.res.type != op.input.type:
            # What it checks is known better by now than the framework said.
            Rewriter.replace_value_with_new_type(op.res, op.input.type)
        if any_opaque(op.operands):
            run_by_reference(op, "assert of a value without a buffer", self.store)
            return
        check = AssertOp(op.input, op.condition, op.message.data)
        carry_provenance([op], [check])
        block = op.parent
        assert block is not None
        block.insert_op_before(check, op)
        check.results[0].name_hint = op.res.name_hint
        self.late.replace(op.res, check.results[0])
        self.late.erase(op)

    def _convert_size(self, op: FrameworkSizeOp) -> None:
        """A size as data, that conversions also know as a size; a constant if it is a number."""
        block = op.parent
        assert block is not None
        if isinstance(op.size, int):
            made = ConstantOp(self.store.add(np.array(op.size, np.int64), "size"))
            block.insert_op_before(made, op)
        else:
            listed = SizeValuesOp([op.size])
            block.insert_op_before(listed, op)
            made = ReshapeOp(listed.results[0], ())
            block.insert_op_before(made, op)
            self.sizes[made.results[0]] = elements_of([op.size], ())
        carry_provenance([op], [made])
        made.results[0].name_hint = op.res.name_hint
        self.late.replace(op.res, made.results[0])
        self.late.erase(op)

    def _natively(self, op: FrameworkOp) -> None:
        """Convert by the table, else by the reference if constant, else by what it stands for."""
        if op.SIGNATURE.schema.constant and self._convert_constant(op):
            return
        lowering = Lowering(
            op, self.store, self.sizes, self.relations, self.data_names, self.around
        )
        self.relations.node = op.label
        if self._as_sizes(op, lowering):
            return
        empty = empty_results(op, self.store, self.dialect.late_types)
        if empty is not None:
            self._replace(op, [None if a is None else lowering.constant(a) for a in empty])
            return
        asked = self.relations.count
        try:
            with self.relations.kept_if_done():
                self._note_relations(op)
                results = self._by_table(lowering)
                self._check_always_needed(op, asked)
        except (NoNativeForm, VerifyException, NeedsNumber) as problem:
            _undo(lowering)
            folded = folded_results(op, self.store, self.dialect.evaluate)
            if folded is not None:
                results = [None if a is None else lowering.constant(a) for a in folded]
            else:
                with self.relations.kept_if_done():
                    results = self._by_parts(lowering, problem)
                    self._check_always_needed(op, asked)
        except MemoryError as problem:
            raise NotEnoughMemoryError(
                f"there is not enough memory to compute constants for {op.label} ({problem}); use "
                "smaller sizes, or a machine with more memory"
            ) from problem
        except (ArithmeticError, LookupError, ValueError) as problem:
            # What the schema's own inference let through: lists of wrong lengths, a stride of zero.
            names = ", ".join(f"'{name}'" for name in op.nodes) or "without a name"
            raise CompileError(
                f"{operator_name(op)} {names}: its attributes and operands do not fit together "
                f"({problem})"
            ) from problem
        self._replace(op, results)

    def _note_relations(self, op: FrameworkOp) -> None:
        """Ask for what an operation needs of sizes that got their names here."""
        note = self.dialect.late_relations
        if note is not None and self.data_names.are_in(op.operand_types):
            note(op, self.store, self.sizes, self.relations)

    def _check_always_needed(self, op: FrameworkOp, asked: int) -> None:
        """
        What must hold of the sizes of a call is asked of each, or of those that take a branch; an
        operation in a loop, which may not run at all, must need no more than was `asked` before.
        """
        if self.relations.count > asked and not self.may_ask:
            left, right = self.relations.found[-1].sides
            raise NoNativeForm(f"needs {left} and {right} to be equal where it runs")

    def _as_sizes(self, op: FrameworkOp, lowering: Lowering) -> bool:
        """Replace an operation whose result is known to be sizes and numbers."""
        if self.dialect.size_elements is None or len(op.results) != 1:
            return False
        elements = self.dialect.size_elements(op, self.store, self.sizes)
        element = None if elements is None else framework_element_of(op.results[0].type)
        if elements is None or element is None:
            return False
        found = size_values(lowering, elements, element)
        if found is None:
            return False
        if constant_of(found) is None:
            self.sizes[found] = elements
        self._replace(op, [found])
        return True

    def _by_table(self, lowering: Lowering) -> Results:
        conversion = self.dialect.conversions().get(lowering.op.name)
        if conversion is None:
            raise NoNativeForm("has no native form")
        any_results = lowering.op.name in self.dialect.opaque_results
        looks_through = lowering.op.name in self.dialect.opaque_operands
        if not looks_through and not all_static(lowering.op, any_results=any_results):
            raise NoNativeForm(f"has {not_static(lowering.op)}")
        if lowering.op.name not in self.dialect.complex_results and any(
            isinstance(element_of(r), ComplexType) for r in lowering.op.results if not is_opaque(r)
        ):
            raise NoNativeForm("has complex results, and no kernel moves complex numbers")
        converted = conversion(lowering)
        results = [converted] if isinstance(converted, SSAValue) else converted
        for op in lowering.built:
            op.verify(verify_nested_ops=False)
        return results

    def _by_parts(self, lowering: Lowering, problem: Exception) -> Results:
        """
        The results of what the operation stands for, converted.

        Raises:
            NoNativeForm: when there is no such thing, or a part of it has no native form; then
                nothing is left of it.
        """
        op = lowering.op
        before = op.prev_op
        try:
            return self.dialect.parts(lowering, _Runner(self, op))
        except (NoNativeForm, CompileError) as inner:
            for part in reversed(_between(before, op)):
                part.detach()
                part.erase()
            raise NoNativeForm(f"{problem}; {inner}" if str(inner) else str(problem)) from None

    def copy_into(
        self,
        target: Block,
        block: Block,
        arguments: Sequence[SSAValue],
        relations: Relations | None,
        op: FrameworkOp,
    ) -> list[SSAValue]:
        """
        Put a copy of the operations of `block` at the end of `target`, which will be a region of
        what `op` becomes; what it yields.
        """
        inside = replace(
            self,
            relations=relations or self.relations,
            may_ask=relations is not None,
            around=self.around or op,
        )
        values: dict[SSAValue, SSAValue] = dict(zip(block.args, arguments, strict=True))
        before = list(target.ops)
        for original in block.ops:
            target.add_op(original.clone(values))
        try:
            inside.block(target)
        except BaseException:
            for part in reversed(list(target.ops)):
                if part not in before:
                    part.detach()
                    part.erase(safe_erase=False)
            raise
        last = target.last_op
        assert last is not None
        self.late.settle(last)
        results = list(last.operands)
        last.detach()
        last.erase()
        return results

    def converted_copy(
        self, block: Block, arguments: Sequence[SSAValue], op: FrameworkOp
    ) -> list[SSAValue]:
        """Put a copy of the operations of `block` before `op`; what it yields, converted."""
        target = op.parent
        assert target is not None
        values: dict[SSAValue, SSAValue] = dict(zip(block.args, arguments, strict=True))
        parts: list[Operation] = []
        for original in block.ops:
            part = original.clone(values)
            target.insert_op_before(part, op)
            parts.append(part)
        # The yield keeps hold of the results while what gives them is replaced.
        *body, last = parts
        for part in body:
            if isinstance(part, FrameworkOp):
                self.late.settle(part)
                self._convert_part(part)
            elif isinstance(part, FrameworkAssertOp):
                self._convert_assert(part)
            elif isinstance(part, FrameworkSizeOp):
                self._convert_size(part)
        self.late.settle(last)
        results = list(last.operands)
        last.detach()
        last.erase()
        return results

    def _convert_part(self, op: FrameworkOp) -> None:
        self._name_sizes(op)
        try:
            self._natively(op)
        except NoNativeForm as problem:
            raise NoNativeForm(f"{operator_name(op)} {problem}") from None

    def _convert_constant(self, op: FrameworkOp) -> bool:
        value = op.properties.get("value")
        if not isinstance(value, WeightAttr | DenseIntOrFPElementsAttr):
            return False
        block = op.parent
        assert block is not None
        constant = ConstantOp(value)
        block.insert_op_before(constant, op)
        self._replace(op, [constant.res])
        return True

    def _replace(self, op: FrameworkOp, results: Results) -> None:
        """Give the uses of each result the new value, which takes over its name."""
        slots = op.result_slots
        for old, new in zip(slots, results, strict=False):
            if old is None:
                continue
            if new is None:
                assert not old.uses, f"{op.name}: result without a conversion is used"
                continue
            made_here = isinstance(new.owner, Operation) and new.name_hint is None
            if old.name_hint is not None and made_here:
                new.name_hint = old.name_hint
            self.late.replace(old, new)
        self.late.erase(op)


@dataclass(frozen=True)
class _Runner:
    """Puts converted copies of blocks before an operation, or into what is built for it."""

    conversion: BlockConversion
    op: FrameworkOp

    def __call__(self, block: Block, arguments: Sequence[SSAValue]) -> list[SSAValue]:
        return self.conversion.converted_copy(block, arguments, self.op)

    def into(
        self,
        target: Block,
        block: Block,
        arguments: Sequence[SSAValue],
        relations: Relations | None = None,
    ) -> list[SSAValue]:
        return self.conversion.copy_into(target, block, arguments, relations, self.op)


def _between(before: Operation | None, end: Operation) -> list[Operation]:
    """The operations after `before` (None: the start of the block) and before `end`."""
    found: list[Operation] = []
    at = end.prev_op
    while at is not None and at is not before:
        found.append(at)
        at = at.prev_op
    return found[::-1]


def _undo(lowering: Lowering) -> None:
    for built in reversed(lowering.built):
        built.detach()
        built.erase()
