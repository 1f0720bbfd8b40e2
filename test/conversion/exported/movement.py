"""Reshaping, slicing, gathering and scattering."""

from __future__ import annotations

import numpy as np

from stepwell.test.conversion.exported.idiom import Idiom, floats, integers

X = floats(2, 3, 4)

IDIOMS = [
    Idiom(
        "reshape_zero_keeps",
        """
        (float[2, 3, 4] x) => (y)
        <int64[3] t = {0, 4, -1}>
        {
            y = Reshape(x, t)
        }
        """,
        {"x": X},
    ),
    Idiom(
        "reshape_allowzero",
        """
        (float[0, 3, 4] x) => (y)
        <int64[3] t = {3, 0, 7}>
        {
            y = Reshape<allowzero = 1>(x, t)
        }
        """,
        {"x": np.zeros((0, 3, 4), np.float32)},
    ),
    Idiom(
        "reshape_to_a_scalar",
        """
        (float[1, 1] x) => (y)
        {
            t = Constant<value = int64[0] {}>()
            z = Reshape(x, t)
            y = Mul(z, z)
        }
        """,
        {"x": floats(1, 1)},
    ),
    Idiom(
        "squeeze_all",
        """
        (float[1, 3, 1] x) => (y)
        {
            z = Squeeze(x)
            y = Exp(z)
        }
        """,
        {"x": floats(1, 3, 1)},
    ),
    Idiom(
        "squeeze_and_unsqueeze_11",
        """
        (float[2, 1, 3] x) => (y)
        {
            z = Squeeze<axes = [-2]>(x)
            y = Unsqueeze<axes = [0, 3]>(z)
        }
        """,
        {"x": floats(2, 1, 3)},
        opset=11,
    ),
    Idiom(
        "flatten_zero",
        """
        (float[2, 3, 4] x) => (y)
        {
            y = Flatten<axis = 0>(x)
        }
        """,
        {"x": X},
    ),
    Idiom(
        "flatten_negative",
        """
        (float[2, 3, 4] x) => (y)
        {
            y = Flatten<axis = -1>(x)
        }
        """,
        {"x": X},
    ),
    Idiom(
        "slice_to_the_largest_integer",
        """
        (float[2, 3, 4] x) => (y)
        <int64[2] s = {-9223372036854775807, 1}, int64[2] e = {9223372036854775807, 2147483647},
            int64[2] a = {0, -1}>
        {
            y = Slice(x, s, e, a)
        }
        """,
        {"x": X},
    ),
    Idiom(
        "slice_backwards",
        """
        (float[2, 3, 4] x) => (y)
        <int64[1] s = {-1}, int64[1] e = {-9223372036854775808}, int64[1] a = {2}, int64[1] p =
            {-1}>
        {
            y = Slice(x, s, e, a, p)
        }
        """,
        {"x": X},
    ),
    Idiom(
        "slice_9",
        """
        (float[2, 3, 4] x) => (y)
        {
            y = Slice<axes = [1, 2], starts = [1, -3], ends = [1000, -1]>(x)
        }
        """,
        {"x": X},
        opset=9,
    ),
    Idiom(
        "split_num_outputs",
        """
        (float[2, 7] x) => (a, b, c)
        {
            a, b, c = Split<axis = 1, num_outputs = 3>(x)
        }
        """,
        {"x": floats(2, 7)},
        opset=18,
    ),
    Idiom(
        "split_equally",
        """
        (float[6, 2] x) => (a, b)
        {
            a, b = Split(x)
        }
        """,
        {"x": floats(6, 2)},
        opset=13,
    ),
    Idiom(
        "split_11",
        """
        (float[2, 5] x) => (a, b)
        {
            a, b = Split<axis = -1, split = [2, 3]>(x)
        }
        """,
        {"x": floats(2, 5)},
        opset=11,
    ),
    Idiom(
        "gather_negative",
        """
        (float[2, 3, 4] x) => (y)
        <int64[2] i = {-1, 0}>
        {
            y = Gather<axis = -1>(x, i)
        }
        """,
        {"x": X},
    ),
    Idiom(
        "gather_nd_batched",
        """
        (float[2, 3, 4] x, int64[2, 2, 1] i) => (y)
        {
            y = GatherND<batch_dims = 1>(x, i)
        }
        """,
        {"x": X, "i": np.array([[[0], [-1]], [[2], [1]]])},
    ),
    Idiom(
        "index_put",
        """
        (float[2, 3] x, float[2] v) => (y)
        <int64[2, 2] i = {0, 1, 1, 2}>
        {
            y = ScatterND<reduction = "add">(x, i, v)
        }
        """,
        {"x": floats(2, 3), "v": floats(2)},
        opset=16,
    ),
    Idiom(
        "select_rows_by_a_constant_mask",
        """
        (float[4, 3] x) => (y)
        <bool[4] m = {1, 0, 1, 1}>
        {
            a = Constant<value_ints = [1]>()
            i = NonZero(m)
            t = Transpose<perm = [1, 0]>(i)
            q = Squeeze(t, a)
            y = Gather(x, q)
        }
        """,
        {"x": floats(4, 3)},
    ),
    Idiom(
        "scatter_elements_from_the_end",
        """
        (float[3, 3] x, int64[2, 3] i, float[2, 3] u) => (y)
        {
            y = ScatterElements<axis = 0>(x, i, u)
        }
        """,
        {
            "x": floats(3, 3),
            "i": np.array([[0, -1, 1], [2, 0, -1]])[:, [0, 1, 2]],
            "u": floats(2, 3),
        },
    ),
    Idiom(
        "reversed_sequences",
        """
        (float[4, 3, 2] x) => (y)
        <int64[3] n = {4, 2, 1}>
        {
            y = ReverseSequence<time_axis = 0, batch_axis = 1>(x, n)
        }
        """,
        {"x": floats(4, 3, 2)},
    ),
    Idiom(
        "depth_to_space",
        """
        (float[1, 8, 2, 3] x) => (y)
        {
            y = DepthToSpace<blocksize = 2, mode = "CRD">(x)
        }
        """,
        {"x": floats(1, 8, 2, 3)},
    ),
    Idiom(
        "trilu",
        """
        (float[2, 4, 4] x) => (y)
        <int64 k = {1}>
        {
            y = Trilu<upper = 0>(x, k)
        }
        """,
        {"x": floats(2, 4, 4)},
    ),
    Idiom(
        "eye_like",
        """
        (float[3, 4] x) => (y)
        {
            e = EyeLike<dtype = 7, k = 1>(x)
            y = Cast<to = 1>(e)
        }
        """,
        {"x": floats(3, 4)},
    ),
    Idiom(
        "one_hot_of_tensorflow",
        """
        (int64[2, 3] i) => (y)
        <int64[1] depth = {5}, float[2] v = {0.0, 1.0}>
        {
            y = OneHot<axis = -1>(i, depth, v)
        }
        """,
        {"i": np.array([[0, 4, 2], [-1, 1, 3]])},
    ),
    Idiom(
        "boolean_mask",
        """
        (float[4, 3] x, bool[4] m) => (y, n)
        {
            a = Constant<value_ints = [0]>()
            p = Compress<axis = 0>(x, m)
            y = ReduceSum<keepdims = 0>(p, a)
            n = Shape(p)
        }
        """,
        {"x": floats(4, 3), "m": np.array([True, False, True, True])},
    ),
    Idiom(
        "unique_and_back",
        """
        (int64[6] x) => (u, y)
        {
            u, i, v, c = Unique(x)
            g = Gather(u, v)
            y = Add(g, x)
        }
        """,
        {"x": integers(3, 1, 3, 2, 1, 1)},
    ),
    Idiom(
        "top_k_1",
        """
        (float[2, 5] x) => (v, i)
        {
            v, i = TopK<k = 2>(x)
        }
        """,
        {"x": floats(2, 5)},
        opset=9,
    ),
]
