"""Sizes that are computed."""

from __future__ import annotations

import numpy as np

from stepwell.test.conversion.exported.idiom import Idiom, floats

X = floats(2, 3, 4)
IMAGE = floats(1, 3, 6, 5)

IDIOMS = [
    Idiom(
        "view_minus_one",
        """
        (float[b, s, d] x) => (y)
        <int64[1] rest = {-1}, int64 zero = {0}, int64[1] axis = {0}>
        {
            s = Shape(x)
            b0 = Gather(s, zero)
            b1 = Unsqueeze(b0, axis)
            t = Concat<axis = 0>(b1, rest)
            y = Reshape(x, t)
        }
        """,
        {"x": X},
    ),
    Idiom(
        "half_of_a_size",
        """
        (float[b, s] x) => (y)
        <int64 one = {1}, int64 two = {2}, int64[1] zero = {0}>
        {
            s = Shape(x)
            n = Gather(s, one)
            h = Div(n, two)
            e = Unsqueeze(h, zero)
            a = Constant<value_ints = [1]>()
            first = Slice(x, zero, e, a)
            y = Neg(first)
        }
        """,
        {"x": floats(2, 8)},
    ),
    Idiom(
        "expand_as_with_where",
        """
        (float[1, n] x, float[m, n] like) => (y)
        <int64[1] minus = {-1}, int64[1] one = {1}>
        {
            s = Shape(like)
            r = Shape(s)
            o0 = ConstantOfShape<value = int64[1] {0}>(r)
            o = Add(o0, one)
            z = Equal(s, minus)
            w = Where(z, o, s)
            y = Expand(x, w)
        }
        """,
        {"x": floats(1, 4), "like": floats(3, 4)},
    ),
    Idiom(
        "zeros_and_full_like",
        """
        (float[a, b] x) => (y)
        {
            s = Shape(x)
            z = ConstantOfShape<value = float[1] {2.5}>(s)
            y = Add(x, z)
        }
        """,
        {"x": floats(2, 3)},
    ),
    Idiom(
        "arange_of_a_size",
        """
        (float[a, b] x) => (y)
        <int64 zero = {0}, int64 one = {1}>
        {
            s = Shape(x)
            n = Gather(s, one)
            r = Range(zero, n, one)
            f = Cast<to = 1>(r)
            y = Add(x, f)
        }
        """,
        {"x": floats(2, 5)},
    ),
    Idiom(
        "causal_mask",
        """
        (float[a, n, n] x) => (y)
        <int64 one = {1}, float low = {-10000}, int64 zero = {0}>
        {
            ax1 = Constant<value_ints = [1]>()
            ax0 = Constant<value_ints = [0]>()
            zf = Constant<value_float = 0.0>()
            s = Shape(x)
            n = Gather(s, one)
            r = Range(zero, n, one)
            c = Unsqueeze(r, ax1)
            d = Unsqueeze(r, ax0)
            m = Greater(d, c)
            f = Where(m, low, zf)
            y = Add(x, f)
        }
        """,
        {"x": floats(2, 4, 4)},
    ),
    Idiom(
        "flatten_from_a_shape",
        """
        (float[b, c, h, w] x) => (y)
        <int64[1] one = {1}>
        {
            minus = Constant<value_ints = [-1]>()
            s = Shape<start = 1, end = 4>(x)
            p = ReduceProd<keepdims = 1, axes = [0]>(s)
            t = Concat<axis = 0>(minus, p)
            y = Reshape(x, t)
        }
        """,
        {"x": IMAGE},
    ),
    Idiom(
        "shape_as_float",
        """
        (float[b, n] x) => (y)
        {
            s = Shape(x)
            f = Cast<to = 1>(s)
            two = Constant<value_float = 0.5>()
            h = Mul(f, two)
            g = Floor(h)
            i = Cast<to = 7>(g)
            o = ConstantOfShape(i)
            q = Shape(o)
            y = Identity(q)
        }
        """,
        {"x": floats(4, 7)},
    ),
    Idiom(
        "tile_by_a_size",
        """
        (float[2, 3] x, float[4, n] like) => (y)
        <int64[1] one = {1}>
        {
            n = Shape<start = 0, end = 1>(like)
            t = Concat<axis = 0>(n, one)
            y = Tile(x, t)
        }
        """,
        {"x": floats(2, 3), "like": floats(4, 2)},
    ),
    Idiom(
        "compared_with_numbers_of_sizes",
        """
        (float[b, n] x) => (y)
        <int64 limit = {4}, int64 one = {1}>
        {
            a = Constant<value_ints = [0]>()
            z = Constant<value_ints = [0]>()
            o = Constant<value_ints = [1]>()
            s = Shape(x)
            n = Gather(s, one)
            c = Greater(n, limit)
            m = Where(c, limit, n)
            u = Unsqueeze(m, a)
            y = Slice(x, z, u, o)
        }
        """,
        {"x": floats(2, 6)},
    ),
    Idiom(
        "a_scalar_filled",
        """
        (float[3] x) => (y)
        {
            s = Constant<value = int64[0] {}>()
            k = ConstantOfShape<value = float[1] {2.0}>(s)
            y = Mul(x, k)
        }
        """,
        {"x": floats(3)},
    ),
    Idiom(
        "nothing_at_all",
        """
        (float[0, 3] x) => (y)
        <int64[2] t = {-1, 3}>
        {
            r = Reshape(x, t)
            y = Relu(r)
        }
        """,
        {"x": np.zeros((0, 3), np.float32)},
    ),
    Idiom(
        "top_k_of_a_size",
        """
        (float[2, n] x) => (v, i)
        <int64 one = {1}, int64[1] zero = {0}, int64[1] most = {3}>
        {
            s = Shape(x)
            n = Gather(s, one)
            u = Unsqueeze(n, zero)
            k = Min(u, most)
            v, i = TopK<axis = -1>(x, k)
        }
        """,
        {"x": floats(2, 5)},
    ),
]
