"""A rule has three spellings: `@rewrite`, an xDSL pattern, a PDL file. They are one thing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, SSAValue
from xdsl.parser import Parser
from xdsl.pattern_rewriter import PatternRewriter, PatternRewriteWalker, RewritePattern

from stepwell.dialects import make_context
from stepwell.dialects.engine import MapOp, ReshapeOp, TransposeOp
from stepwell.dialects.engine.base import shape_of
from stepwell.errors import CompileError
from stepwell.plugins import told
from stepwell.transforms.optimize import OptimizePass
from stepwell.transforms.optimize.rewriting import (
    Match,
    PatternRule,
    RewriteReport,
    Rule,
    apply_rewrites,
    keeping_provenance,
    rewrite,
    rule_of_pattern,
)

TEXT = """
func.func @main(%x: tensor<2x3xf32>, %y: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<3x2xf32>) {
  %a = engine.transpose %x {nodes = ["/a"], rewrites = ["old"], perm = array<i64: 1, 0>}
    : tensor<2x3xf32> -> tensor<3x2xf32>
  %b = engine.transpose %a {nodes = ["/b"], perm = array<i64: 1, 0>}
    : tensor<3x2xf32> -> tensor<2x3xf32>
  %c = engine.transpose %y {nodes = ["/c"], perm = array<i64: 1, 0>}
    : tensor<2x3xf32> -> tensor<3x2xf32>
  func.return %b, %c : tensor<2x3xf32>, tensor<3x2xf32>
}
"""

PDL = """
module attributes {exactness = "bitwise"} {
  pdl.pattern @double_transpose : benefit(1) {
    %t = pdl.type
    %u = pdl.type
    %p = pdl.attribute = array<i64: 1, 0>
    %x = pdl.operand
    %a = pdl.operation "engine.transpose"(%x : !pdl.value) {"perm" = %p} -> (%t : !pdl.type)
    %r = pdl.result 0 of %a
    %b = pdl.operation "engine.transpose"(%r : !pdl.value) {"perm" = %p} -> (%u : !pdl.type)
    pdl.rewrite %b {
      %q = pdl.attribute = array<i64: 0, 1>
      %c = pdl.operation "engine.transpose"(%x : !pdl.value) {"perm" = %q} -> (%u : !pdl.type)
      pdl.replace %b with %c
    }
  }
}
"""


class DoubleTranspose(RewritePattern):
    def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter, /) -> None:
        if not isinstance(op, TransposeOp) or not isinstance(inner := op.input.owner, TransposeOp):
            return
        if list(op.permutation) == list(inner.permutation) == [1, 0]:
            rewriter.replace(op, TransposeOp(inner.input, (0, 1)))


@rewrite(TransposeOp, exactness="bitwise", source="test")
def double_transpose(op: TransposeOp, m: Match) -> Sequence[SSAValue]:
    """
    transpose{1, 0}(transpose{1, 0}(x)) => transpose{0, 1}(x).
    """
    inner = m.producer(op.input, TransposeOp)
    m.require(list(op.permutation) == list(inner.permutation) == [1, 0], "both swap")
    return [m.insert(TransposeOp(inner.input, (0, 1))).results[0]]


def pattern_rule(pattern: RewritePattern, name: str = "double-transpose") -> PatternRule:
    return rule_of_pattern(pattern, name=name, exactness="bitwise")


def parsed(text: str = TEXT) -> ModuleOp:
    return Parser(make_context(), text).parse_module()


def applied(module: ModuleOp, *rules: Rule, why_not: bool = False) -> RewriteReport:
    report = apply_rewrites(make_context(), module, rules, why_not=why_not)
    module.verify()
    return report


@pytest.fixture
def pdl_file(tmp_path: Path) -> Callable[[str], str]:
    told.cache_clear()

    def write(text: str) -> str:
        file = tmp_path / "my.pdl.mlir"
        file.write_text(text)
        return str(file)

    return write


def optimized(module: ModuleOp, **options: object) -> ModuleOp:
    OptimizePass(**options).apply(make_context(), module)  # pyright: ignore[reportArgumentType]
    module.verify()
    return module


def test_three_spellings_give_the_same_text(pdl_file: Callable[[str], str]) -> None:
    by_function, by_pattern, by_driver = parsed(), parsed(), parsed()
    by_own_pattern = parsed()
    report = applied(by_function, double_transpose)
    assert report.fired == {"double-transpose": [("/a", "/b")]}
    assert applied(by_pattern, pattern_rule(DoubleTranspose())).fired == report.fired
    path = pdl_file(PDL.replace("@double_transpose", '@"double-transpose"'))
    by_pdl = optimized(parsed(), patterns=(path,), only=("double-transpose",))
    named = keeping_provenance(DoubleTranspose(), "double-transpose")
    PatternRewriteWalker(named).rewrite_module(by_driver)
    PatternRewriteWalker(double_transpose.as_pattern()).rewrite_module(by_own_pattern)
    assert 'nodes = ["/a", "/b"], rewrites = ["old", "double-transpose"]' in str(by_function)
    assert str(by_pattern) == str(by_pdl) == str(by_function)
    for module in (by_driver, by_own_pattern):
        applied(module)  # xDSL's driver leaves what is dead
        assert str(module) == str(by_function)


def test_a_function_as_a_pattern_declines_and_leaves_nothing() -> None:
    module = parsed(TEXT.replace("array<i64: 1, 0>", "array<i64: 0, 1>").replace("3x2", "2x3"))
    before = str(module)
    assert not PatternRewriteWalker(double_transpose.as_pattern()).rewrite_module(module)
    assert str(module) == before


def test_a_pattern_in_a_scalar_region_marks_the_operation_around() -> None:
    class Drop(RewritePattern):
        def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter, /) -> None:
            if op.name == "math.absf":
                rewriter.replace(op, [], [op.operands[0]])

    text = """
    func.func @main(%x: tensor<3xf32>) -> tensor<3xf32> {
      %y = engine.map ins(%x : tensor<3xf32>) attributes {nodes = ["/y"]} -> tensor<3xf32> {
      ^bb0(%a: f32):
        %0 = math.absf %a : f32
        %1 = math.tanh %0 : f32
        engine.yield %1 : f32
      }
      func.return %y : tensor<3xf32>
    }"""
    module = parsed(text)
    report = applied(module, pattern_rule(Drop(), "drop-abs"))
    [op] = [op for op in module.walk() if isinstance(op, MapOp)]
    assert 'nodes = ["/y"], rewrites = ["drop-abs"]' in str(op)
    assert "absf" not in str(op)
    assert report.fired == {"drop-abs": [("/y",)]}


def test_what_does_not_match_is_told(pdl_file: Callable[[str], str]) -> None:
    report = applied(parsed(), pattern_rule(DoubleTranspose()), why_not=True)
    assert report.misses is not None
    assert ("/c",) in [m.nodes for m in report.misses]
    assert {m.clause for m in report.misses} == {"the pattern matches"}


def test_a_pdl_pattern_tells_the_condition_that_failed(
    pdl_file: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    optimized(
        parsed(),
        patterns=(pdl_file(PDL),),
        only=("double_transpose",),
        about=("double_transpose",),
        why_not=True,
    )
    lines = capsys.readouterr().err.splitlines()
    assert "double_transpose on /a, /b: not so: perm is array<i64: 1, 0>" in lines
    assert "double_transpose on /c: not so: an operand is computed by an operation" in lines


def test_a_pattern_that_does_not_say_its_class_fires_only_where_all_may(
    pdl_file: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = pdl_file(PDL.replace(' attributes {exactness = "bitwise"}', ""))
    options = {"patterns": (path,), "only": ("double_transpose",)}
    assert "double_transpose" not in str(optimized(parsed(), **options))
    assert "does not say what it does to numbers" in capsys.readouterr().err
    assert "double_transpose" in str(optimized(parsed(), exactness="approximate", **options))
    assert rule_of_pattern(DoubleTranspose(), name="x").exactness == "approximate"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("pdl.pattern @x : benefit(1) {", "my.pdl.mlir:1"),
        ("func.func private @f() -> ()", "there is no pdl.pattern in it"),
        (PDL.replace(" @double_transpose", ""), "has no name"),
        (PDL.replace('"bitwise"', '"exact"'), "exactness 'exact'"),
        (PDL.replace("engine.transpose", "engine.turn"), "no operation 'engine.turn'"),
        (PDL.replace("@double_transpose", '@"merge-transposes"'), "rule of this name already"),
    ],
    ids=["text", "empty", "nameless", "exactness", "operation", "taken"],
)
def test_a_file_that_is_no_use_is_left_out_by_name(
    text: str,
    complaint: str,
    pdl_file: Callable[[str], str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = pdl_file(text)
    assert "engine.transpose" in str(optimized(parsed(), patterns=(path,)))
    error = capsys.readouterr().err
    assert error.startswith("stepwell: left out: ")
    assert error.count("\n") == 1
    assert path in error
    assert complaint in error
    with pytest.raises(CompileError):
        optimized(parsed(), patterns=(path,), strict=True)


class Turn(RewritePattern):
    """Never comes to an end: what it builds is matched again."""

    def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter, /) -> None:
        if isinstance(op, TransposeOp):
            flat = ReshapeOp(op.input, (6,))
            back = ReshapeOp(flat.results[0], shape_of(op.input))
            rewriter.replace(op, [flat, back, TransposeOp(back.results[0], op.permutation)])


class WrongType(RewritePattern):
    def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter, /) -> None:
        if isinstance(op, TransposeOp) and op.input.type != op.results[0].type:
            rewriter.replace(op, [], [op.input])


class UseBeforeDefinition(RewritePattern):
    """Reads the result of what it replaces further up."""

    def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter, /) -> None:
        if isinstance(op, TransposeOp) and isinstance(op.input.owner, TransposeOp):
            block = op.parent
            assert block is not None
            assert block.first_op is not None
            block.first_op.operands[0] = op.results[0]
            rewriter.notify_op_modified(block.first_op)
            rewriter.has_done_action = True


class Raises(RewritePattern):
    def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter, /) -> None:
        if isinstance(op, TransposeOp):
            raise KeyError("table")


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        (Turn(), "does not come to an end"),
        (WrongType(), "invalid"),
        (UseBeforeDefinition(), "invalid"),
        (Raises(), "it fails with KeyError: 'table'"),
    ],
    ids=["loops", "wrong type", "dominance", "raises"],
)
def test_a_pattern_that_misbehaves_is_as_if_it_had_not_been_there(
    pattern: RewritePattern, what: str
) -> None:
    module, plain = parsed(), parsed()
    report = applied(module, pattern_rule(pattern, "bad"), double_transpose)
    applied(plain, double_transpose)
    assert str(module) == str(plain)
    assert list(report.left_out) == ["bad"]
    assert what in report.left_out["bad"]
    assert list(report.fired) == ["double-transpose"]


def test_a_pdl_pattern_that_builds_invalid_ir_is_named(
    pdl_file: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = pdl_file(PDL.replace("array<i64: 0, 1>", "array<i64: 0, 0>"))
    plain = str(optimized(parsed()))
    assert str(optimized(parsed(), patterns=(path,), disable=("merge-transposes",))) != plain
    error = capsys.readouterr().err
    assert "rule 'double_transpose' of optimize: it builds an invalid operation" in error
    with pytest.raises(CompileError, match="double_transpose"):
        optimized(parsed(), patterns=(path,), disable=("merge-transposes",), strict=True)
