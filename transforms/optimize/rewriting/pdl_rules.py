"""
Rules from PDL text, loaded at run time.

A file holds `pdl.pattern` operations; each becomes a rule called as its symbol. What a rule owes
besides is said in attributes of the pattern or of a module around it:

    module attributes {exactness = "bitwise", source = "my own"} {
      pdl.pattern @double_transpose : benefit(1) {
        ...
      }
    }

`exactness` is one of `EXACTNESS`, and `approximate` where nothing is said: a rule that does not
say what it does to numbers fires only where everything may be done. `equation`, `source` and
`group` may be said too. Patterns of greater benefit are tried first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from xdsl.context import Context
from xdsl.dialects import pdl
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.interpreters.pdl import PDLMatcher, PDLRewritePattern
from xdsl.ir import Attribute, Operation, OpResult, SSAValue

from ....errors import StepwellError, UsageError
from ....ir.parse_ir import parse_ir
from ....ir.verify_ir import verify_ir
from ....runtime.input_file import open_regular
from .patterns import PatternRule

SAID = ("equation", "exactness", "group", "source")


@dataclass(frozen=True)
class PdlRule(PatternRule):
    """A rule that is a `pdl.pattern`."""

    says_exactness: bool = True

    def clause(self, op: Operation) -> str:
        assert isinstance(self.pattern, PDLRewritePattern)
        root = self.pattern.pdl_rewrite_op.root
        assert isinstance(root, OpResult)
        assert isinstance(root.op, pdl.OperationOp)
        matcher = _ExplainingMatcher(native_constraints=self.pattern.native_constraints)
        matcher.match_operation(root, root.op, op)
        return matcher.clauses[0] if matcher.clauses else "the native constraints hold"


@dataclass
class _ExplainingMatcher(PDLMatcher):
    """xDSL's matcher, which remembers what did not match: the innermost condition first."""

    clauses: list[str] = field(default_factory=list[str])

    def match_operand(self, ssa_val: SSAValue, pdl_op: pdl.OperandOp, xdsl_val: SSAValue) -> bool:
        matches = super().match_operand(ssa_val, pdl_op, xdsl_val)
        return self._told(matches, "an operand is the value that it was before")

    def match_result(self, ssa_val: SSAValue, pdl_op: pdl.ResultOp, xdsl_operand: SSAValue) -> bool:
        matches = super().match_result(ssa_val, pdl_op, xdsl_operand)
        return self._told(matches, "an operand is computed by an operation")

    def match_type(self, ssa_val: SSAValue, pdl_op: pdl.TypeOp, xdsl_attr: Attribute) -> bool:
        matches = super().match_type(ssa_val, pdl_op, xdsl_attr)
        wanted = self.matching_context.get(ssa_val, pdl_op.constantType)
        return self._told(matches, f"the type is {wanted}")

    def match_attribute(
        self, ssa_val: SSAValue, pdl_op: pdl.AttributeOp, attr_name: str, xdsl_attr: Attribute
    ) -> bool:
        matches = super().match_attribute(ssa_val, pdl_op, attr_name, xdsl_attr)
        wanted = self.matching_context.get(ssa_val, pdl_op.value)
        return self._told(matches, f"{attr_name} is {wanted}")

    def match_operation(
        self, ssa_val: SSAValue, pdl_op: pdl.OperationOp, xdsl_op: Operation
    ) -> bool:
        matches = super().match_operation(ssa_val, pdl_op, xdsl_op)
        if matches or self.clauses:
            return matches
        name = None if pdl_op.opName is None else pdl_op.opName.data
        lacking = [
            a.data for a in pdl_op.attributeValueNames if xdsl_op.get_attr_or_prop(a.data) is None
        ]
        if name is not None and name != xdsl_op.name:
            return self._told(False, f"an operand is computed by {name}")
        if lacking:
            return self._told(False, f"{xdsl_op.name} has the attribute {lacking[0]}")
        counts = f"{len(pdl_op.operand_values)} operands and {len(pdl_op.type_values)} results"
        return self._told(False, f"{xdsl_op.name} has {counts}")

    def _told(self, matches: bool, clause: str) -> bool:
        if not matches and not self.clauses:
            self.clauses.append(clause)
        return matches


def load_pdl_rules(ctx: Context, path: str) -> tuple[list[PdlRule], list[str]]:
    """
    The rules of a PDL file, and what is wrong with those that were left out.

    Raises:
        StepwellError: for a file that cannot be read, parsed or verified.
    """
    try:
        with open_regular(path) as file:
            text = file.read().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{path}: cannot be read: {reason}") from error
    return pdl_rules(ctx, text, path)


def pdl_rules(ctx: Context, text: str, path: str) -> tuple[list[PdlRule], list[str]]:
    """
    The rules of PDL text, and what is wrong with those that were left out; `path` is for messages.

    Raises:
        StepwellError: for text that does not parse or verify.
    """
    module = parse_ir(ctx, text, path)
    verify_ir(module)
    patterns = [op for op in module.walk() if isinstance(op, pdl.PatternOp)]
    if not patterns:
        raise UsageError(f"{path}: there is no pdl.pattern in it")
    rules: list[PdlRule] = []
    complaints: list[str] = []
    for op in sorted(patterns, key=lambda p: -p.benefit.value.data):
        try:
            rules.append(_rule_of(ctx, op))
        except (StepwellError, ValueError) as error:
            complaints.append(f"{path}: {error}")
    return rules, complaints


def _rule_of(ctx: Context, op: pdl.PatternOp) -> PdlRule:
    if op.sym_name is None:
        raise UsageError("a pdl.pattern has no name; write 'pdl.pattern @name : benefit(1)'")
    name = op.sym_name.data
    said = {key: text for key in SAID if (text := _said(op, key, name)) is not None}
    rewrite = op.body.block.last_op
    if not isinstance(rewrite, pdl.RewriteOp) or rewrite.root is None:
        raise UsageError(f"pattern '{name}': its pdl.rewrite names no root")
    if not rewrite.body.blocks:
        raise UsageError(f"pattern '{name}': its pdl.rewrite has no body")
    root = rewrite.root.owner
    if not isinstance(root, pdl.OperationOp):
        raise UsageError(f"pattern '{name}': the root of pdl.rewrite is a pdl.operation")
    anchors: tuple[type[Operation], ...] = ()
    if root.opName is not None:
        kind = ctx.get_optional_op(root.opName.data)
        if kind is None:
            raise UsageError(f"pattern '{name}': there is no operation '{root.opName.data}'")
        anchors = (kind,)
    return PdlRule(
        name=name,
        anchors=anchors,
        equation=said.get("equation", ""),
        group=said.get("group", "simplify"),
        exactness=said.get("exactness", "approximate"),
        source=said.get("source", ""),
        pattern=PDLRewritePattern(rewrite, ctx),
        says_exactness="exactness" in said,
    )


def _said(op: pdl.PatternOp, key: str, name: str) -> str | None:
    """What the pattern, or the nearest module around it, says of itself."""
    for around in _around(op):
        attr = around.attributes.get(key)
        if isinstance(attr, StringAttr):
            return attr.data
        if attr is not None:
            raise UsageError(f"pattern '{name}': {key} is {attr}, expected a string")
    return None


def _around(op: pdl.PatternOp) -> Iterator[Operation]:
    yield op
    around = op.parent_op()
    while isinstance(around, ModuleOp):
        yield around
        around = around.parent_op()
