"""Branches, loops, sequences, optional values."""

from __future__ import annotations

import numpy as np

from stepwell.test.conversion.exported.idiom import Idiom, floats

IDIOMS = [
    Idiom(
        "loop_of_a_known_count",
        """
        (float[3] x) => (y, all)
        <int64 n = {4}, bool on = {1}>
        {
            y, all = Loop(n, on, x) <
                body = b (int64 i, bool c, float[3] s) => (bool d, float[3] t, float[3] o) {
                    d = Identity(c)
                    f = Cast<to = 1>(i)
                    t = Add(s, f)
                    o = Mul(t, t)
                }
            >
        }
        """,
        {"x": floats(3)},
    ),
    Idiom(
        "loop_over_a_sequence",
        """
        (float[4, 3] x) => (y)
        <int64 n = {4}, bool on = {1}, int64 zero = {0}>
        {
            e = SequenceEmpty<dtype = 1>()
            q = Loop(n, on, e) <
                body = b (int64 i, bool c, seq(float[3]) s) => (bool d, seq(float[3]) t) {
                    d = Identity(c)
                    r = Gather(x, i)
                    k = Neg(r)
                    t = SequenceInsert(s, k)
                }
            >
            y = ConcatFromSequence<axis = 0, new_axis = 1>(q)
        }
        """,
        {"x": floats(4, 3)},
        native=False,
    ),
    Idiom(
        "split_to_a_sequence",
        """
        (float[4, 3] x) => (y)
        <int64 at = {-2}>
        {
            q = SplitToSequence<axis = 0, keepdims = 0>(x)
            e = SequenceAt(q, at)
            y = Exp(e)
        }
        """,
        {"x": floats(4, 3)},
    ),
    Idiom(
        "split_into_parts_of_a_length",
        """
        (float[2, 7] x) => (a, b, y)
        <int64 length = {3}, int64 first = {0}, int64 last = {-1}>
        {
            q = SplitToSequence<axis = 1>(x, length)
            a = SequenceAt(q, first)
            b = SequenceAt(q, last)
            y = ConcatFromSequence<axis = -1>(q)
        }
        """,
        {"x": floats(2, 7)},
    ),
    Idiom(
        "split_into_parts_of_given_lengths",
        """
        (float[5, 2] x) => (a, y)
        <int64[3] lengths = {1, 3, 1}, int64 at = {1}>
        {
            q = SplitToSequence(x, lengths)
            a = SequenceAt(q, at)
            r = SequenceErase(q, at)
            y = ConcatFromSequence<axis = 0>(r)
        }
        """,
        {"x": floats(5, 2)},
    ),
    Idiom(
        "a_list_that_grows_and_shrinks",
        """
        (float[3] a, float[3] b, float[2] c) => (y, n, s)
        <int64 front = {0}, int64 back = {-1}>
        {
            e = SequenceEmpty<dtype = 1>()
            q = SequenceInsert(e, a)
            r = SequenceInsert(q, b, front)
            t = SequenceInsert(r, c)
            s = Identity(t)
            u = SequenceErase(s, back)
            y = ConcatFromSequence<axis = 0>(u)
            n = SequenceLength(t)
        }
        """,
        {"a": floats(3), "b": floats(3) + 1, "c": floats(2)},
        native=False,
    ),
    Idiom(
        "an_optional_list",
        """
        (float[3] a, float[3] b) => (y)
        <int64 at = {1}>
        {
            q = SequenceConstruct(a, b)
            o = Optional(q)
            r = OptionalGetElement(o)
            f = SequenceAt(r, at)
            y = Neg(f)
        }
        """,
        {"a": floats(3), "b": floats(3) + 1},
        opset=18,
    ),
    Idiom(
        "scan_of_sums",
        """
        (float[3] s, float[4, 3] x) => (l, a)
        {
            l, a = Scan<
                num_scan_inputs = 1,
                body = b (float[3] c, float[3] e) => (float[3] d, float[3] o) {
                    d = Add(c, e)
                    o = Identity(d)
                }
            >(s, x)
        }
        """,
        {"s": floats(3), "x": floats(4, 3)},
    ),
    Idiom(
        "a_list_is_stacked",
        """
        (float[3] a, float[3] b) => (y, n)
        {
            q = SequenceConstruct(a, b)
            y = ConcatFromSequence<axis = 1, new_axis = 1>(q)
            n = SequenceLength(q)
        }
        """,
        {"a": floats(3), "b": floats(3) + 1},
    ),
    Idiom(
        "an_optional_that_is_there",
        """
        (float[3] x) => (y, h)
        {
            o = Optional(x)
            h = OptionalHasElement(o)
            e = OptionalGetElement(o)
            y = Neg(e)
        }
        """,
        {"x": floats(3)},
        opset=18,
    ),
    Idiom(
        "a_branch_that_the_shape_decides",
        """
        (float[b, 3] x) => (y)
        <int64 one = {1}>
        {
            zero = Constant<value_int = 0>()
            a = Constant<value_ints = [0]>()
            s = Shape(x)
            n = Gather(s, zero)
            c = Equal(n, one)
            y = If(c) <
                then_branch = t () => (p) { p = Squeeze(x, a) },
                else_branch = e () => (q) { q = ReduceSum<keepdims = 0>(x, a) }
            >
        }
        """,
        {"x": floats(1, 3)},
    ),
    Idiom(
        "a_loop_that_ends_by_its_condition",
        """
        (float[3] x) => (y, all)
        <int64 n = {10}, bool on = {1}, int64 last = {2}>
        {
            y, all = Loop(n, on, x) <
                body = b (int64 i, bool c, float[3] s) => (bool d, float[3] t, float[3] o) {
                    d = Less(i, last)
                    t = Mul(s, s)
                    o = Identity(s)
                }
            >
        }
        """,
        {"x": floats(3)},
    ),
    Idiom(
        "a_loop_whose_count_is_data",
        """
        (float[3] x, int64 n) => (y)
        <bool on = {1}>
        {
            y = Loop(n, on, x) <body = b (int64 i, bool c, float[3] s) => (bool d, float[3] t) {
                d = Identity(c) z = Neg(s) t = Exp(z) }>
        }
        """,
        {"x": floats(3), "n": np.array(3)},
    ),
    Idiom(
        "a_branch_in_a_loop",
        """
        (float[3] x) => (y)
        <int64 n = {4}, bool on = {1}, int64 two = {2}>
        {
            y = Loop(n, on, x) <
                body = b (int64 i, bool c, float[3] s) => (bool d, float[3] t) {
                    d = Identity(c)
                    z = Less(i, two)
                    t = If(z) <
                        then_branch = p () => (float[3] u) { u = Exp(s) },
                        else_branch = q () => (float[3] v) { v = Neg(s) }
                    >
                }
            >
        }
        """,
        {"x": np.array([0.1, 0.2, 0.3], np.float32)},
    ),
    Idiom(
        "branches_with_the_same_inner_names",
        """
        (float[n] x) => (y)
        <bool k = {1}, bool j = {0}>
        {
            a = If(k) <
                then_branch = p () => (u) { w = Exp(x) u = Identity(w) },
                else_branch = q () => (v) { w = Abs(x) v = Identity(w) }
            >
            y = If(j) <
                then_branch = p () => (u) { w = Exp(a) u = Identity(w) },
                else_branch = q () => (v) { w = Neg(a) v = Identity(w) }
            >
        }
        """,
        {"x": floats(3)},
    ),
    Idiom(
        "branches_of_different_ranks",
        """
        (float[a, b] x, bool k) => (y)
        <int64[1] t = {-1}>
        {
            z = If(k) <
                then_branch = p () => (u) { u = Reshape(x, t) },
                else_branch = q () => (v) { v = Neg(x) }
            >
            r = Reshape(z, t)
            y = Exp(r)
        }
        """,
        {"x": floats(2, 3), "k": np.array(False)},
        native=False,
    ),
    Idiom(
        "branches_with_two_outputs",
        """
        (float[n] x, bool k) => (y, z)
        {
            y, z = If(k) <
                then_branch = p () => (u, w) { u = Exp(x) w = Shape(x) },
                else_branch = q () => (v, r) { v = Neg(x) r = Shape(x) }
            >
        }
        """,
        {"x": floats(3), "k": np.array(False)},
    ),
    Idiom(
        "branches_of_lists",
        """
        (float[3] x, bool k) => (y)
        <int64 at = {0}>
        {
            q = If(k) <
                then_branch = p () => (seq(float[3]) u) { u = SequenceConstruct(x, x) },
                else_branch = o () => (seq(float[3]) v) { v = SequenceConstruct(x) }
            >
            y = SequenceAt(q, at)
        }
        """,
        {"x": floats(3), "k": np.array(True)},
        native=False,
    ),
    Idiom(
        "a_branch_by_what_an_optional_holds",
        """
        (float[a, b] x) => (y)
        {
            o = Optional(x)
            h = OptionalHasElement(o)
            y = If(h) <
                then_branch = p () => (u) { e = OptionalGetElement(o) u = Neg(e) },
                else_branch = q () => (v) { v = Exp(x) }
            >
        }
        """,
        {"x": floats(2, 3)},
        opset=18,
    ),
]
