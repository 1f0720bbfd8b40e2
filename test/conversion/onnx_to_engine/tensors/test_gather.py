"""Elements read at indices, against `onnx.reference` and numpy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stepwell
from stepwell.errors import InputError
from stepwell.interpreters import run
from stepwell.test.conversion.onnx_to_engine.node_check import (
    check_node,
    converted,
    node_model,
    numbers,
    typed,
)

quick = settings(max_examples=20, deadline=None)
shapes = st.lists(st.integers(1, 4), min_size=1, max_size=3)


def by_numpy(expected: Any):
    """An oracle that has the results already."""
    return lambda _model, _feeds: [expected]


def picks(shape: list[int], n: int, dtype: Any = np.int64, seed: int = 0) -> Any:
    """Indices of either sign within `n`."""
    return np.random.default_rng(seed).integers(-n, n, shape).astype(dtype)


@quick
@given(shape=shapes, data=st.data())
def test_gather_elements(shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    # Other dimensions may be shorter than those of the data.
    along = axis % len(shape)
    count = [data.draw(st.integers(0 if d == along else 1, n)) for d, n in enumerate(shape)]
    x = numbers(shape, data.draw(st.sampled_from(["float32", "int8", "bool", "float16"])))
    indices = picks(count, shape[axis], data.draw(st.sampled_from([np.int32, np.int64])))
    cut = x[tuple(slice(None if d == along else n) for d, n in enumerate(count))]
    check_node(
        "GatherElements",
        [x, indices],
        axis=axis,
        oracle=by_numpy(np.take_along_axis(cut, indices, axis)),
    )


@pytest.mark.parametrize(("time", "batch"), [(0, 1), (1, 0)])
def test_reverse_sequence(time: int, batch: int):
    lengths = np.array([0, 1, 4, 3])
    x = numbers([4, 4, 2, 3])
    check_node("ReverseSequence", [x, lengths], time_axis=time, batch_axis=batch)


@quick
@given(batch=st.integers(0, 2), depth=st.integers(1, 2), seed=st.integers(0, 9))
def test_gather_nd_with_batches(batch, depth, seed):
    shape = [2, 3, 4, 5]
    rng = np.random.default_rng(seed)
    limits = shape[batch : batch + depth]
    indices = np.stack([rng.integers(-n, n, [*shape[:batch], 3]) for n in limits], -1)
    check_node("GatherND", [numbers(shape), indices], batch_dims=batch)


WRONG: list[tuple[str, list[Any], dict[str, Any]]] = [
    ("GatherElements", [numbers([3, 4]), np.array([[0, 1, 2, -4]])], {}),
    ("ScatterElements", [numbers([3]), np.array([0, 3]), numbers([2])], {}),
    ("GatherND", [numbers([2, 3, 4]), np.array([[[0]], [[3]]])], {"batch_dims": 1}),
    ("TensorScatter", [numbers([1, 1, 4, 2]), numbers([1, 1, 2, 2]), np.array([3])], {}),
    ("ReverseSequence", [numbers([3, 2]), np.array([1, 4])], {}),
    ("MaxUnpool", [numbers([1, 1, 1, 1]), np.array([[[[4]]]])], {"kernel_shape": [2, 2]}),
]


@pytest.mark.parametrize("at", range(len(WRONG)), ids=lambda at: WRONG[at][0])
def test_an_index_outside_is_reported_with_the_node(at: int):
    op, inputs, attributes = WRONG[at]
    model, feeds = node_model(op, inputs, **attributes)
    shapes = {"GatherElements": (1, 4), "GatherND": (2, 1, 4), "MaxUnpool": (1, 1, 2, 2)}
    shape = shapes[op] if op in shapes else inputs[0].shape
    model.graph.output[0].CopyFrom(typed("o0", np.zeros(shape, np.float32)))
    ctx, module = converted(model)
    with pytest.raises(InputError, match="outside"):
        run(ctx, module, feeds)
    engine = stepwell.compile(model)
    assert not engine.program.reference_ops
    with pytest.raises(InputError, match=f"/{op}"):
        engine.run(feeds)
