"""`donate` by names: pairs with a star, and everything that is wrong in one message."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest

import stepwell
from stepwell.errors import UsageError
from stepwell.tools.inputs.donate_option import parse_donations

GRAPH = """<ir_version: 10, opset_import: ["": 21]>
g (float[2,3] past_0_k, float[2,3] past_1_k, int64[1,1] at, float[1,3] row)
  => (float[2,3] now_0_k, float[2,3] now_1_k, float[2,3] y)
{ now_0_k = ScatterND(past_0_k, at, row)  now_1_k = ScatterND(past_1_k, at, row)
  y = Add(now_0_k, now_1_k) }"""


def compiled(donate: Any) -> stepwell.Engine:
    return stepwell.compile(onnx.parser.parse_model(GRAPH), donate=donate)


def test_a_star_is_the_same_part_of_both():
    engine = compiled({"past_*_k": "now_*_k"})
    assert [(d.input, d.output) for d in engine.program.donations] == [(0, 0), (1, 1)]
    feeds = {t.name: np.ones([int(n) for n in t.shape], t.dtype) for t in engine.inputs}
    np.testing.assert_array_equal(engine.run(feeds)["y"], np.full((2, 3), 2, np.float32))


@pytest.mark.parametrize(
    ("donate", "expected"),
    [
        ({"past_0": "now_0_k"}, "donate: unknown input 'past_0'; did you mean 'past_0_k'"),
        ({"past_0_k": "now_2_k"}, "donate: unknown output 'now_2_k'; did you mean"),
        ({"past_*": "then_*"}, "unknown output 'then_0_k'(.|\n)*unknown output 'then_1_k'"),
        ({"past_0_k": "y", "past_1_k": "y"}, "donate: 'y' stands in two pairs"),
        ({"at": "y"}, "donate: 'at' for 'y': .* expected one element type"),
        ({"past_*": "now_0_k"}, "expected one \\* in both or in neither"),
        (["past_0_k"], "donate is .* expected a mapping from inputs to outputs"),
        ({"past_0_k": 1}, "a name in donate"),
    ],
)
def test_what_is_wrong_is_said(donate: object, expected: str):
    with pytest.raises(UsageError, match=expected):
        compiled(donate)


def test_the_option():
    assert parse_donations(["a=b", "c_*=d_*"]) == {"a": "b", "c_*": "d_*"}
    for wrong in ("a", "=b", "a=", "a=b=c"):
        with pytest.raises(UsageError, match="expected INPUT=OUTPUT"):
            parse_donations([wrong])
    with pytest.raises(UsageError, match="'a' is given to 'b' already"):
        parse_donations(["a=b", "a=c"])
