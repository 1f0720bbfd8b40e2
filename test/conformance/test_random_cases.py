"""Random cases are judged on their distribution."""

import numpy as np
import onnx

from stepwell.conformance.random_cases import bernoulli_difference, is_random

P = np.array([0.0, 0.1, 0.5, 1.0])


def drawn(p, seed=0):
    return (np.random.default_rng(seed).random((4096, len(p))) < p).astype(float)


def test_a_good_generator_passes():
    for seed in range(20):
        assert bernoulli_difference(drawn(P, seed), P) is None


def test_wrong_probabilities_are_found():
    assert "probability 0.5000" in (bernoulli_difference(drawn(P * [1, 1, 0.8, 1]), P) or "")
    assert "probability 0.1000" in (bernoulli_difference(drawn(1 - P)[:, [3, 1, 2, 0]], P) or "")


def test_one_wrong_value_of_a_certain_event_is_found():
    values = drawn(P)
    values[17, 0] = 1.0
    assert "probability 0.0000" in (bernoulli_difference(values, P) or "")


def test_other_values_are_found():
    assert "other than 0 and 1" in (bernoulli_difference(np.full((4096, 4), 0.5), P) or "")


def test_random_models_are_known():
    for op_type, random in (("Bernoulli", True), ("RandomUniformLike", True), ("Relu", False)):
        graph = onnx.helper.make_graph([onnx.helper.make_node(op_type, ["x"], ["y"])], "g", [], [])
        assert is_random(onnx.helper.make_model(graph)) == random
