"""Layers, types of numbers, quantisation."""

from __future__ import annotations

import numpy as np

from stepwell.test.conversion.exported.idiom import Idiom, floats, integers

X = floats(2, 3, 4)
IMAGE = floats(1, 3, 6, 5)

IDIOMS = [
    Idiom(
        "layer_norm_by_hand",
        """
        (float[2, 3, 8] x, float[8] g, float[8] b) => (y)
        <float two = {2.0}, float eps = {1e-5}>
        {
            m = ReduceMean<axes = [-1]>(x)
            c = Sub(x, m)
            s = Pow(c, two)
            v = ReduceMean<axes = [-1]>(s)
            w = Add(v, eps)
            d = Sqrt(w)
            n = Div(c, d)
            k = Mul(n, g)
            y = Add(k, b)
        }
        """,
        {"x": floats(2, 3, 8), "g": floats(8), "b": floats(8) + 1},
    ),
    Idiom(
        "gelu_by_hand",
        """
        (float[2, 8] x) => (y)
        <float r = {1.4142135}, float one = {1.0}, float half = {0.5}>
        {
            a = Div(x, r)
            e = Erf(a)
            p = Add(e, one)
            m = Mul(x, p)
            y = Mul(m, half)
        }
        """,
        {"x": floats(2, 8)},
    ),
    Idiom(
        "dropout_with_a_mask",
        """
        (float[2, 3] x) => (y, m)
        {
            y, m = Dropout(x)
        }
        """,
        {"x": floats(2, 3)},
    ),
    Idiom(
        "dropout_in_training_of_nothing",
        """
        (float[2, 3] x) => (y)
        <float r = {0.0}, bool t = {1}>
        {
            y = Dropout(x, r, t)
        }
        """,
        {"x": floats(2, 3)},
    ),
    Idiom(
        "batch_norm_in_training",
        """
        (float[2, 3, 4] x, float[3] s, float[3] b, float[3] m, float[3] v) => (y, rm, rv)
        {
            y, rm, rv = BatchNormalization<training_mode = 1, momentum = 0.8>(x, s, b, m, v)
        }
        """,
        {"x": X, "s": floats(3), "b": floats(3), "m": floats(3), "v": np.abs(floats(3))},
        opset=15,
    ),
    Idiom(
        "batch_norm_7",
        """
        (float[2, 3, 4] x, float[3] s, float[3] b, float[3] m, float[3] v) => (y)
        {
            y = BatchNormalization<epsilon = 0.01>(x, s, b, m, v)
        }
        """,
        {"x": X, "s": floats(3), "b": floats(3), "m": floats(3), "v": np.abs(floats(3))},
        opset=7,
    ),
    Idiom(
        "softmax_11",
        """
        (float[2, 3, 4] x) => (y)
        {
            y = Softmax<axis = 1>(x)
        }
        """,
        {"x": X},
        opset=11,
    ),
    Idiom(
        "prelu_per_channel",
        """
        (float[1, 3, 6, 5] x, float[3, 1, 1] s) => (y)
        {
            y = PRelu(x, s)
        }
        """,
        {"x": IMAGE, "s": floats(3, 1, 1)},
    ),
    Idiom(
        "gemm_without_a_bias",
        """
        (float[4, 3] a, float[4, 5] b) => (y)
        {
            y = Gemm<transA = 1, alpha = 0.5>(a, b)
        }
        """,
        {"a": floats(4, 3), "b": floats(4, 5)},
    ),
    Idiom(
        "matmul_of_vectors",
        """
        (float[4] a, float[2, 4, 3] b) => (y)
        {
            y = MatMul(a, b)
        }
        """,
        {"a": floats(4), "b": floats(2, 4, 3)},
    ),
    Idiom(
        "einsum_of_attention",
        """
        (float[2, 3, 2, 4] q, float[2, 5, 2, 4] k) => (y)
        {
            y = Einsum<equation = "bqhd,bkhd->bhqk">(q, k)
        }
        """,
        {"q": floats(2, 3, 2, 4), "k": floats(2, 5, 2, 4)},
    ),
    Idiom(
        "einsum_ellipsis_and_diagonal",
        """
        (float[2, 3, 3] x, float[3, 4] w) => (y, z)
        {
            y = Einsum<equation = "...ij,jk">(x, w)
            z = Einsum<equation = "bii->b">(x)
        }
        """,
        {"x": floats(2, 3, 3), "w": floats(3, 4)},
    ),
    Idiom(
        "lstm_without_lengths",
        """
        (float[5, 1, 3] x, float[1, 16, 3] w, float[1, 16, 4] r, float[1, 32] b) => (y, h)
        {
            y, h = LSTM<hidden_size = 4>(x, w, r, b)
        }
        """,
        {"x": floats(5, 1, 3), "w": floats(1, 16, 3), "r": floats(1, 16, 4), "b": floats(1, 32)},
    ),
    Idiom(
        "gru_after_the_reset",
        """
        (float[5, 2, 3] x, float[1, 12, 3] w, float[1, 12, 4] r) => (y)
        {
            y, h = GRU<hidden_size = 4, linear_before_reset = 1, direction = "reverse">(x, w, r)
        }
        """,
        {"x": floats(5, 2, 3), "w": floats(1, 12, 3), "r": floats(1, 12, 4)},
    ),
    Idiom(
        "the_spectrum_of_a_frame",
        """
        (float[1, 16, 1] x) => (y)
        <int64 axis = {1}>
        {
            a = Constant<value_ints = [-1]>()
            f = DFT<onesided = 1, axis = 1>(x)
            q = Mul(f, f)
            y = ReduceSum<keepdims = 0>(q, a)
        }
        """,
        {"x": floats(1, 16, 1)},
    ),
    Idiom(
        "a_spectrogram",
        """
        (float[1, 64] x) => (y)
        <int64 step = {16}, int64 n = {32}>
        {
            w = HannWindow(n)
            y = STFT<onesided = 1>(x, step, w, n)
        }
        """,
        {"x": floats(1, 64)},
    ),
    Idiom(
        "activations",
        """
        (float[2, 9] x) => (a, b, c, d, e, f, g)
        {
            a = HardSwish(x)
            b = ThresholdedRelu<alpha = 0.5>(x)
            c = Shrink<bias = 0.1, lambd = 0.3>(x)
            d = Celu<alpha = 2.0>(x)
            e = Elu<alpha = 0.5>(x)
            f = Selu(x)
            g = Softsign(x)
        }
        """,
        {"x": floats(2, 9)},
    ),
    Idiom(
        "masked_fill",
        """
        (float[2, 3] x, bool[2, 3] m) => (y)
        <float low = {-3.4028235e38}>
        {
            n = Not(m)
            y0 = Where(m, low, x)
            y = Softmax<axis = -1>(y0)
        }
        """,
        {"x": floats(2, 3), "m": np.array([[True, False, False], [False, False, True]])},
    ),
    Idiom(
        "quantize_and_back",
        """
        (float[2, 8] x) => (y)
        <float s = {0.05}, uint8 z = {128}>
        {
            q = QuantizeLinear(x, s, z)
            y = DequantizeLinear(q, s, z)
        }
        """,
        {"x": floats(2, 8)},
        opset=13,
    ),
    Idiom(
        "dynamic_quantization",
        """
        (float[2, 8] x, int8[8, 4] w) => (y)
        <float k = {0.02}>
        {
            q, s, z = DynamicQuantizeLinear(x)
            i = MatMulInteger(q, w, z)
            f = Cast<to = 1>(i)
            c = Mul(s, k)
            y = Mul(f, c)
        }
        """,
        {"x": floats(2, 8), "w": (floats(8, 4) * 20).astype(np.int8)},
    ),
    Idiom(
        "quantized_convolution",
        """
        (uint8[1, 2, 5, 5] x, uint8[3, 2, 3, 3] w, int32[3] b) => (y)
        <float s = {0.05}, uint8 z = {120}, uint8 wz = {128}, float r = {0.3}>
        {
            y = QLinearConv<pads = [1, 1, 1, 1]>(x, s, z, w, s, wz, r, z, b)
        }
        """,
        {
            "x": (floats(1, 2, 5, 5) * 30 + 120).astype(np.uint8),
            "w": (floats(3, 2, 3, 3) * 30 + 128).astype(np.uint8),
            "b": integers(10, -20, 5, dtype=np.int32),
        },
    ),
    Idiom(
        "half_precision_in_the_middle",
        """
        (float[2, 8] x, float16[8, 4] w) => (y)
        {
            h = Cast<to = 10>(x)
            m = MatMul(h, w)
            s = Softmax(m)
            y = Cast<to = 1>(s)
        }
        """,
        {"x": floats(2, 8), "w": floats(8, 4, dtype=np.float16)},
        tolerance=1e-3,
    ),
    Idiom(
        "double_precision",
        """
        (double[2, 8] x, double[8, 4] w) => (y)
        {
            m = MatMul(x, w)
            t = Tanh(m)
            y = ReduceMean<axes = [1]>(t)
        }
        """,
        {"x": floats(2, 8, dtype=np.float64), "w": floats(8, 4, dtype=np.float64)},
    ),
    Idiom(
        "cast_chain",
        """
        (float[6] x) => (y)
        {
            a = Cast<to = 7>(x)
            b = Cast<to = 9>(a)
            c = Cast<to = 2>(b)
            d = Cast<to = 11>(c)
            e = Cast<to = 10>(d)
            y = Cast<to = 1>(e)
        }
        """,
        {"x": np.array([-1.5, -0.5, 0, 0.5, 1.5, 300], np.float32)},
    ),
]
