"""What a call takes for inputs besides numpy's arrays, and outputs that the caller provides."""

import array

import ml_dtypes
import numpy as np
import pytest
from onnx import TensorProto, helper

import stepwell
from stepwell.errors import InputError, UsageError
from stepwell.runtime.foreign_arrays import array_of

X = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.fixture(scope="module")
def engine() -> stepwell.Engine:
    """`y = 2 x`, `z = x > 1`."""
    graph = helper.make_graph(
        [
            helper.make_node("Add", ["x", "x"], ["y"]),
            helper.make_node("Greater", ["x", "one"], ["z"]),
        ],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 3])],
        [
            helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 3]),
            helper.make_tensor_value_info("z", TensorProto.BOOL, [2, 3]),
        ],
        [helper.make_tensor("one", TensorProto.FLOAT, [], [1.0])],
    )
    return stepwell.compile(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    )


@pytest.fixture(scope="module")
def single() -> stepwell.Engine:
    graph = helper.make_graph(
        [helper.make_node("Neg", ["x"], ["y"])],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 5])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4, 5])],
    )
    return stepwell.compile(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    )


class Foreign:
    """An array of a library that speaks DLPack alone."""

    def __init__(self, inner):
        self._inner = inner

    def __dlpack__(self, **options):
        return self._inner.__dlpack__(**options)

    def __dlpack_device__(self):
        return self._inner.__dlpack_device__()


class Elsewhere:
    """An array on a device that numpy does not reach."""

    def __dlpack__(self, **_):
        raise BufferError("it lies on a device")

    def __dlpack_device__(self):
        return (2, 0)


class Convertible:
    """An array that knows how to become one of numpy, as those of pandas."""

    def __array__(self, dtype=None, copy=None):
        return X


@pytest.mark.parametrize(
    "given",
    [X, Foreign(X.copy()), Convertible(), X.tolist(), tuple(map(tuple, X.tolist())), list(X)],
    ids=["numpy", "dlpack", "__array__", "list", "tuple", "list of arrays"],
)
def test_inputs(engine, given):
    y, z = engine(given)
    np.testing.assert_array_equal(y, 2 * X)
    np.testing.assert_array_equal(z, X > 1)


def test_dlpack_hands_over_memory():
    memory = np.zeros(4, np.float32)
    assert np.shares_memory(array_of(Foreign(memory), memory.dtype), memory)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (Elsewhere(), "DLPack does not hand it over .it lies on a device"),
        ([[1, 2, 3], [4, 5]], "is not an array"),
        (X.astype(np.float64), "has dtype float64, expected float32"),
        (Foreign(X.astype(np.int32)), "has dtype int32, expected float32"),
        ([["a", "b", "c"]] * 2, "has dtype <U1, expected float32"),
        ([[1e300] * 3] * 2, "has a number that float32 cannot hold"),
        (b"123456", "bytes have no dtype"),
        (None, "has dtype object"),
        (1.0, r"has rank 0 .shape \[\]., expected rank 2"),
    ],
)
def test_what_is_no_input(engine, given, message):
    with pytest.raises(InputError, match=message):
        engine(given)


@pytest.mark.parametrize(
    ("given", "dtype", "right"),
    [
        (3, np.float32, np.float32(3)),
        (3.5, ml_dtypes.bfloat16, ml_dtypes.bfloat16(3.5)),
        ([1, 2], np.uint8, np.array([1, 2], np.uint8)),
        ([-8, 7], ml_dtypes.int4, np.array([-8, 7], ml_dtypes.int4)),
        ([True, False], np.bool_, np.array([True, False])),
        ([], np.int64, np.array([], np.int64)),
        (array.array("d", [1.5]), np.float64, np.array([1.5])),
        (2**63, np.uint64, np.uint64(2**63)),
    ],
)
def test_numbers_get_the_dtype(given, dtype, right):
    found = array_of(given, np.dtype(dtype))
    assert found.dtype == right.dtype
    np.testing.assert_array_equal(found, right)


@pytest.mark.parametrize(
    ("given", "dtype"),
    [([300], np.uint8), ([-1], np.uint32), ([8], ml_dtypes.int4), ([1e9], ml_dtypes.float8_e4m3fn)],
)
def test_numbers_that_do_not_fit(given, dtype):
    with pytest.raises(ValueError, match="cannot hold"):
        array_of(given, np.dtype(dtype))


