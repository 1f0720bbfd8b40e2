"""Small models whose sizes are decided by the call, by the data, or by both."""

from __future__ import annotations

import onnx

_HEADER = '<ir_version: 10, opset_import: ["" : 21]> g '


def data_sizes() -> onnx.ModelProto:
    """
    Positions, chosen rows, as many rows as a number says, and rows that a loop gathers.

    The program leaves sizes in its table, and one of its results gets memory in the middle of it.
    """
    return onnx.parser.parse_model(
        _HEADER
        + """(float[N, 4] x, bool[N] c, int64 k)
            => (int64[2, K] p, float[J, 4] y, float[M] v, float[R, 4] z, float[Q, 4] w)
        <float half = {0.5}, int64 zero = {0}, int64 one = {1}, int64 few = {3}, bool on = {1}>
        {
            above = Greater(x, half)
            p = NonZero(above)
            rows = Compress<axis = 0>(x, c)
            y = Softmax(rows)
            places = Transpose<perm = [1, 0]>(p)
            v = GatherND(x, places)
            first = Range(zero, k, one)
            taken = Gather(x, first)
            z = Relu(taken)
            w = Loop(few, on, x) <body = grow (int64 i, bool go, float[P, 4] kept)
                => (bool more, float[T, 4] longer) {
                more = Identity(go)
                new = Neg(x)
                longer = Concat<axis = 0>(kept, new)
            }>
        }"""
    )


def related_sizes() -> onnx.ModelProto:
    """Rows of two inputs that must be as many, or one, columns of any number, and a product."""
    return onnx.parser.parse_model(
        _HEADER
        + """(float[N, S] x, float[M, S] y, float[S, 5] w) => (float[N, 5] z, float[N] r)
        <int64[1] last = {1}>
        {
            sums = Add(x, y)
            soft = Softmax(sums)
            z = MatMul(soft, w)
            r = ReduceMax<keepdims = 0>(sums, last)
        }"""
    )
