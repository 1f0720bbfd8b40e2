"""Occurrences of n-grams, against onnxruntime; `onnx.reference` is right for mode TF alone."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.test.conversion.onnx_to_engine.node_check import by_onnxruntime, check_node


@settings(max_examples=30, deadline=None)
@given(
    shape=st.one_of(st.tuples(st.integers(3, 9)), st.tuples(st.integers(1, 3), st.integers(3, 9))),
    limits=st.sampled_from([(1, 1), (1, 2), (2, 2), (1, 3), (2, 3)]),
    skip=st.integers(0, 3),
    mode=st.sampled_from(["TF", "IDF", "TFIDF"]),
    weighted=st.booleans(),
    seed=st.integers(0, 99),
)
def test_occurrences(shape, limits, skip, mode, weighted, seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 4, shape).astype(np.int32 if seed % 2 else np.int64)
    pool = [1, 3, 2, 1, 1, 2, 3, 3, 1, 2, 3, 3, 3, 1]
    attributes: dict[str, Any] = {}
    if weighted:
        attributes["weights"] = [float(w) for w in rng.uniform(0.5, 2, 7)]
    check_node(
        "TfIdfVectorizer",
        [x],
        oracle=by_onnxruntime,
        min_gram_length=limits[0],
        max_gram_length=limits[1],
        max_skip_count=skip,
        mode=mode,
        ngram_counts=[0, 2, 8],
        ngram_indexes=[3, 0, 6, 2, 5, 1, 4],
        pool_int64s=pool,
        **attributes,
    )
