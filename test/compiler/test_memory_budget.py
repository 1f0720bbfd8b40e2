"""A limit on memory: a program is made smaller and slower, or the least is said."""

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
    [line] = [name for name in told if "times the time" in name]
    assert line.startswith("without use-winograd: ")
    assert "use-winograd" in str(small.program.provenance.options)
    x = np.random.default_rng(1).standard_normal((1, 32, 40, 40)).astype(np.float32)
    np.testing.assert_allclose(small(x), usual(x), rtol=1e-3, atol=1e-3)
    with pytest.raises(NotEnoughMemoryError, match=r"the least it takes is .* for weights.*'conv'"):
        stepwell.compile(model, memory_limit=300_000)


SCALES = """
<ir_version: 8, opset_import: ["" : 18]>
g (float[1,3,128,128] x) => (float[1,8,32,32] y)
{
  [wide] a0 = Conv <pads = [1,1,1,1]> (x, w0)
  [relu] a = Relu (a0)
  [deep] b0 = Conv <pads = [1,1,1,1]> (a, w1)
  [relu2] b = Relu (b0)
  [pool] c = MaxPool <kernel_shape = [2,2], strides = [2,2]> (b)
  [down] d0 = Conv <pads = [1,1,1,1], strides = [2,2]> (c, w2)
  [relu3] y = Relu (d0)
}
"""


def test_large_images_are_computed_in_bands() -> None:
    model = onnx.parser.parse_model(SCALES)
    rng = np.random.default_rng(0)
    for name, shape in {"w0": (32, 3, 3, 3), "w1": (32, 32, 3, 3), "w2": (8, 32, 3, 3)}.items():
        weight = (rng.standard_normal(shape) * 0.2).astype(np.float32)
        model.graph.initializer.append(numpy_helper.from_array(weight, name))
    usual = stepwell.compile(model)
    told: list[str] = []
    limit = usual.memory().total * 6 // 10
    small = stepwell.compile(
        model, memory_limit=limit, progress=lambda step: told.append(step.name)
    )
    [line] = [name for name in told if "times the time" in name]
    assert "with band-rows" in line
    assert small.memory().total <= limit
    assert small.arena_bytes * 2 < usual.arena_bytes
    assert "band-rows" in str(small.program.provenance.options)
    x = rng.standard_normal((1, 3, 128, 128)).astype(np.float32)
    np.testing.assert_allclose(small(x), usual(x), rtol=1e-3, atol=1e-3)
    # Whoever forbids it, by name or by what may happen to numbers, has another least.
    with pytest.raises(NotEnoughMemoryError):
        stepwell.compile(model, memory_limit=limit, disable=["band-rows"])
    with pytest.raises(NotEnoughMemoryError):
        stepwell.compile(model, memory_limit=limit, exactness="bitwise")


def test_a_limit_that_is_kept_changes_nothing(model: onnx.ModelProto) -> None:
    told: list[str] = []
    stepwell.compile(model, memory_limit=1 << 30, progress=lambda step: told.append(step.name))
    assert not [name for name in told if "times the time" in name]


def test_amounts_as_a_person_writes_them() -> None:
    texts = ("32MiB", "1.5 GB", "65536", "2kib")
    assert [parse_memory(text) for text in texts] == [32 << 20, 1_500_000_000, 65536, 2048]
    for wrong in ("", "MiB", "3 parsecs", "-1", "0"):
        with pytest.raises(UsageError, match="expected an amount of memory such as 32MiB"):
            parse_memory(wrong)
    with pytest.raises(UsageError, match="memory_limit is -5"):
        stepwell.compile("x.onnx", memory_limit=-5)
