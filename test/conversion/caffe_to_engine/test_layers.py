"""Every layer at levels 1 and 2 against recorded results; levels read back what they print."""

import numpy as np
import pytest
from xdsl.parser import Parser

from stepwell.conversion.caffe_to_engine.table import conversions
from stepwell.conversion.import_model import import_model
from stepwell.conversion.to_engine.convert_to_engine import ConvertToEnginePass
from stepwell.dialects import make_context
from stepwell.dialects.caffe import op_classes
from stepwell.dialects.engine import ReferenceOp
from stepwell.interpreters.running import run
from stepwell.test.conversion.caffe_import.recorded_layers import operands_of, recorded, results_of

BY_REFERENCE = {
    "detection_output": "has no native form",
    "lstm": "with markers that may clear its state",
    "pool_stochastic": "by chance",
    "rnn": "with markers that may clear its state",
    "roi_pooling": "has no native form",
}
"""Cases that have no native form as they stand, and why."""


@pytest.mark.parametrize("name", recorded())
def test_layer(name: str):
    case = recorded()[name]
    ctx = make_context()
    module = import_model(case["net"].tobytes(), ctx)
    module.verify()
    inputs, wanted = operands_of(case), results_of(case)
    check(run(ctx, module, inputs), wanted)

    text = str(module)
    assert str(Parser(make_context(), text).parse_module()) == text

    ConvertToEnginePass().apply(ctx, module)
    module.verify()
    check(run(ctx, module, inputs), wanted)
    left = [op for op in module.walk() if isinstance(op, ReferenceOp)]
    assert bool(left) == (name in BY_REFERENCE)
    assert all(BY_REFERENCE[name] in str(op.attributes) + str(op.properties) for op in left)


def check(found, wanted):
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-5)


def test_every_layer_is_recorded():
    ctx = make_context()
    seen = set()
    for case in recorded().values():
        module = import_model(case["net"].tobytes(), ctx)
        seen |= {op.name for op in module.walk()}
    same = {"caffe.DepthwiseConvolution"}  # of which ConvolutionDepthwise is another name
    nothing = {"caffe.Silence"}
    assert {cls.name for cls in op_classes()} - seen == same | nothing
    assert conversions().keys() <= {cls.name for cls in op_classes()}
