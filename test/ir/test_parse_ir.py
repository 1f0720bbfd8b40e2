"""Parsing: what xDSL prints is read back as the same numbers."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xdsl.dialects.builtin import ArrayAttr, BytesAttr, ModuleOp, StringAttr

from stepwell.dialects import make_context
from stepwell.errors import InvalidIRError
from stepwell.ir.parse_ir import LocatingParser, parse_ir
from stepwell.tools.opt.targets import Style, mlir_text

CONSTANT = "builtin.module {{\n  %0 = arith.constant dense<{}> : vector<{}>\n}}"


@pytest.mark.parametrize(
    ("literal", "type_"),
    [
        ("0xff800000", "16xf32"),
        ("0x7f800000", "2xf32"),
        # 1.5 * 2^23, which kernels add to round to an integer
        ("0x4B400000", "4xf32"),
        ("0x7FF0000000000000", "2xf64"),
        # an integer stays the number it says
        ("0x10", "2xi32"),
    ],
)
def test_hexadecimal_elements_are_bits_of_floats(literal: str, type_: str) -> None:
    module = parse_ir(make_context(), CONSTANT.format(literal, type_), "x.mlir")
    expected = "16" if literal == "0x10" else literal
    assert str(module).lower() == CONSTANT.format(expected, type_).lower()


def test_too_many_bits_are_an_error() -> None:
    with pytest.raises(InvalidIRError, match="more bits than f32 has") as caught:
        parse_ir(make_context(), CONSTANT.format("0x1ff800000", "2xf32"), "x.mlir")
    assert "x.mlir:2:29" in str(caught.value)


@given(st.lists(st.text(st.characters(codec="utf-8"))))
def test_strings_of_any_characters(texts: list[str]) -> None:
    names = ArrayAttr([StringAttr(text) for text in texts])
    module = ModuleOp([], {"names": names})
    read = parse_ir(make_context(), f"{module!s}\n", "x.mlir")
    assert read.attributes["names"] == names


def test_bytes_that_are_no_text_are_kept() -> None:
    text = 'builtin.module attributes {a = "\\C3(", b = "x\\C3\\BC"} {}'
    module = parse_ir(make_context(), text, "x.mlir")
    assert module.attributes["a"] == BytesAttr(b"\xc3(")
    assert module.attributes["b"] == StringAttr("x\u00fc")
    assert str(parse_ir(make_context(), str(module), "y.mlir")) == str(module)


RESOURCE = """
"test.op"() {{w = dense_resource<w> : tensor<1xf32>}} : () -> ()
"test.op"() {{v = dense_resource<v> : tensor<1xf32>}} : () -> ()
{{-#
  dialect_resources: {{
    builtin: {{
      w: "0x040000000000{}",
      v: "0x0400000000000000"
    }}
  }}
#-}}
"""


def test_each_file_read_with_a_context_keeps_its_resources() -> None:
    ctx = make_context()
    first = parse_ir(ctx, RESOURCE.format("803F"), "x.mlir")
    second = parse_ir(ctx, RESOURCE.format("0040"), "y.mlir")
    assert '"0x040000000000803F"' in mlir_text(ctx, first, Style())
    text = mlir_text(ctx, second, Style())
    assert '"0x0400000000000040"' in text
    assert "803F" not in text
    assert mlir_text(ctx, parse_ir(make_context(), text, "z.mlir"), Style())


def test_contexts_do_not_share_resources() -> None:
    parse_ir(make_context(), RESOURCE.format("803F"), "x.mlir")
    other = make_context()
    module = parse_ir(other, '"test.op"() {w = dense_resource<w> : tensor<1xf32>} : () -> ()', "y")
    assert "dialect_resources" not in mlir_text(other, module, Style())


def test_a_complex_number_without_its_end_is_an_error():
    text = "%0 = arith.constant dense<[1.0, (2.0, 3.0]> : tensor<2xf32>"
    with pytest.raises(InvalidIRError, match="expected '[)]' behind a complex number"):
        parse_ir(make_context(), text, "text")


SCOPES = """
func.func @first(%x : f32) -> f32 {
  %y = arith.negf %x : f32
  func.return %y : f32
}
func.func @second(%x : f64) -> f64 {
  %y = arith.negf %x : f64
  func.return %y : f64
}
"""


def test_regions_side_by_side_may_use_a_name_twice() -> None:
    text = str(parse_ir(make_context(), SCOPES, "x.mlir"))
    assert "arith.negf %x : f32" in text
    assert "arith.negf %x : f64" in text


@pytest.mark.parametrize("inner", ["%y", "%z"])
def test_a_value_of_an_inner_region_ends_with_it(inner: str) -> None:
    """The values around it stay: only what was defined inside is unknown behind it."""
    text = f"""
    func.func @f(%x : f32, %c : i1) -> f32 {{
      %w = arith.negf %x : f32
      scf.if %c {{
        %y = arith.negf %w : f32
        scf.if %c {{
          %z = arith.negf %y : f32
        }}
        %again = arith.negf %y : f32
      }}
      %last = arith.addf %w, {inner} : f32
      func.return %last : f32
    }}
    """
    with pytest.raises(InvalidIRError, match=inner):
        parse_ir(make_context(), text, "x.mlir")
    parse_ir(make_context(), text.replace(f"%w, {inner}", "%w, %x"), "x.mlir")


def test_opening_a_region_does_not_copy_the_values_in_scope() -> None:
    parser = LocatingParser(make_context(), SCOPES, "x.mlir")
    values = parser.ssa_values
    parser.parse_module()
    assert parser.ssa_values is values
    assert not values


@pytest.mark.parametrize("before", ["", "func.func @main() attributes {a = "])
def test_a_string_without_its_end_is_an_error_at_once(before: str):
    """xDSL's pattern of strings tries all ways to divide what follows the quote."""
    text = f'{before}"{"plain characters " * 2000}'
    start = time.process_time()
    with pytest.raises(InvalidIRError, match="before closing string"):
        parse_ir(make_context(), text, "<text>")
    assert time.process_time() - start < 5
