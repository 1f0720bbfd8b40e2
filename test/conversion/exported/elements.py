"""Elementwise operators and reductions, and graphs that are odd but valid."""

from __future__ import annotations

import numpy as np

from stepwell.test.conversion.exported.idiom import Idiom, floats, integers

X = floats(2, 3, 4)

IDIOMS = [
    Idiom(
        "clip_6",
        """
        (float[2, 3] x) => (y)
        {
            y = Clip<max = 0.5>(x)
        }
        """,
        {"x": floats(2, 3)},
        opset=6,
    ),
    Idiom(
        "clip_no_minimum",
        """
        (float[2, 3] x) => (y)
        <float m = {0.25}>
        {
            y = Clip(x, , m)
        }
        """,
        {"x": floats(2, 3)},
    ),
    Idiom(
        "clip_nothing",
        """
        (float[2, 3] x) => (y)
        {
            y = Clip(x)
        }
        """,
        {"x": floats(2, 3)},
    ),
    Idiom(
        "clip_integers",
        """
        (int64[4] x) => (y)
        <int64 a = {-1}, int64 b = {2}>
        {
            y = Clip(x, a, b)
        }
        """,
        {"x": integers(-5, 0, 2, 9)},
    ),
    Idiom(
        "argmax_last_index",
        """
        (int64[2, 4] x) => (y)
        {
            y = ArgMax<axis = -1, keepdims = 0, select_last_index = 1>(x)
        }
        """,
        {"x": np.array([[1, 3, 3, 0], [2, 2, 2, 2]])},
    ),
    Idiom(
        "cumulative_sum",
        """
        (float[2, 5] x) => (y)
        <int64 a = {-1}>
        {
            y = CumSum<exclusive = 1, reverse = 1>(x, a)
        }
        """,
        {"x": floats(2, 5)},
    ),
    Idiom(
        "mod_of_floats_and_integers",
        """
        (float[4] x, int64[4] i) => (y, z)
        <float m = {2.5}, int64 k = {3}>
        {
            y = Mod<fmod = 1>(x, m)
            z = Mod(i, k)
        }
        """,
        {"x": np.array([-7, -1, 1, 7], np.float32), "i": integers(-7, -1, 1, 7)},
    ),
    Idiom(
        "reduce_no_axes",
        """
        (float[2, 3, 4] x) => (y, z)
        {
            y = ReduceSum<keepdims = 0>(x)
            z = ReduceMax(x)
        }
        """,
        {"x": X},
    ),
    Idiom(
        "reduce_noop",
        """
        (float[2, 3, 4] x) => (y)
        {
            a = Constant<value = int64[0] {}>()
            y = ReduceSum<noop_with_empty_axes = 1>(x, a)
        }
        """,
        {"x": X},
    ),
    Idiom(
        "an_input_is_an_output",
        """
        (float[3] x) => (x, y)
        {
            y = Neg(x)
        }
        """,
        {"x": floats(3)},
    ),
    Idiom(
        "a_constant_is_an_output",
        """
        (float[3] x) => (y, c)
        <float[2] c = {1.0, 2.0}>
        {
            y = Neg(x)
        }
        """,
        {"x": floats(3)},
    ),
    Idiom(
        "one_operand_of_many",
        """
        (float[3] x) => (y)
        {
            a = Sum(x)
            b = Concat<axis = 0>(a)
            y = Max(b)
        }
        """,
        {"x": floats(3)},
    ),
    Idiom(
        "many_operands_broadcast",
        """
        (float[3, 1] a, float[4] b, float[1, 1] c) => (y, z)
        {
            y = Mean(a, b, c)
            z = Min(a, b, c)
        }
        """,
        {"a": floats(3, 1), "b": floats(4), "c": floats(1, 1)},
    ),
    Idiom(
        "where_of_three_shapes",
        """
        (bool[3, 1] c, float[4] a, float[2, 1, 1] b) => (y)
        {
            y = Where(c, a, b)
        }
        """,
        {"c": np.array([[True], [False], [True]]), "a": floats(4), "b": floats(2, 1, 1)},
    ),
    Idiom(
        "integers_divide_towards_zero",
        """
        (int64[4] a, int64[4] b) => (y)
        {
            y = Div(a, b)
        }
        """,
        {"a": integers(-7, 7, -7, 7), "b": integers(2, -2, -2, 2)},
    ),
    Idiom(
        "a_float_to_the_power_of_an_integer",
        """
        (float[3] x, int64[3] e) => (y)
        {
            y = Pow(x, e)
        }
        """,
        {"x": floats(3), "e": integers(2, 3, 0)},
    ),
    Idiom(
        "clip_with_the_bounds_swapped",
        """
        (float[4] x) => (y)
        <float a = {1.0}, float b = {-1.0}>
        {
            y = Clip(x, a, b)
        }
        """,
        {"x": floats(4)},
    ),
    Idiom(
        "strings_are_equal",
        """
        (string[3] a) => (y)
        {
            b = Constant<value_strings = ["cat", "dog", "ox"]>()
            e = Equal(a, b)
            y = Cast<to = 1>(e)
        }
        """,
        {"a": np.array(["cat", "cow", "ox"], object)},
        opset=19,
        ir_version=9,
        native=False,
    ),
]
