"""Cases of contractions, pools, norms and softmax."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .tfl_case import Case, Options, const, integers, normal, out, q, single
from .tfl_models import Call, Graph, Value


def layers() -> Iterator[Case]:
    """Contractions, pools, norms, softmax."""
    how: Options
    given: Options
    one: Options
    volume: Options
    lrn: Options
    for at, (padding, stride, dilation, activation) in enumerate(
        [
            ("SAME", 1, 1, "NONE"),
            ("VALID", 2, 1, "RELU"),
            ("SAME", 2, 1, "RELU6"),
            ("SAME", 1, 2, "RELU_N1_TO_1"),
            ("VALID", 1, 2, "NONE"),
        ]
    ):
        how = {
            "padding": padding,
            "stride_h": stride,
            "stride_w": stride,
            "fused_activation_function": activation,
            "dilation_h_factor": dilation,
            "dilation_w_factor": dilation,
        }
        x, w = normal(2, 7, 6, 3), const(normal(4, 3, 3, 3))
        yield Case(
            f"CONV_2D {at}",
            single(
                "CONV_2D", {"input": x, "filter": w, "bias": const(normal(4))}, version=2, **how
            ),
        )
        d = const(normal(1, 3, 3, 6))
        given = {"input": normal(1, 7, 6, 3), "filter": d, "bias": const(normal(6))}
        yield Case(
            f"DEPTHWISE_CONV_2D {at}",
            single("DEPTHWISE_CONV_2D", given, version=2, depth_multiplier=2, **how),
        )
        for kind, zero in (("int8", 5), ("uint8", 131)):
            low, high = (-128, 127) if kind == "int8" else (0, 255)
            scales = [0.01, 0.02, 0.005, 0.013] if kind == "int8" else 0.01
            wz = 0 if kind == "int8" else 120
            weights = const(
                integers(-127, 127, 4, 3, 3, 3)
                if kind == "int8"
                else integers(0, 255, 4, 3, 3, 3, dtype="uint8"),
                scale=scales,
                zero=wz,
            )
            bias_scale = (np.float32(0.05) * np.asarray(scales, np.float32)).tolist()
            bias = const(integers(-900, 900, 4, dtype="int32"), scale=bias_scale)
            given = {
                "input": q(integers(low, high, 2, 7, 6, 3, dtype=kind), 0.05, zero),
                "filter": weights,
                "bias": bias,
            }
            yield Case(
                f"CONV_2D {kind} {at}",
                single("CONV_2D", given, [out(kind, 0.31, zero - 9)], version=3, **how),
            )
            dw = const(
                integers(-127, 127, 1, 3, 3, 4)
                if kind == "int8"
                else integers(0, 255, 1, 3, 3, 4, dtype="uint8"),
                scale=scales,
                zero=wz,
                axis=3,
            )
            given = {
                "input": q(integers(low, high, 1, 7, 6, 4, dtype=kind), 0.05, zero),
                "filter": dw,
                "bias": bias,
            }
            yield Case(
                f"DEPTHWISE_CONV_2D {kind} {at}",
                single(
                    "DEPTHWISE_CONV_2D",
                    given,
                    [out(kind, 0.2, zero - 9)],
                    version=3,
                    depth_multiplier=1,
                    **how,
                ),
            )
    one = {"padding": "VALID", "stride_h": 1, "stride_w": 1}
    yield Case(
        "CONV_2D groups",
        single(
            "CONV_2D",
            {
                "input": normal(1, 5, 5, 6),
                "filter": const(normal(4, 3, 3, 3)),
                "bias": const(normal(4)),
            },
            **one,
        ),
    )
    short = {
        "input": q(integers(-20000, 20000, 1, 5, 5, 3, dtype="int16"), 0.0005),
        "filter": const(integers(-127, 127, 4, 3, 3, 3), scale=[0.01, 0.02, 0.005, 0.013]),
        "bias": const(
            integers(-90000, 90000, 4, dtype="int64"),
            scale=(
                np.float32(0.0005) * np.asarray([0.01, 0.02, 0.005, 0.013], np.float32)
            ).tolist(),
        ),
    }
    yield Case("CONV_2D int16", single("CONV_2D", short, [out("int16", 0.001)], version=4, **one))
    for at, (padding, stride, size, shape) in enumerate(
        [
            ("SAME", 2, 3, (1, 8, 6, 4)),
            ("VALID", 2, 3, (1, 9, 7, 4)),
            ("SAME", 2, 2, (1, 8, 6, 4)),
            ("VALID", 1, 3, (1, 6, 5, 4)),
            ("SAME", 3, 2, (1, 12, 9, 4)),
        ]
    ):
        how = {"padding": padding, "stride_h": stride, "stride_w": stride}
        given = {
            "output_shape": const(shape, "int32"),
            "filter": const(normal(4, size, size, 3)),
            "input": normal(1, 4, 3, 3),
        }
        if padding == "VALID" and stride == 1:
            given["output_shape"] = const((1, 6, 5, 4), "int32")
        yield Case(f"TRANSPOSE_CONV {at}", single("TRANSPOSE_CONV", given, **how))
        given = {**given, "bias": const(normal(4))}
        yield Case(f"TRANSPOSE_CONV bias {at}", single("TRANSPOSE_CONV", given, version=3, **how))
        given = {
            "output_shape": given["output_shape"],
            "filter": const(
                integers(-127, 127, 4, size, size, 3), scale=[0.01, 0.02, 0.005, 0.013]
            ),
            "input": q(integers(-128, 127, 1, 4, 3, 3), 0.05, 5),
            "bias": const(
                integers(-900, 900, 4, dtype="int32"),
                scale=(
                    np.float32(0.05) * np.asarray([0.01, 0.02, 0.005, 0.013], np.float32)
                ).tolist(),
            ),
        }
        yield Case(
            f"TRANSPOSE_CONV int8 {at}",
            single("TRANSPOSE_CONV", given, [out("int8", 0.2, -4)], version=3, **how),
        )
    volume = {"padding": "SAME", "stride_d": 1, "stride_h": 2, "stride_w": 1}
    yield Case(
        "CONV_3D",
        single(
            "CONV_3D",
            {
                "input": normal(1, 4, 5, 4, 2),
                "filter": const(normal(2, 3, 2, 2, 3)),
                "bias": const(normal(3)),
            },
            **volume,
        ),
    )
    volume = {"padding": "SAME", "stride_d": 2, "stride_h": 1, "stride_w": 2}
    yield Case(
        "CONV_3D_TRANSPOSE",
        single(
            "CONV_3D_TRANSPOSE",
            {
                "output_shape": const((1, 4, 3, 6, 2), "int32"),
                "filter": const(normal(2, 2, 3, 2, 3)),
                "input": normal(1, 2, 3, 3, 3),
            },
            **volume,
        ),
    )
    yield from _dense()
    yield from _pools()
    for beta in (1.0, 0.5):
        yield Case(
            f"SOFTMAX {beta}", single("SOFTMAX", {"input": normal(2, 3, 9, scale=3)}, beta=beta)
        )
    for kind, zero, low, high in (("int8", -128, -128, 127), ("uint8", 0, 0, 255)):
        x = q(integers(low, high, 12, 10, dtype=kind), 0.05, low + 133)
        yield Case(
            f"SOFTMAX {kind}",
            single("SOFTMAX", {"input": x}, [out(kind, 1 / 256, zero)], beta=1.0, version=2),
        )
    yield Case("LOG_SOFTMAX", single("LOG_SOFTMAX", {"input": normal(4, 9, scale=3)}))
    yield Case("L2_NORMALIZATION", single("L2_NORMALIZATION", {"input": normal(2, 3, 3, 5)}))
    lrn = {"radius": 2, "bias": 1.0, "alpha": 0.3, "beta": 0.75}
    yield Case(
        "LOCAL_RESPONSE_NORMALIZATION",
        single("LOCAL_RESPONSE_NORMALIZATION", {"input": normal(1, 3, 3, 8)}, **lrn),
    )


def _dense() -> Iterator[Case]:
    given: Options
    for keep in (False, True):
        given = {
            "input": normal(2, 3, 5),
            "filter": const(normal(4, 5)),
            "bias": const(normal(4)),
        }
        yield Case(
            f"FULLY_CONNECTED {keep}",
            single(
                "FULLY_CONNECTED",
                given,
                keep_num_dims=keep,
                fused_activation_function="RELU",
                version=5,
            ),
        )
    yield Case(
        "FULLY_CONNECTED no bias",
        single(
            "FULLY_CONNECTED", {"input": normal(3, 5), "filter": const(normal(4, 5)), "bias": None}
        ),
    )
    for kind, zero in (("int8", 5), ("uint8", 131)):
        low, high = (-128, 127) if kind == "int8" else (0, 255)
        wz = 0 if kind == "int8" else 120
        for activation in ("NONE", "RELU"):
            given = {
                "input": q(integers(low, high, 5, 20, dtype=kind), 0.05, zero),
                "filter": const(
                    integers(low + (kind == "int8"), high, 7, 20, dtype=kind), scale=0.01, zero=wz
                ),
                "bias": const(
                    integers(-900, 900, 7, dtype="int32"),
                    scale=float(np.float32(0.05) * np.float32(0.01)),
                ),
            }
            yield Case(
                f"FULLY_CONNECTED {kind} {activation}",
                single(
                    "FULLY_CONNECTED",
                    given,
                    [out(kind, 0.2, zero)],
                    fused_activation_function=activation,
                    version=4,
                ),
            )
    short = {
        "input": q(integers(-20000, 20000, 3, 20, dtype="int16"), 0.0005),
        "filter": const(integers(-127, 127, 7, 20), scale=0.01),
        "bias": const(
            integers(-90000, 90000, 7, dtype="int64"),
            scale=float(np.float32(0.0005) * np.float32(0.01)),
        ),
    }
    yield Case(
        "FULLY_CONNECTED int16", single("FULLY_CONNECTED", short, [out("int16", 0.001)], version=4)
    )
    for adj_x, adj_y in ((False, False), (True, False), (False, True)):
        x = normal(2, 5, 3) if adj_x else normal(2, 3, 5)
        y = normal(2, 4, 5) if adj_y else normal(2, 5, 4)
        yield Case(
            f"BATCH_MATMUL {adj_x} {adj_y}",
            single("BATCH_MATMUL", {"x": x, "y": y}, adj_x=adj_x, adj_y=adj_y),
        )
    yield Case(
        "BATCH_MATMUL broadcast",
        single("BATCH_MATMUL", {"x": normal(2, 3, 2, 5), "y": normal(3, 5, 4)}),
    )
    given = {
        "x": q(integers(-128, 127, 2, 3, 8), 0.05, 3),
        "y": q(integers(-127, 127, 2, 8, 4), 0.03, 0),
    }
    yield Case(
        "BATCH_MATMUL int8", single("BATCH_MATMUL", given, [out("int8", 0.3, -5)], version=2)
    )


def _pools() -> Iterator[Case]:
    how: Options
    for name in ("MAX_POOL_2D", "AVERAGE_POOL_2D", "L2_POOL_2D"):
        for at, (padding, size, stride) in enumerate(
            [("SAME", 3, 2), ("VALID", 2, 2), ("SAME", 2, 1)]
        ):
            how = {
                "padding": padding,
                "filter_height": size,
                "filter_width": size,
                "stride_h": stride,
                "stride_w": stride,
            }
            yield Case(f"{name} {at}", single(name, {"input": normal(1, 7, 6, 3)}, **how))
            if name != "L2_POOL_2D":
                for kind, low, high in (("int8", -128, 127), ("uint8", 0, 255)):
                    x = q(integers(low, high, 1, 7, 6, 3, dtype=kind), 0.05, low + 131)
                    yield Case(
                        f"{name} {kind} {at}",
                        single(
                            name,
                            {"input": x},
                            [out(kind, 0.05, low + 131)],
                            fused_activation_function="RELU" if at == 1 else "NONE",
                            version=2,
                            **how,
                        ),
                    )


def spectra() -> Iterator[Case]:
    """Complex numbers, between a transform and what makes real ones of them."""
    for name in ("COMPLEX_ABS", "REAL", "IMAG"):
        values = {
            "x": Value(normal(2, 4, 8)),
            "sizes": const([4, 8], "int32"),
            "spectrum": Value(dtype="complex64", shape=(2, 4, 5)),
            "output": Value(),
        }
        calls = [
            Call("RFFT2D", ["x", "sizes"], ["spectrum"]),
            Call(name, ["spectrum"], ["output"]),
        ]
        yield Case(f"RFFT2D {name}", [Graph(values, calls, ["x"], ["output"])])


def hybrid() -> Iterator[Case]:
    """Bytes as weights of float operators."""
    how: Options
    weights = const(integers(-127, 127, 7, 20), scale=0.01)
    yield Case(
        "FULLY_CONNECTED hybrid",
        single(
            "FULLY_CONNECTED",
            {"input": normal(3, 20), "filter": weights, "bias": const(normal(7))},
            version=3,
        ),
    )
    filters = const(integers(-127, 127, 4, 3, 3, 3), scale=[0.01, 0.02, 0.005, 0.013])
    how = {"padding": "SAME", "stride_h": 1, "stride_w": 1}
    yield Case(
        "CONV_2D hybrid",
        single(
            "CONV_2D",
            {"input": normal(1, 5, 5, 3), "filter": filters, "bias": const(normal(4))},
            version=5,
            **how,
        ),
    )
