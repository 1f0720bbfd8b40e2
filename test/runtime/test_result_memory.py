"""Results have memory of their own, which later calls leave alone."""

import gc

import ml_dtypes
import numpy as np
import pytest

from stepwell.errors import NotEnoughMemoryError
from stepwell.runtime.array_memory import ALIGNMENT, address_of
from stepwell.runtime.result_memory import BLOCK_BYTES, ResultMemory

SMALL = [(), (1,), (3, 2), (0,), (2, 0, 3)]
LARGE = [(200,), (2000,)]


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool", "complex128", ml_dtypes.bfloat16])
@pytest.mark.parametrize("shape", SMALL + LARGE)
def test_a_result_is_a_new_aligned_array(shape, dtype):
    memory = ResultMemory([(np.dtype(dtype), shape)])
    kept = []
    for _ in range(2 * BLOCK_BYTES // ALIGNMENT + 3):
        [array], [place] = memory.new()
        assert type(array) is np.ndarray
        assert (array.shape, array.dtype) == (shape, np.dtype(dtype))
        assert array.flags.c_contiguous
        assert array.flags.writeable
        assert place % ALIGNMENT == 0
        if array.size:
            assert place == array.__array_interface__["data"][0]
        kept.append(array)
    for number, array in enumerate(kept):
        array[...] = number % 2
    assert all((array == number % 2).all() for number, array in enumerate(kept))
    lines = {address_of(array) // ALIGNMENT for array in kept if array.size}
    assert len(lines) == len([array for array in kept if array.size])


def test_symbolic_sizes_are_those_of_the_call():
    memory = ResultMemory([(np.dtype(np.int8), ("N", 2)), (np.dtype(np.int8), (3,))])
    for n in (1, 5, 0):
        memory.bind({"N": n})
        arrays, places = memory.new()
        assert [array.shape for array in arrays] == [(n, 2), (3,)]
        assert all(place % ALIGNMENT == 0 for place in places)


def test_a_result_outlives_what_made_it():
    memory = ResultMemory([(np.dtype(np.int64), (2,))])
    first = memory.new()[0][0]
    first[:] = 7
    for _ in range(200):
        memory.new()[0][0][:] = 1
    del memory
    gc.collect()
    np.testing.assert_array_equal(first, [7, 7])


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12, dtype=np.float32),
        np.arange(12).reshape(3, 4)[1:, 2:],
        np.frombuffer(b"12345678"),
        np.zeros((2, 3), ml_dtypes.bfloat16),
        np.array("object", object),
        np.zeros(3).view(np.recarray),
    ],
    ids=["own", "view", "read-only", "bfloat16", "objects", "subclass"],
)
def test_the_address_is_what_numpy_says(array):
    assert address_of(array) == array.__array_interface__["data"][0]


def test_memory_that_the_system_does_not_give():
    memory = ResultMemory([(np.dtype(np.float32), (1 << 30, 1 << 30))])
    with pytest.raises(NotEnoughMemoryError, match="4,611,686,018,427,387,904 bytes"):
        memory.new()
