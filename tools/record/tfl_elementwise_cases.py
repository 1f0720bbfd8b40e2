"""Cases of functions of one operand, and changes of type."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .tfl_case import Case, Options, const, integers, normal, out, positive, q, single
from .tfl_models import Call, Graph, Value


def unary() -> Iterator[Case]:
    """Functions of each element, of floats and of bytes."""
    for name in (
        "ABS",
        "CEIL",
        "COS",
        "ELU",
        "EXP",
        "FLOOR",
        "HARD_SWISH",
        "LOGISTIC",
        "NEG",
        "RELU",
        "RELU6",
        "RELU_0_TO_1",
        "RELU_N1_TO_1",
        "ROUND",
        "SIGN",
        "SIN",
        "SQUARE",
        "TANH",
        "ZEROS_LIKE",
        "GELU",
    ):
        yield Case(name, single(name, {"input": normal(2, 3, 7, scale=3)}))
    for name in ("LOG", "RSQRT", "SQRT"):
        yield Case(name, single(name, {"input": positive(2, 3, 7)}))
    yield Case("GELU rough", single("GELU", {"input": normal(40, scale=2)}, approximate=True))
    yield Case("LEAKY_RELU", single("LEAKY_RELU", {"input": normal(2, 21)}, alpha=0.2))
    yield Case(
        "ABS int32", single("ABS", {"input": integers(-9, 9, 20, dtype="int32")}, [out("int32")])
    )
    yield Case(
        "NEG int32", single("NEG", {"input": integers(-9, 9, 20, dtype="int32")}, [out("int32")])
    )
    yield Case("LOGICAL_NOT", single("LOGICAL_NOT", {"input": normal(9) > 0}, [out("bool")]))
    alpha = const(normal(1, 1, 4))
    yield Case("PRELU", single("PRELU", {"input": normal(1, 3, 3, 4), "alpha": alpha}))
    every = np.arange(-128, 128).astype(np.int8)
    for name, scale, zero in (
        ("LOGISTIC", 1 / 256, -128),
        ("TANH", 1 / 128, 0),
        ("HARD_SWISH", 0.04, -10),
        ("RELU", 0.05, 3),
        ("RELU6", 0.05, 3),
        ("ABS", 0.05, -128),
        ("ELU", 0.04, -90),
        ("GELU", 0.03, -100),
        ("NEG", 0.05, 0),
        ("EXP", 0.5, -128),
    ):
        yield Case(
            f"{name} int8",
            single(
                name,
                {"input": q(every, 0.05, 3)},
                [out("int8", scale, zero)],
                version=1 if name in ("HARD_SWISH", "ELU", "NEG") else 2,
            ),
        )
    for name in ("LOG", "RSQRT", "SQRT"):
        yield Case(
            f"{name} int8",
            single(name, {"input": q(every, 0.02, -128)}, [out("int8", 0.03, -60)], version=2),
        )
    bytes_ = np.arange(256).astype(np.uint8)
    for name, scale, zero in (("LOGISTIC", 1 / 256, 0), ("TANH", 1 / 128, 128)):
        yield Case(
            f"{name} uint8",
            single(name, {"input": q(bytes_, 0.05, 120)}, [out("uint8", scale, zero)]),
        )
    shorts = integers(-32768, 32767, 300, dtype="int16")
    for name in ("LOGISTIC", "TANH"):
        yield Case(
            f"{name} int16",
            single(name, {"input": q(shorts, 1 / 4096)}, [out("int16", 1 / 32768)], version=3),
        )
    leaky = single("LEAKY_RELU", {"input": q(every, 0.05, 3)}, [out("int8", 0.06, -7)], alpha=0.3)
    yield Case("LEAKY_RELU int8", leaky)
    slopes = const(integers(-100, 100, 1, 1, 4), scale=0.01, zero=5)
    prelu = {"input": q(integers(-128, 127, 1, 3, 3, 4), 0.05, 3), "alpha": slopes}
    yield Case("PRELU int8", single("PRELU", prelu, [out("int8", 0.06, -7)]))


def casts() -> Iterator[Case]:
    """Changes of type, quantisation among them."""
    fields: Options
    fake: Options
    sources = {
        "float32": normal(15, scale=20),
        "int32": integers(-300, 300, 15, dtype="int32"),
        "bool": normal(15) > 0,
        "int64": integers(-300, 300, 15, dtype="int64"),
        "uint8": integers(0, 255, 15, dtype="uint8"),
        "int8": integers(-128, 127, 15),
        "int16": integers(-3000, 3000, 15, dtype="int16"),
    }
    for source, array in sources.items():
        for target in ("float32", "int32", "int64", "uint8", "bool", "int8"):
            if source != target and not (source == "float32" and target in ("uint8", "int8")):
                fields = {"in_data_type": _word(source), "out_data_type": _word(target)}
                yield Case(
                    f"CAST {source} {target}",
                    single("CAST", {"input": array}, [out(target)], **fields),
                )
    x = np.concatenate([normal(200, scale=4), np.arange(-9, 9, 0.025, dtype=np.float32)])
    yield Case("QUANTIZE int8", single("QUANTIZE", {"input": x}, [out("int8", 0.05, 3)]))
    yield Case("QUANTIZE uint8", single("QUANTIZE", {"input": x}, [out("uint8", 0.05, 128)]))
    yield Case(
        "QUANTIZE int16", single("QUANTIZE", {"input": x}, [out("int16", 0.0005)], version=2)
    )
    every, bytes_ = np.arange(-128, 128).astype(np.int8), np.arange(256).astype(np.uint8)
    for name, given, result in (
        ("int8 int8", q(every, 0.05, 3), out("int8", 0.07, -9)),
        ("int8 uint8", q(every, 1 / 256, -128), out("uint8", 1 / 256, 0)),
        ("uint8 int8", q(bytes_, 0.05, 130), out("int8", 0.04, 2)),
        ("int8 uint8 other", q(every, 0.05, 3), out("uint8", 0.07, 100)),
        ("int16 int8", q(integers(-32768, 32767, 300, dtype="int16"), 0.0005), out("int8", 0.1, 3)),
        ("int8 int16", q(every, 0.05, 3), out("int16", 0.0005)),
    ):
        yield Case(f"QUANTIZE {name}", single("QUANTIZE", {"input": given}, [result]))
    yield Case("DEQUANTIZE int8", single("DEQUANTIZE", {"input": q(every, 0.05, 3)}, version=2))
    yield Case("DEQUANTIZE uint8", single("DEQUANTIZE", {"input": q(bytes_, 0.05, 130)}))
    half = const(normal(6).astype(np.float16))
    graphs = [
        Graph(
            {"x": Value(normal(6)), "h": half, "w": Value(shape=(6,)), "output": Value()},
            [Call("DEQUANTIZE", ["h"], ["w"]), Call("ADD", ["x", "w"], ["output"])],
            ["x"],
            ["output"],
        )
    ]
    yield Case("DEQUANTIZE float16", graphs)
    fake = {"min": -1.5, "max": 2.0, "num_bits": 8}
    yield Case("FAKE_QUANT", single("FAKE_QUANT", {"input": normal(50)}, **fake))
    cast = {"input": integers(-9, 9, 12, dtype="int32")}
    yield Case("BITCAST", single("BITCAST", cast, [out("float32")]))
    yield Case(
        "BUCKETIZE",
        single("BUCKETIZE", {"input": normal(20)}, [out("int32")], boundaries=[-1.0, 0.0, 0.5]),
    )


def _word(dtype: str) -> str:
    return {"bool": "BOOL"}.get(dtype, dtype.upper())
