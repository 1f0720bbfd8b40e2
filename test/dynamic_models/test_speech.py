"""Models of sound of any length, compiled once."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

import stepwell
from stepwell.errors import InputError

from .checks import check
from .dynamic_model import DynamicModel
from .speech import FAST, SLOW, SPEECH, scripted_voice_activity


@pytest.mark.parametrize("model", SPEECH, ids=lambda model: model.name)
def test_any_sizes(model: DynamicModel) -> None:
    check(model)


def test_a_state_that_goes_from_frame_to_frame():
    """Both rates by one program, each frame with the state that the last one left."""
    proto = scripted_voice_activity().model()
    engine = stepwell.compile(proto)
    theirs = onnxruntime.InferenceSession(proto.SerializeToString())
    rng = np.random.default_rng(5)
    for rate, samples in ((FAST, 576), (SLOW, 320)):
        ours = wanted = np.zeros((2, 2, 16), np.float32)
        for _ in range(8):
            given = {
                "input": rng.standard_normal((2, samples)).astype(np.float32),
                "sr": np.array(rate),
            }
            found, ours = engine.run({**given, "state": ours}).values()
            probability, wanted = map(np.asarray, theirs.run(None, {**given, "state": wanted}))
            np.testing.assert_allclose(found, probability, atol=1e-5)
            np.testing.assert_allclose(ours, wanted, atol=1e-5)


def test_sizes_that_the_branch_taken_does_not_fit():
    """576 samples are one step at 16 kHz and two at 8 kHz, which no cell takes."""
    engine = stepwell.compile(scripted_voice_activity().model())
    feeds = {"state": np.zeros((2, 1, 16), np.float32), "input": np.zeros((1, 576), np.float32)}
    with pytest.raises(InputError, match="needs equal sizes, and .* are not"):
        engine.run({**feeds, "sr": np.array(SLOW)})
    assert engine.run({**feeds, "sr": np.array(FAST)})["output"].shape == (1, 1)