@pytest.mark.parametrize(
    ("given", "dtype"),
    [([1.5], np.int64), ([1], np.bool_), ([1.5], ml_dtypes.int4), (2**64, np.uint64)],
)
def test_numbers_of_another_kind_keep_their_dtype(given, dtype):
    assert array_of(given, np.dtype(dtype)).dtype != np.dtype(dtype)


class TestOut:
    def test_by_name_list_and_alone(self, engine, single):
        y, z = np.empty((2, 3), np.float32), np.empty((2, 3), np.bool_)
        results = engine.run({"x": X}, out={"y": y})
        assert results["y"] is y
        np.testing.assert_array_equal(y, 2 * X)
        y[:] = 0
        first, second = engine(X, out=[None, z])
        assert second is z
        np.testing.assert_array_equal(first, 2 * X)
        np.testing.assert_array_equal(z, X > 1)
        x, alone = np.ones((4, 5), np.float32), np.empty((4, 5), np.float32)
        assert single(x, out=alone) is alone
        np.testing.assert_array_equal(alone, -x)

    def test_a_part_of_a_larger_array_at_any_address(self, single):
        """Nothing is copied, and nothing beside it is touched."""
        memory = np.full(64, 7, np.float32)
        for start in range(20):
            memory[:] = 7
            part = memory[start : start + 20].reshape(4, 5)
            single(np.ones((4, 5), np.float32), out=part)
            assert (memory[start : start + 20] == -1).all()
            assert (np.delete(memory, np.s_[start : start + 20]) == 7).all()

    def test_dlpack(self, single):
        memory = np.zeros((4, 5), np.float32)
        given = Foreign(memory)
        assert single(np.ones((4, 5), np.float32), out=given) is given
        assert (memory == -1).all()

    @pytest.mark.parametrize(
        ("out", "message"),
        [
            (np.empty((2, 3), np.float64), "has dtype float64, expected float32"),
            (np.empty((3, 2), np.float32), r"has shape \[3, 2\], expected \[2, 3\]"),
            (np.empty((3, 2), np.float32).T, "is not row-major"),
            (np.empty((2, 6), np.float32)[:, ::2], "is not row-major"),
            (np.broadcast_to(np.float32(0), (2, 3)), "is read-only"),
            (np.empty(25, np.uint8)[1:].view(np.float32).reshape(2, 3), "does not start at"),
            ([[0.0] * 3] * 2, "is of type list, expected a numpy array"),
            (Elsewhere(), "is not handed over by DLPack"),
        ],
    )
    def test_refused(self, engine, out, message):
        with pytest.raises(InputError, match=f"the array for output 'y' {message}"):
            engine.run({"x": X}, out={"y": out})

    def test_what_does_not_fit_the_model(self, engine):
        with pytest.raises(InputError, match="there is no output 'w'; the model gives 'y', 'z'"):
            engine.run({"x": X}, out={"w": X})
        with pytest.raises(InputError, match="out has 1 arrays, the model gives 2 outputs"):
            engine.run({"x": X}, out=[X])
        with pytest.raises(UsageError, match="out is ndarray, expected a mapping"):
            engine.run({"x": X}, out=X)

    def test_no_memory_is_shared(self, engine, single):
        x = np.zeros((4, 5), np.float32)
        with pytest.raises(InputError, match="shares memory with input 'x'"):
            single(x, out=x)
        memory = np.empty(24, np.uint8)
        y, z = memory.view(np.float32).reshape(2, 3), memory[:6].view(np.bool_).reshape(2, 3)
        with pytest.raises(InputError, match="'z' shares memory with that for output 'y'"):
            engine.run({"x": X}, out={"y": y, "z": z})

    def test_an_output_without_a_buffer(self):
        graph = helper.make_graph(
            [helper.make_node("NonZero", ["x"], ["y"])],
            "net",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [3])],
            [helper.make_tensor_value_info("y", TensorProto.INT64, [1, None])],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
        engine = stepwell.compile(model)
        x = np.array([0, 1, 2], np.float32)
        assert engine(x).tolist() == [[1, 2]]
        with pytest.raises(InputError, match="its size is known only afterwards"):
            engine(x, out=np.empty((1, 2), np.int64))
