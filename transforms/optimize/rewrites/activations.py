"""
Activation functions in the spellings of frameworks, as equations.

What is on the right costs less, and is nearer to the function where a part of the left side
overflows or cancels.
"""

from __future__ import annotations

from ..rewriting.identity import identity

RULES = (
    # The left side is NaN where exp(x) overflows.
    identity(
        "recognise-sigmoid",
        "exp(x) / (exp(x) + 1.0) => 1.0 / (exp(-x) + 1.0)",
        "1.0 - (s := 1.0 / (exp(x) + 1.0)) => 1.0 / (exp(-x) + 1.0) if once(s)",
        exactness="rounding",
        group="recognise",
        source="XLA",
        reassociates=True,
    ),
    identity(
        "recognise-tanh",
        "(exp(x) - exp(-x)) / (exp(x) + exp(-x)) => tanh(x)",
        "(exp(x) - exp(-x)) / (exp(-x) + exp(x)) => tanh(x)",
        "(1.0 / (exp(x * -2.0) + 1.0)) * 2.0 - 1.0 => tanh(x)",
        "(1.0 / (exp(x * -2.0) + 1.0)) * 2.0 + -1.0 => tanh(x)",
        exactness="rounding",
        group="recognise",
        source="XLA",
        reassociates=True,
    ),
    # With n = e^x (e^x + 2), the hyperbolic tangent of log(1 + e^x) is n / (n + 2): one exponential
    # and no cancellation. Beyond 20 it is 1.
    identity(
        "recognise-mish",
        *(
            f"tanh({softplus}) => (exp(min(x, 20.0)) * (exp(min(x, 20.0)) + 2.0))"
            " / (exp(min(x, 20.0)) * (exp(min(x, 20.0)) + 2.0) + 2.0) if once(s) and wide(x)"
            for softplus in (
                "s := max(x, 0.0) + log1p(exp(-abs(x)))",
                "s := log1p(exp(-abs(x))) + max(x, 0.0)",
                "s := log1p(exp(x))",
                "s := log(exp(x) + 1.0)",
            )
        ),
        exactness="rounding",
        group="recognise",
        source="OpenVINO SoftPlusToMishFusion; Misra, Mish, 2019",
        rows=("OpenVINO/SoftPlusToMishFusion",),
        reassociates=True,
    ),
)
