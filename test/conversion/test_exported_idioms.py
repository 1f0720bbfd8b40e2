"""What exporters write, compiled and run, against onnxruntime without optimisations."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

import stepwell
from stepwell.runtime.opaque_values import arrays_in
from stepwell.test.conversion.exported import control, elements, images, layers, movement, shapes
from stepwell.test.conversion.exported.idiom import Idiom

FAMILIES = (control, elements, images, layers, movement, shapes)
IDIOMS: list[Idiom] = [idiom for family in FAMILIES for idiom in family.IDIOMS]


def expected(idiom: Idiom) -> list[Any]:
    """The outputs of an independent implementation."""
    model = onnx.shape_inference.infer_shapes(idiom.model())  # outputs must have types
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return list(session.run(None, idiom.feeds))


@pytest.mark.parametrize("idiom", IDIOMS, ids=lambda i: i.name)
def test_like_onnxruntime(idiom: Idiom):
    shapes = {name: np.shape(value) for name, value in idiom.feeds.items()}
    wanted = expected(idiom)
    for exactness in ("rounding", "bitwise"):
        engine = stepwell.compile(idiom.model(), shapes=shapes, exactness=exactness)
        assert (not engine.reference_ops) == idiom.native, engine.reference_ops
        results = list(engine.run(idiom.feeds).values())
        for got, want in zip(arrays_in(results), arrays_in(wanted), strict=True):
            assert (got.dtype, got.shape) == (want.dtype, want.shape)
            if want.dtype.kind == "f":
                np.testing.assert_allclose(got, want, rtol=idiom.tolerance, atol=idiom.tolerance)
            else:
                np.testing.assert_array_equal(got, want)


def test_names_are_unique():
    assert len({idiom.name for idiom in IDIOMS}) == len(IDIOMS)
