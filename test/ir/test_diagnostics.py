"""What passes say about operations, and who hears it."""

from __future__ import annotations

import pytest

from stepwell.dialects import make_context
from stepwell.errors import InvalidIRError
from stepwell.ir.diagnostics import Diagnostic, diagnostics_of, listening, remark, warning
from stepwell.ir.parse_ir import parse_ir
from stepwell.ir.verify_ir import verify_ir

TEXT = """func.func @f() {
  "test.op"(%a) : (i32) -> ()
  %a = "test.op"() : () -> i32
  func.return
}
"""


def test_a_listener_hears_what_is_said_with_its_place() -> None:
    module = parse_ir(make_context(), TEXT, "x.mlir")
    said: list[Diagnostic] = []
    with listening(said.append):
        remark("worth knowing", module.body.block.first_op)
        warning("of no place")
    assert said == [
        Diagnostic("remark", "worth knowing", "x.mlir", 1, 1),
        Diagnostic("warning", "of no place"),
    ]


def test_without_a_listener_it_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    module = parse_ir(make_context(), TEXT, "x.mlir")
    warning("not as meant", module.body.block.first_op)
    assert capsys.readouterr().err == "x.mlir:1:1: warning: not as meant\n"


def test_an_error_of_order_has_a_note_at_the_definition() -> None:
    with pytest.raises(InvalidIRError) as caught:
        verify_ir(parse_ir(make_context(), TEXT, "x.mlir"))
    error, note = diagnostics_of(caught.value)
    assert (error.kind, error.line) == ("error", 2)
    assert note == Diagnostic("note", "defined here", "x.mlir", 3, 3)
    assert str(caught.value).endswith("\nx.mlir:3:3: note: defined here")
