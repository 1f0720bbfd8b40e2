"""Layers of Caffe, natively, against PyTorch: the nets that are recorded, made anew."""

from __future__ import annotations

import numpy as np
import pytest

import stepwell

pytest.importorskip("torchvision", reason="PyTorch is not installed (make oracles)")

from stepwell.tools.record.caffe import net_of
from stepwell.tools.record.caffe_layers import Case, cases

CASES = {case.name: case for case in cases()}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_layer(case: Case):
    rng = np.random.default_rng(7)
    shapes = (*case.bottoms, *case.blobs)
    values = [
        (rng.uniform(0.5, 2, s) if case.positive else rng.standard_normal(s)).astype(np.float32)
        for s in shapes
    ]
    for at, value in enumerate(case.given or ()):
        if value is not None:
            values[at] = np.array(value, np.float32)
    bottoms, blobs = values[: len(case.bottoms)], values[len(case.bottoms) :]
    engine = stepwell.compile(net_of(case, bottoms, blobs))
    feeds = {f"x{at}": value for at, value in enumerate(bottoms)}
    found = list(engine.run(feeds).values())
    for a, b in zip(found, case.results(bottoms, blobs), strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)
