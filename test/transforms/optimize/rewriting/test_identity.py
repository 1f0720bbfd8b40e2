"""Rules that are equations."""

from __future__ import annotations

import pytest
from xdsl.parser import Parser

from stepwell.dialects import make_context
from stepwell.transforms.optimize.rewriting import apply_rewrites
from stepwell.transforms.optimize.rewriting.identity import identity, read_equation


def region_after(equation: str, body: str, element: str = "f32") -> str:
    """What a region reads like after one rule: one operation a line, without spaces."""
    rule = identity("rule", equation, exactness="bitwise", source="test")
    ctx = make_context()
    module = Parser(ctx, f"""
    func.func @main(%x: tensor<3x{element}>, %y: tensor<3x{element}>) -> tensor<3x{element}> {{
      %r = engine.map ins(%x, %y : tensor<3x{element}>, tensor<3x{element}>)
        -> tensor<3x{element}> {{
      ^bb0(%a: {element}, %b: {element}):
        {body}
        engine.yield %v : {element}
      }}
      func.return %r : tensor<3x{element}>
    }}""").parse_module()  # fmt: skip
    apply_rewrites(ctx, module, [rule])
    module.verify()
    lines = [line.strip() for line in str(module).splitlines()]
    start = next(i for i, line in enumerate(lines) if line.startswith("^bb0"))
    return "\n".join(lines[start + 1 : lines.index("}", start)])


NEGATED = "%n = arith.negf %b : f32\n%v = arith.addf %a, %n : f32"


def test_operations_and_names_are_matched_and_built() -> None:
    assert "arith.subf %a, %b" in region_after("x + -y => x - y", NEGATED)
    assert "arith.addf" in region_after("-x + y => y - x", NEGATED)


def test_the_same_name_is_the_same_value() -> None:
    square = "%v = arith.mulf %a, %a : f32"
    product = "%v = arith.mulf %a, %b : f32"
    assert "math.absf" in region_after("x * x => abs(x)", square)
    assert "math.absf" not in region_after("x * x => abs(x)", product)


def test_zeros_are_told_apart() -> None:
    added = "%c = arith.constant {} : f32\n%v = arith.addf %a, %c : f32"
    assert region_after("x + -0.0 => x", added.format("-0.0")) == "engine.yield %a : f32"
    assert "addf" in region_after("x + -0.0 => x", added.format("0.0"))
    assert "addf" in region_after("x + 0.0 => x", added.format("-0.0"))


@pytest.mark.parametrize("number", ["-1", "255"])
def test_all_bits_of_an_integer_count_however_it_is_written(number: str) -> None:
    masked = f"%c = arith.constant {number} : i8\n%v = arith.andi %a, %c : i8"
    assert region_after("x & -1 => x", masked, "i8") == "engine.yield %a : i8"


def test_what_stands_on_both_sides_is_not_built_anew() -> None:
    body = "%f = math.floor %a : f32\n%v = math.floor %f : f32"
    assert region_after("floor(floor(x)) => floor(x)", body).count("math.floor") == 1


def test_a_part_that_is_shared_on_the_right_is_built_once() -> None:
    body = "%c = arith.constant 4.0 : f32\n%v = math.powf %a, %c : f32"
    assert region_after("x ** 4.0 => (x * x) * (x * x)", body).count("arith.mulf") == 2


def test_once_asks_for_a_single_reader() -> None:
    body = """%c = arith.constant 1.0 : f32
        %i = arith.divf %c, %b : f32
        %p = arith.mulf %a, %i : f32
        %v = arith.addf %p, {} : f32"""
    equation = "x * (r := 1.0 / y) => x / y if once(r)"
    assert "arith.mulf" not in region_after(equation, body.format("%a"))
    assert "arith.mulf" in region_after(equation, body.format("%i"))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x + 0.0 = x", "reads 'before => after'"),
        ("x + => x", "invalid syntax"),
        ("x + 0.0 => y", "y stands on the right only"),
        ("x => x + 0.0", "must be an operation"),
        ("x // 2.0 => x", "'x // 2.0' is not an operation on floats"),
        ("sin(x) => x", "'sin(x)' is not an operation on floats"),
        ("abs(x) + 0 => x", "'abs(x)' is not an operation on integers"),
        (
            "x + 0.0 => x if twice(x)",
            "a condition reads never_negative(name), once(name), wide(name)",
        ),
        ("x + 0.0 => x if once(y)", "there is no part y"),
    ],
)
def test_an_equation_that_cannot_be_read_says_why(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match="^'") as error:
        read_equation(text)
    assert text in str(error.value)
    assert complaint in str(error.value)
