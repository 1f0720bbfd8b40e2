"""Activations, alone and behind a bias."""

from __future__ import annotations

from .body import Body
from .expansion import operator


def activated(b: Body, x: str, name: str, parameters: list[float], operand: str) -> str:
    """`x` after an activation that a fused operator names; scalars are typed like `operand`."""
    match name:
        case "" | "Relu" | "Sigmoid" | "Tanh":
            return b.add(name, x) if name else x
        case "LeakyRelu":
            return b.add("LeakyRelu", x, alpha=parameters[0] if parameters else 0.01)
        case "HardSigmoid":
            alpha, beta = parameters or (0.2, 0.5)
            return b.add("HardSigmoid", x, alpha=alpha, beta=beta)
        case "Clip":
            low, high = (b.like(limit, operand) for limit in parameters)
            return b.add("Clip", x, low, high)
        case _:
            b.refuse(True, f"has the activation '{name}'")
            return x


@operator("X")
def Gelu(b: Body) -> str:
    """`x * (1 + erf(x / sqrt(2))) / 2`"""
    return b.add("Gelu", b.name("X"))


@operator("X bias?")
def FastGelu(b: Body) -> str:
    """The approximation by tanh, of the sum with the bias."""
    return b.add("Gelu", b.sum(b.name("X"), b.name("bias")), approximate="tanh")


@operator("A B")
def BiasGelu(b: Body) -> str:
    """Gelu of a sum."""
    return b.add("Gelu", b.add("Add", b.name("A"), b.name("B")))


@operator("X", alpha=1.702)
def QuickGelu(b: Body) -> str:
    """`x * sigmoid(alpha * x)`"""
    x = b.name("X")
    gate = b.add("Sigmoid", b.add("Mul", x, b.like(b.number("alpha"), "X")))
    return b.add("Mul", x, gate)


@operator("X bias skip?")
def BiasAdd(b: Body) -> str:
    """Three summands."""
    return b.sum(b.name("X"), b.name("bias"), b.name("skip"))


@operator("X bias")
def BiasSplitGelu(b: Body) -> str:
    """The first half of the channels times gelu of the second."""
    x = b.add("Add", b.name("X"), b.name("bias"))
    left, right = b.add_many("Split", [x], 2, axis=-1, num_outputs=2)
    return b.add("Mul", left, b.add("Gelu", right))
