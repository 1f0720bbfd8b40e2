"""Images: padding, resizing, convolutions, pools."""

from __future__ import annotations

import numpy as np

from stepwell.test.conversion.exported.idiom import Idiom, floats

IMAGE = floats(1, 3, 6, 5)

IDIOMS = [
    Idiom(
        "pad_2",
        """
        (float[1, 3, 6, 5] x) => (y)
        {
            y = Pad<mode = "reflect", pads = [0, 0, 1, 2, 0, 0, 3, 1]>(x)
        }
        """,
        {"x": IMAGE},
        opset=9,
    ),
    Idiom(
        "pad_negative",
        """
        (float[1, 3, 6, 5] x) => (y)
        <int64[8] p = {0, 0, -1, 2, 0, 0, 3, -1}, float v = {1.5}>
        {
            y = Pad(x, p, v)
        }
        """,
        {"x": IMAGE},
    ),
    Idiom(
        "pad_wrap",
        """
        (float[1, 3, 6, 5] x) => (y)
        <int64[4] p = {1, 2, 2, 1}, int64[2] a = {2, -1}>
        {
            y = Pad<mode = "wrap">(x, p, , a)
        }
        """,
        {"x": IMAGE},
        opset=19,
        ir_version=9,
    ),
    Idiom(
        "pad_some_axes",
        """
        (float[1, 3, 6, 5] x) => (y)
        <int64[4] p = {1, 0, 2, 1}, int64[2] a = {-1, 1}>
        {
            y = Pad<mode = "edge">(x, p, , a)
        }
        """,
        {"x": IMAGE},
        opset=18,
    ),
    Idiom(
        "upsample_7",
        """
        (float[1, 3, 6, 5] x) => (y)
        {
            y = Upsample<mode = "nearest", scales = [1.0, 1.0, 2.0, 2.0]>(x)
        }
        """,
        {"x": IMAGE},
        opset=7,
    ),
    Idiom(
        "upsample_9",
        """
        (float[1, 3, 6, 5] x) => (y)
        <float[4] s = {1.0, 1.0, 2.0, 3.0}>
        {
            y = Upsample<mode = "linear">(x, s)
        }
        """,
        {"x": IMAGE},
        opset=9,
    ),
    Idiom(
        "resize_to_a_size_of_another",
        """
        (float[1, 3, h, w] x, float[1, 3, p, q] like) => (y)
        <int64[2] channels = {1, 3}>
        {
            s = Shape<start = 2>(like)
            t = Concat<axis = 0>(channels, s)
            y = Resize<mode = "linear", coordinate_transformation_mode =
                "pytorch_half_pixel">(x, , , t)
        }
        """,
        {"x": IMAGE, "like": floats(1, 3, 9, 11)},
    ),
    Idiom(
        "resize_asymmetric_floor",
        """
        (float[1, 3, 6, 5] x) => (y)
        <float[4] s = {1.0, 1.0, 1.5, 2.0}>
        {
            r = Constant<value = float[0] {}>()
            y = Resize<mode = "nearest", nearest_mode = "floor", coordinate_transformation_mode
                = "asymmetric">(x, r, s)
        }
        """,
        {"x": IMAGE},
        opset=11,
    ),
    Idiom(
        "resize_cubic_aligned",
        """
        (float[1, 3, 6, 5] x) => (y)
        <int64[4] t = {1, 3, 9, 10}>
        {
            y = Resize<mode = "cubic", cubic_coeff_a = -0.5, coordinate_transformation_mode =
                "align_corners">(x, , , t)
        }
        """,
        {"x": IMAGE},
    ),
    Idiom(
        "resize_10",
        """
        (float[1, 3, 6, 5] x) => (y)
        <float[4] s = {1.0, 1.0, 2.0, 2.0}>
        {
            y = Resize<mode = "nearest">(x, s)
        }
        """,
        {"x": IMAGE},
        opset=10,
    ),
    Idiom(
        "resize_of_some_axes",
        """
        (float[1, 3, 6, 5] x) => (y)
        <float[2] s = {0.5, 2.0}>
        {
            y = Resize<mode = "linear", axes = [2, 3], antialias = 0>(x, , s)
        }
        """,
        {"x": IMAGE},
        opset=18,
    ),
    Idiom(
        "an_image_prepared",
        """
        (uint8[1, h, w, 3] x) => (y)
        <float k = {255.0}, float[3] m = {0.4, 0.5, 0.6}, int64[4] t = {1, 3, 8, 8}>
        {
            f = Cast<to = 1>(x)
            d = Div(f, k)
            c = Sub(d, m)
            p = Transpose<perm = [0, 3, 1, 2]>(c)
            y = Resize<mode = "linear">(p, , , t)
        }
        """,
        {"x": np.arange(5 * 6 * 3, dtype=np.uint8).reshape(1, 5, 6, 3)},
    ),
    Idiom(
        "scales_as_pytorch_1_0_wrote_them",
        """
        (float[1, 3, h, w] x) => (y)
        {
            s = Shape(x)
            a = Constant<value = int64 {2}>()
            b = Constant<value = int64 {3}>()
            h0 = Gather(s, a)
            w0 = Gather(s, b)
            k = Constant<value = float {2.0}>()
            h1 = Cast<to = 1>(h0)
            w1 = Cast<to = 1>(w0)
            h2 = Mul(h1, k)
            w2 = Mul(w1, k)
            h3 = Floor(h2)
            w3 = Floor(w2)
            h4 = Div(h3, h1)
            w4 = Div(w3, w1)
            h5 = Unsqueeze<axes = [0]>(h4)
            w5 = Unsqueeze<axes = [0]>(w4)
            o = Constant<value = float[2] {1.0, 1.0}>()
            t = Concat<axis = 0>(o, h5, w5)
            y = Upsample<mode = "nearest">(x, t)
        }
        """,
        {"x": IMAGE},
        opset=9,
    ),
    Idiom(
        "resize_keeps_the_aspect",
        """
        (float[1, 3, 6, 5] x) => (y)
        <int64[2] t = {9, 9}>
        {
            y = Resize<mode = "linear", axes = [2, 3], keep_aspect_ratio_policy =
                "not_larger">(x, , , t)
        }
        """,
        {"x": IMAGE},
        opset=18,
    ),
    Idiom(
        "resize_nearest_prefers_the_ceiling",
        """
        (float[1, 3, 6, 5] x) => (y)
        <float[4] s = {1.0, 1.0, 0.6, 1.7}>
        {
            y = Resize<mode = "nearest", nearest_mode = "round_prefer_ceil">(x, , s)
        }
        """,
        {"x": IMAGE},
        opset=13,
    ),
    Idiom(
        "tensorflow_crop_and_resize",
        """
        (float[1, 1, 6, 5] x) => (y)
        <float[8] r = {0, 0, 0.2, 0.1, 1, 1, 0.8, 0.9}, int64[4] t = {1, 1, 4, 4}>
        {
            y = Resize<mode = "linear", coordinate_transformation_mode =
                "tf_crop_and_resize">(x, r, , t)
        }
        """,
        {"x": floats(1, 1, 6, 5)},
        opset=13,
    ),
    Idiom(
        "conv_transpose_with_all",
        """
        (float[1, 4, 5, 5] x, float[4, 3, 3, 3] w, float[6] b) => (y)
        {
            y = ConvTranspose<group = 2, strides = [2, 2], dilations = [2, 1], output_padding =
                [1, 1], pads = [1, 0, 1, 2]>(x, w, b)
        }
        """,
        {"x": floats(1, 4, 5, 5), "w": floats(4, 3, 3, 3), "b": floats(6)},
    ),
    Idiom(
        "conv_transpose_same",
        """
        (float[1, 4, 5, 5] x, float[4, 3, 3, 3] w) => (y)
        {
            y = ConvTranspose<strides = [2, 2], auto_pad = "SAME_UPPER">(x, w)
        }
        """,
        {"x": floats(1, 4, 5, 5), "w": floats(4, 3, 3, 3)},
    ),
    Idiom(
        "conv_transpose_output_shape",
        """
        (float[1, 3, 6, 5] x, float[3, 2, 3, 3] w) => (y)
        {
            y = ConvTranspose<strides = [2, 2], output_shape = [12, 10]>(x, w)
        }
        """,
        {"x": IMAGE, "w": floats(3, 2, 3, 3)},
    ),
    Idiom(
        "conv_same_lower",
        """
        (float[1, 3, 6, 5] x, float[4, 3, 2, 2] w) => (y)
        {
            y = Conv<auto_pad = "SAME_LOWER", strides = [2, 2]>(x, w)
        }
        """,
        {"x": IMAGE, "w": floats(4, 3, 2, 2)},
    ),
    Idiom(
        "conv_of_one_dimension",
        """
        (float[2, 4, 9] x, float[8, 1, 3] w) => (y)
        {
            y = Conv<group = 4, pads = [2, 0], dilations = [2]>(x, w)
        }
        """,
        {"x": floats(2, 4, 9), "w": floats(8, 1, 3)},
    ),
    Idiom(
        "conv_of_three_dimensions",
        """
        (float[1, 2, 4, 5, 6] x, float[3, 2, 2, 3, 3] w) => (y)
        {
            y = Conv<strides = [1, 2, 2]>(x, w)
        }
        """,
        {"x": floats(1, 2, 4, 5, 6), "w": floats(3, 2, 2, 3, 3)},
    ),
    Idiom(
        "average_pool_ceil",
        """
        (float[1, 3, 6, 5] x) => (y)
        {
            y = AveragePool<kernel_shape = [3, 3], strides = [2, 2], ceil_mode = 1, pads = [1,
                1, 0, 0]>(x)
        }
        """,
        {"x": IMAGE},
    ),
    Idiom(
        "unpooled_where_the_maxima_were",
        """
        (float[1, 2, 4, 6] x) => (y)
        {
            m, i = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(x)
            y = MaxUnpool<kernel_shape = [2, 2], strides = [2, 2]>(m, i)
        }
        """,
        {"x": floats(1, 2, 4, 6)},
    ),
    Idiom(
        "grid_sample",
        """
        (float[1, 2, 4, 5] x, float[1, 3, 3, 2] g) => (y)
        {
            y = GridSample<mode = "bilinear", padding_mode = "border">(x, g)
        }
        """,
        {"x": floats(1, 2, 4, 5), "g": floats(1, 3, 3, 2)},
        opset=16,
    ),
    Idiom(
        "roi_align_10",
        """
        (float[1, 2, 8, 8] x, float[2, 4] r) => (y)
        <int64[2] b = {0, 0}>
        {
            y = RoiAlign<output_height = 2, output_width = 3, sampling_ratio = 2, spatial_scale
                = 0.5>(x, r, b)
        }
        """,
        {"x": floats(1, 2, 8, 8), "r": np.array([[0, 0, 9, 8], [2, 3, 12, 15]], np.float32)},
        opset=10,
    ),
    Idiom(
        "boxes_that_are_left",
        """
        (float[1, 6, 4] boxes, float[1, 2, 6] scores) => (picked)
        <int64 most = {2}, float cover = {0.5}, float least = {0.1}, int64 two = {2}>
        {
            a = Constant<value_ints = [0]>()
            n = NonMaxSuppression(boxes, scores, most, cover, least)
            i = Gather<axis = 1>(n, two)
            f = Squeeze(boxes, a)
            picked = Gather(f, i)
        }
        """,
        {
            "boxes": np.array(
                [
                    [
                        [0, 0, 4, 4],
                        [0, 1, 4, 5],
                        [9, 9, 12, 12],
                        [9, 9, 12, 13],
                        [0, 6, 2, 8],
                        [5, 0, 7, 2],
                    ]
                ],
                np.float32,
            ),
            "scores": np.abs(floats(1, 2, 6)),
        },
    ),
    Idiom(
        "lrn",
        """
        (float[1, 3, 6, 5] x) => (y)
        {
            y = LRN<size = 3>(x)
        }
        """,
        {"x": IMAGE},
    ),
]
