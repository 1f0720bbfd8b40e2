"""A limit on memory: what takes memory for speed is left out, or the least is said."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import stepwell
from stepwell.errors import NotEnoughMemoryError, UsageError
from stepwell.tools.inputs.memory_option import parse_memory

MODEL = """
<ir_version: 8, opset_import: ["" : 18]>
g (float[1,32,40,40] x) => (float[1,32,40,40] y)
{ [conv] y = Conv <pads = [1,1,1,1]> (x, w) }
"""


@pytest.fixture(scope="module")
def model() -> onnx.ModelProto:
    model = onnx.parser.parse_model(MODEL)
    weight = np.random.default_rng(0).standard_normal((32, 32, 3, 3)).astype(np.float32)
    model.graph.initializer.append(numpy_helper.from_array(weight, "w"))
    return model


def test_what_takes_memory_for_speed_is_left_out(model: onnx.ModelProto) -> None:
    usual = stepwell.compile(model)
    told: list[str] = []
    limit = usual.memory().total - 40_000
    small = stepwell.compile(
        model, memory_limit=limit, progress=lambda step: told.append(step.name)
    )
    assert small.memory().total <= limit < usual.memory().total
    [line] = [name for name in told if name.startswith("without ")]
    assert "use-winograd" in line
    assert "times the time" in line
    assert "use-winograd" in str(small.program.provenance.options)
    x = np.random.default_rng(1).standard_normal((1, 32, 40, 40)).astype(np.float32)
    np.testing.assert_allclose(small(x), usual(x), rtol=1e-3, atol=1e-3)
    with pytest.raises(NotEnoughMemoryError, match=r"the least it takes is .* for weights.*'conv'"):
        stepwell.compile(model, memory_limit=300_000)


def test_a_limit_that_is_kept_changes_nothing(model: onnx.ModelProto) -> None:
    told: list[str] = []
    stepwell.compile(model, memory_limit=1 << 30, progress=lambda step: told.append(step.name))
    assert not [name for name in told if name.startswith("without ")]


def test_amounts_as_a_person_writes_them() -> None:
    texts = ("32MiB", "1.5 GB", "65536", "2kib")
    assert [parse_memory(text) for text in texts] == [32 << 20, 1_500_000_000, 65536, 2048]
    for wrong in ("", "MiB", "3 parsecs", "-1", "0"):
        with pytest.raises(UsageError, match="expected an amount of memory such as 32MiB"):
            parse_memory(wrong)
    with pytest.raises(UsageError, match="memory_limit is -5"):
        stepwell.compile("x.onnx", memory_limit=-5)
