"""Rules that misbehave are named and left out; the rest of the program is compiled without them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from xdsl.dialects.builtin import ModuleOp, TensorType, f32
from xdsl.ir import SSAValue
from xdsl.parser import Parser
from xdsl.utils.exceptions import VerifyException

from stepwell.dialects import make_context
from stepwell.dialects.engine import ReshapeOp, TransposeOp
from stepwell.dialects.engine.base import names_of, shape_of
from stepwell.errors import CompileError, StepwellError
from stepwell.transforms.optimize import OptimizePass, plugged
from stepwell.transforms.optimize.rewrites import REWRITES
from stepwell.transforms.optimize.rewriting import (
    Applied,
    Match,
    Rewrite,
    RewriteReport,
    Watcher,
    apply_rewrites,
    rewrite,
)

TEXT = """
func.func @main(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
  %a = engine.transpose %x {nodes = ["/a"], perm = array<i64: 1, 0>}
    : tensor<2x3xf32> -> tensor<3x2xf32>
  %b = engine.transpose %a {nodes = ["/b"], perm = array<i64: 1, 0>}
    : tensor<3x2xf32> -> tensor<2x3xf32>
  %c = engine.transpose %b {nodes = ["/c"], perm = array<i64: 1, 0>}
    : tensor<2x3xf32> -> tensor<3x2xf32>
  %d = engine.reshape %c {nodes = ["/d"]} : tensor<3x2xf32> -> tensor<1x6xf32>
  %e = engine.reshape %d {nodes = ["/e"]} : tensor<1x6xf32> -> tensor<3x2xf32>
  func.return %e : tensor<3x2xf32>
}
"""


def parsed() -> ModuleOp:
    return Parser(make_context(), TEXT).parse_module()


def own(name: str) -> Rewrite:
    return next(rule for rule in REWRITES if rule.name == name)


@rewrite(TransposeOp, exactness="bitwise", source="test")
def fail_on_a_merged_one(op: TransposeOp, m: Match) -> Sequence[SSAValue]:
    """transpose{p}(x) => x  if it raises."""
    m.insert(TransposeOp(op.input, (0, 1)))
    raise ZeroDivisionError("of seven")


@rewrite(ReshapeOp, exactness="bitwise", source="test")
def build_what_is_invalid(op: ReshapeOp, m: Match) -> Sequence[SSAValue]:
    """reshape(x) => transpose(x)  of a wrong type."""
    m.require("/e" in names_of(op, "nodes"), "it is the last")
    new = m.insert(TransposeOp(op.input, (1, 0)))
    new.results[0]._type = TensorType(f32, (3, 2))
    return new.results


@rewrite(ReshapeOp, exactness="bitwise", source="test")
def flip(op: ReshapeOp, m: Match) -> Sequence[SSAValue]:
    """reshape(x) => reshape(reshape(x))  without end."""
    return m.insert(ReshapeOp(m.insert(ReshapeOp(op.input, (6,))).results[0], (3, 2))).results


def left_out(*bad: Rewrite) -> RewriteReport:
    """Apply good rules and bad ones; what comes out is what the good ones give alone."""
    good = [own("merge-transposes"), own("drop-identity-transpose")]
    expected = parsed()
    apply_rewrites(make_context(), expected, good)
    module = parsed()
    report = apply_rewrites(make_context(), module, [*bad[:1], *good, *bad[1:]])
    module.verify()
    assert str(module) == str(expected)
    assert report.left_out.keys() == {rule.name for rule in bad}
    assert report.fired.keys() <= {rule.name for rule in good}
    return report


def test_a_rule_that_raises() -> None:
    (what,) = left_out(fail_on_a_merged_one).left_out.values()
    assert what == "it fails with ZeroDivisionError: of seven, on /a"


def test_a_rule_that_builds_invalid_operations() -> None:
    (what,) = left_out(build_what_is_invalid).left_out.values()
    assert what.startswith("after it the function is invalid: ")


def test_a_rule_that_does_not_come_to_an_end() -> None:
    (what,) = left_out(flip).left_out.values()
    assert what.startswith("it does not come to an end; the last rewrites were flip, on /")


def test_of_two_that_undo_each_other_the_last_is_left_out() -> None:
    @rewrite(TransposeOp, exactness="bitwise", source="test")
    def to_reshape(op: TransposeOp, m: Match) -> Sequence[SSAValue]:
        """transpose(x) => reshape(x)."""
        m.require(1 in shape_of(op.input), "it moves nothing")
        return m.insert(ReshapeOp(op.input, shape_of(op.results[0]))).results

    @rewrite(ReshapeOp, exactness="bitwise", source="test")
    def to_transpose(op: ReshapeOp, m: Match) -> Sequence[SSAValue]:
        """reshape(x) => transpose(x)."""
        m.require(1 in shape_of(op.input), "it moves nothing")
        return m.insert(TransposeOp(op.input, (1, 0))).results

    module = Parser(
        make_context(),
        """func.func @main(%x: tensor<1x4xf32>) -> tensor<4x1xf32> {
          %y = engine.reshape %x {nodes = ["/flip"]} : tensor<1x4xf32> -> tensor<4x1xf32>
          func.return %y : tensor<4x1xf32>
        }""",
    ).parse_module()
    report = apply_rewrites(make_context(), module, [to_reshape, to_transpose])
    (what,) = report.left_out.values()
    assert report.left_out.keys() == {"to-transpose"}
    assert "to-transpose, to-reshape" in what or "to-reshape, to-transpose" in what
    assert "engine.reshape" in str(module)


def test_all_that_misbehave_at_once() -> None:
    left_out(fail_on_a_merged_one, flip, build_what_is_invalid)


def test_what_was_invalid_before_is_no_fault_of_a_rule() -> None:
    module = parsed()
    first = next(op for op in module.walk() if isinstance(op, TransposeOp))
    first.results[0]._type = TensorType(f32, (7, 2))
    with pytest.raises(VerifyException):
        apply_rewrites(make_context(), module, [own("merge-reshapes")])


def test_errors_of_the_program_are_not_those_of_a_rule() -> None:
    @rewrite(TransposeOp, exactness="bitwise", source="test")
    def reads_a_missing_weight(op: TransposeOp, m: Match) -> Sequence[SSAValue]:
        """transpose(x) => x  if the weights are there."""
        raise StepwellError("the weights are gone")

    with pytest.raises(StepwellError, match="weights are gone"):
        apply_rewrites(make_context(), parsed(), [reads_a_missing_weight])


def test_the_pass_says_so_or_is_strict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = (fail_on_a_merged_one, *REWRITES)
    monkeypatch.setattr(plugged, "REWRITES", rules)
    plugged.all_rewrites.cache_clear()
    try:
        module = parsed()
        OptimizePass().apply(make_context(), module)
        assert "engine.transpose" in str(module)
        said = capsys.readouterr().err
        assert "left out: rule 'fail-on-a-merged-one' of optimize: it fails with Zero" in said
        with pytest.raises(CompileError, match="'fail-on-a-merged-one' of optimize"):
            OptimizePass(strict=True).apply(make_context(), parsed())
    finally:
        plugged.all_rewrites.cache_clear()


def test_a_limit_stops_after_so_many_applications() -> None:
    seen: list[list[str]] = []

    class Names(Watcher):
        def begin(self, block: object) -> None:
            seen.append([])

        def applied(self, application: Applied) -> None:
            seen[-1].append(application.rule.name)

    for limit in range(4):
        module = parsed()
        apply_rewrites(make_context(), module, list(REWRITES), watcher=Names(), limit=limit)
        module.verify()
    assert [len(names) for names in seen] == [0, 1, 2, 3]
    assert all(seen[3][: len(names)] == names for names in seen)
