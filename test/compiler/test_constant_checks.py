"""Constants that would lead code astray are refused, also in text that somebody wrote."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp

import stepwell
from stepwell.dialects import make_context
from stepwell.errors import CompileError, InputError, InvalidIRError
from stepwell.interpreters import run
from stepwell.ir.parse_ir import parse_ir

CONSTANTS = {
    "features": "dense<[1, 0, 0]> : tensor<3xi32>",
    "thresholds": "dense<[5.0e-01, 0x7fc00000, 0x7fc00000]> : tensor<3xf32>",
    "children": "dense<[1, 0, 1]> : tensor<3xi32>",
    "leaves": "dense<[0, 0, 1]> : tensor<3xi32>",
    "trees": "dense<[[0, 0]]> : tensor<1x2xi32>",
    "weights": "dense<[[9.0e-01], [2.0e-01]]> : tensor<2x1xf32>",
}


def text(**changes: str) -> str:
    """A function of one forest, with other constants."""
    values = CONSTANTS | changes
    lines = [
        f"%{name} = engine.constant {value} -> {value.rpartition(' : ')[2]}"
        for name, value in values.items()
    ]
    types = ", ".join(value.rpartition(" : ")[2] for value in values.values())
    names = ", ".join(f"%{name}" for name in values)
    return "\n".join(
        (
            "func.func @main(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {",
            *lines,
            f'%y = engine.tree_ensemble %x, {names} {{targets = 2 : i64, aggregate = "sum"}}'
            f" : tensor<4x3xf32>, {types} -> tensor<4x2xf32>",
            "func.return %y : tensor<4x2xf32>",
            "}",
        )
    )


def parsed(**changes: str) -> tuple[Any, ModuleOp]:
    ctx = make_context()
    return ctx, parse_ir(ctx, text(**changes), "<test>")


def test_a_forest_compiles_and_runs():
    x = np.array([[0, 0, 0], [0, 1, 0], [0, np.nan, 0], [9, 0.5, 9]], np.float32)
    ctx, module = parsed()
    wanted = np.array([[0.9, 0], [0.2, 0], [0.2, 0], [0.9, 0]], np.float32)
    assert np.array_equal(stepwell.compile(module, context=ctx)(x), wanted)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"features": "dense<[3, 0, 0]> : tensor<3xi32>"}, "a column outside of the 3"),
        ({"features": "dense<[-1, 0, 0]> : tensor<3xi32>"}, "a column outside of the 3"),
        ({"features": "dense<[1, 0, 7]> : tensor<3xi32>"}, "a column outside of the 3"),
        ({"children": "dense<[2, 0, 1]> : tensor<3xi32>"}, "does not lie behind it"),
        ({"children": "dense<[0, 0, 1]> : tensor<3xi32>"}, "does not lie behind it"),
        ({"children": "dense<[1, 0, 0]> : tensor<3xi32>"}, "does not lie behind it"),
        ({"children": "dense<[1, 0, 2147483647]> : tensor<3xi32>"}, "does not lie behind it"),
        ({"children": "dense<[-2, 0, 1]> : tensor<3xi32>"}, "does not lie behind it"),
        ({"thresholds": "dense<[5.0e-01, 1.0, 0x7fc00000]> : tensor<3xf32>"}, "is not NaN"),
        ({"leaves": "dense<[0, 2, 1]> : tensor<3xi32>"}, "a row outside of the 2 weights"),
        ({"leaves": "dense<[0, -1, 1]> : tensor<3xi32>"}, "a row outside of the 2 weights"),
        ({"trees": "dense<[[3, 0]]> : tensor<1x2xi32>"}, "begins outside of the 3 nodes"),
        ({"trees": "dense<[[-1, 0]]> : tensor<1x2xi32>"}, "begins outside of the 3 nodes"),
        ({"trees": "dense<[[0, 2]]> : tensor<1x2xi32>"}, "targets outside of the 2"),
        ({"trees": "dense<[[0, -1]]> : tensor<1x2xi32>"}, "targets outside of the 2"),
    ],
)
def test_numbers_that_lead_astray(changes: dict[str, str], message: str):
    ctx, module = parsed(**changes)
    with pytest.raises(CompileError, match=message):
        stepwell.compile(module, context=ctx)
    ctx, module = parsed(**changes)
    with pytest.raises(InputError, match=message):
        run(ctx, module, [np.zeros((4, 3), np.float32)])


def test_a_forest_that_is_no_constant_does_not_verify():
    source = text().replace("(%x: tensor<4x3xf32>)", "(%x: tensor<4x3xf32>, %f: tensor<3xi32>)")
    ctx = make_context()
    module = parse_ir(ctx, source.replace("%x, %features,", "%x, %f,"), "<test>")
    with pytest.raises(InvalidIRError, match="features must be a constant"):
        stepwell.compile(module, context=ctx)


def test_level_4_is_checked_too():
    from stepwell.transforms.plan_memory import PlanMemoryPass

    ctx, module = parsed(features="dense<[3, 0, 0]> : tensor<3xi32>")
    PlanMemoryPass().apply(ctx, module)
    with pytest.raises(CompileError, match="a column outside of the 3"):
        stepwell.compile(module, context=ctx)
