"""Sizes that operations find: names get their values as they run, relations are looked at then."""

import numpy as np
import pytest

from stepwell.dialects import make_context
from stepwell.errors import InputError
from stepwell.interpreters import run
from stepwell.ir.parse_ir import parse_ir
from stepwell.ir.verify_ir import verify_ir

ROWS = 'tensor<?x2xi64, #engine.sizes<"K">>'
FOUND = f"""
func.func @main(%x: tensor<4x5xf32>) -> ({ROWS}, tensor<3xi64>, tensor<?xi64, #engine.sizes<"K">>)
    attributes {{input_names = ["x"], sizes = #engine.names<K in 0 to 20 hint 20 data>}} {{
  %rows, %count = engine.nonzero %x {{defines = ["K"]}} : tensor<4x5xf32> -> {ROWS}, tensor<1xi64>
  %sizes = engine.size_values {{sizes = #engine.extents<["K", 7, "K * 2"]>}} : tensor<3xi64>
  %positions = engine.iota : tensor<?xi64, #engine.sizes<"K">>
  func.return %rows, %sizes, %positions : {ROWS}, tensor<3xi64>, tensor<?xi64, #engine.sizes<"K">>
}}"""

EQUAL = """
func.func @main(%n: tensor<2xi64>) -> tensor<?xi64, #engine.sizes<"A">>
    attributes {input_names = ["n"], sizes = #engine.names<A in 0 to 9 data, B in 0 to 9 data>,
                relations = [#engine.relation<"A", "B + 1", "/Add">]} {
  %counts = engine.as_size %n {at_most = array<i64: 9, 9>, defines = ["A", "B"]}
      : tensor<2xi64> -> tensor<2xi64>
  %y = engine.iota : tensor<?xi64, #engine.sizes<"A">>
  func.return %y : tensor<?xi64, #engine.sizes<"A">>
}"""


def results(text: str, *inputs: np.ndarray) -> list[np.ndarray]:
    ctx = make_context()
    module = parse_ir(ctx, text, "<test>")
    verify_ir(module)
    return run(ctx, module, inputs)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_what_is_found_gives_a_name_its_value(share: float):
    x = (np.random.default_rng(0).random((4, 5)) < share).astype(np.float32)
    rows, sizes, positions = results(FOUND, x)
    k = np.count_nonzero(x)
    assert np.array_equal(rows, np.argwhere(x))
    assert sizes.tolist() == [k, 7, 2 * k]
    assert positions.tolist() == list(range(k))


def test_nan_is_not_zero():
    x = np.zeros((4, 5), np.float32)
    x[1, 2] = np.nan
    assert results(FOUND, x)[0].tolist() == [[1, 2]]


def test_integers_become_sizes():
    assert results(EQUAL, np.array([3, 2]))[0].tolist() == [0, 1, 2]


@pytest.mark.parametrize("numbers", [[-1, -2], [10, 9]])
def test_an_integer_that_is_no_size_is_refused(numbers: list[int]):
    with pytest.raises(InputError, match="a size is out of bounds: A is 0 to 9, B is 0 to 9"):
        results(EQUAL, np.array(numbers))


def test_sizes_that_contradict_a_relation_are_refused():
    with pytest.raises(InputError, match="'/Add' needs equal sizes, and A is 3, B .* is 4"):
        results(EQUAL, np.array([3, 3]))
