"""Cases of functions of two operands."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .tfl_case import Case, Options, const, integers, normal, out, positive, q, single


def binary() -> Iterator[Case]:
    """Functions of two operands, broadcast, of floats, integers and bytes."""
    for name in (
        "ADD",
        "SUB",
        "MUL",
        "DIV",
        "SQUARED_DIFFERENCE",
        "MAXIMUM",
        "MINIMUM",
        "FLOOR_DIV",
        "FLOOR_MOD",
    ):
        yield Case(name, single(name, {"input1": normal(2, 3, 4), "input2": normal(3, 1)}))
    yield Case("ATAN2", single("ATAN2", {"input1": normal(2, 9), "input2": normal(2, 9)}))
    for name in ("ADD", "SUB", "MUL", "DIV"):
        for activation in ("RELU", "RELU6", "RELU_N1_TO_1"):
            yield Case(
                f"{name} {activation}",
                single(
                    name,
                    {"input1": normal(24, scale=4), "input2": normal(24, scale=3)},
                    fused_activation_function=activation,
                ),
            )
    yield Case("ADD constant", single("ADD", {"input1": normal(2, 5), "input2": const(normal(5))}))
    yield Case("POW", single("POW", {"input1": positive(3, 4), "input2": normal(3, 4)}))
    for name in (
        "ADD",
        "SUB",
        "MUL",
        "DIV",
        "MAXIMUM",
        "MINIMUM",
        "FLOOR_DIV",
        "FLOOR_MOD",
        "SQUARED_DIFFERENCE",
    ):
        a, b = integers(-20, 20, 3, 5, dtype="int32"), integers(1, 6, 5, dtype="int32")
        b = b * np.array([1, -1, 1, -1, 1], np.int32)
        yield Case(f"{name} int32", single(name, {"input1": a, "input2": b}, [out("int32")]))
    powers = {
        "input1": integers(-4, 4, 9, dtype="int32"),
        "input2": integers(0, 4, 9, dtype="int32"),
    }
    yield Case("POW int32", single("POW", powers, [out("int32")]))
    for name in ("EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL"):
        a, b = np.round(normal(3, 4)), np.round(normal(4))
        yield Case(name, single(name, {"input1": a, "input2": b}, [out("bool")]))
        whole = {
            "input1": integers(-3, 3, 12, dtype="int32"),
            "input2": integers(-3, 3, 12, dtype="int32"),
        }
        yield Case(f"{name} int32", single(name, whole, [out("bool")]))
    for name in ("LOGICAL_AND", "LOGICAL_OR"):
        yield Case(
            name, single(name, {"input1": normal(2, 6) > 0, "input2": normal(6) > 0}, [out("bool")])
        )
    bits = {
        "input1": integers(-99, 99, 9, dtype="int32"),
        "input2": integers(0, 7, 9, dtype="int32"),
    }
    yield Case("BITWISE_XOR", single("BITWISE_XOR", bits, [out("int32")]))
    yield Case("RIGHT_SHIFT", single("RIGHT_SHIFT", bits, [out("int32")]))
    yield Case("ADD_N", single("ADD_N", {"a": normal(3, 4), "b": normal(3, 4), "c": normal(3, 4)}))


def binary_bytes() -> Iterator[Case]:
    """The same of bytes and of 16-bit integers."""
    given: Options
    fields: Options
    for kind, low, high, zeros in (
        ("int8", -128, 127, (3, -20, 7)),
        ("uint8", 0, 255, (120, 99, 140)),
    ):
        a, b = (integers(low, high, 6, 50, dtype=kind) for _ in range(2))
        for name in ("ADD", "SUB", "MUL"):
            for activation in ("NONE", "RELU", "RELU6"):
                given = {"input1": q(a, 0.05, zeros[0]), "input2": q(b, 0.031, zeros[1])}
                scale = 0.06 if name != "MUL" else 0.09
                yield Case(
                    f"{name} {kind} {activation}",
                    single(
                        name,
                        given,
                        [out(kind, scale, zeros[2])],
                        fused_activation_function=activation,
                        version=2,
                    ),
                )
        row = {"input1": q(a, 0.05, zeros[0]), "input2": const(b[:1], scale=0.4, zero=zeros[1])}
        yield Case(f"ADD {kind} row", single("ADD", row, [out(kind, 0.3, zeros[2])], version=2))
        same = {"input1": q(a, 0.05, zeros[0]), "input2": q(b, 0.05, zeros[0])}
        for name in ("MAXIMUM", "MINIMUM"):
            yield Case(f"{name} {kind}", single(name, same, [out(kind, 0.05, zeros[0])], version=2))
        other = {"input1": q(a, 0.05, zeros[0]), "input2": q(b, 0.031, zeros[1])}
        for name in ("LESS", "EQUAL", "GREATER_EQUAL"):
            yield Case(f"{name} {kind}", single(name, other, [out("bool")], version=2))
    squared = {"input1": q(a.astype(np.int8), 0.05, 3), "input2": q(b.astype(np.int8), 0.031, -20)}
    yield Case(
        "SQUARED_DIFFERENCE int8",
        single("SQUARED_DIFFERENCE", squared, [out("int8", 0.2, -128)], version=2),
    )
    x, y = (integers(-20000, 20000, 80, dtype="int16") for _ in range(2))
    for name in ("ADD", "SUB", "MUL"):
        given = {"input1": q(x, 0.0005), "input2": q(y, 0.0003)}
        fields = {"pot_scale_int16": False} if name != "MUL" else {}
        yield Case(
            f"{name} int16",
            single(name, given, [out("int16", 0.001)], version=4 if name == "MUL" else 5, **fields),
        )
