"""Operators of the older format that the newer one says otherwise, against what they mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stepwell.conversion.import_model import import_model
from stepwell.conversion.paddle_import.messages import messages
from stepwell.conversion.to_engine.convert_to_engine import ConvertToEnginePass
from stepwell.dialects import make_context
from stepwell.interpreters.running import run

_CODES = {"float32": 5, "int64": 3, "int32": 2, "bool": 0}


def program(type_: str, operands: dict[str, Any], results: Any, attributes: Any) -> bytes:
    """A program of one operator; operands are arrays by parameter, results their shapes."""
    message: Any = messages()["ProgramDesc"]()
    block = message.blocks.add(idx=0, parent_idx=-1)

    def variable(name: str, shape: Any, dtype: str) -> None:
        var = block.vars.add(name=name)
        var.type.type = 7
        var.type.dense_tensor.tensor.data_type = _CODES[dtype]
        var.type.dense_tensor.tensor.dims.extend(shape)

    op: Any = messages()["OpDesc"](type=type_)
    for column, (parameter, array) in enumerate(operands.items()):
        variable(parameter, array.shape, str(array.dtype))
        feed = block.ops.add(type="feed")
        feed.outputs.add(parameter="Out", arguments=[parameter])
        feed.attrs.add(name="col", type=0, i=column)
        op.inputs.add(parameter=parameter, arguments=[parameter])
    names = [f"out{at}" for at in range(len(results))]
    for name, result in zip(names, results, strict=True):
        variable(name, result.shape, str(result.dtype))
    op.outputs.add(parameter="Out", arguments=names)
    for name, value in attributes.items():
        _set(op.attrs.add(name=name), value)
    block.ops.add().CopyFrom(op)
    for column, name in enumerate(names):
        fetch = block.ops.add(type="fetch")
        fetch.inputs.add(parameter="X", arguments=[name])
        fetch.attrs.add(name="col", type=0, i=column)
    return message.SerializeToString()


def _set(attribute: Any, value: Any) -> None:
    if isinstance(value, bool):
        attribute.type, attribute.b = 6, value
    elif isinstance(value, int):
        attribute.type, attribute.i = 0, value
    elif isinstance(value, float):
        attribute.type, attribute.f = 1, value
    elif isinstance(value, str):
        attribute.type, attribute.s = 2, value
    else:
        attribute.type = 3
        attribute.ints.extend(value)


RNG = np.random.default_rng(0)


def floats(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


X, ROW, COLUMNS = floats(2, 3, 4), floats(3), floats(3, 4)
IMAGE = floats(1, 2, 3, 4)
A, B = floats(2, 3), floats(4, 3)
TRUTH = X > 0

CASES: dict[str, tuple[str, dict[str, Any], dict[str, Any], list[np.ndarray]]] = {
    "aligned": ("elementwise_add", {"X": X, "Y": ROW}, {"axis": 1}, [X + ROW[:, None]]),
    "aligned_front": ("elementwise_mul", {"X": X, "Y": floats(2)}, {"axis": 0}, []),
    "not_aligned": ("elementwise_sub", {"X": X, "Y": COLUMNS}, {"axis": -1}, [X - COLUMNS]),
    "matmul_v2": ("matmul_v2", {"X": A, "Y": B}, {"trans_x": False, "trans_y": True}, [A @ B.T]),
    "matmul": (
        "matmul",
        {"X": A, "Y": B},
        {"transpose_X": False, "transpose_Y": True, "alpha": 0.5},
        [A @ B.T / 2],
    ),
    "mul": (
        "mul",
        {"X": X, "Y": floats(12, 5)},
        {"x_num_col_dims": 1, "y_num_col_dims": 1},
        [],
    ),
    "reduce_all": ("reduce_sum", {"X": X}, {"dim": [0], "reduce_all": True}, [X.sum().reshape(1)]),
    "reduce": (
        "reduce_max",
        {"X": X},
        {"dim": [1], "keep_dim": True, "reduce_all": False},
        [X.max(1, keepdims=True)],
    ),
    "fill": (
        "fill_constant",
        {},
        {"shape": [2, 2], "str_value": "16777217", "value": 0.0, "dtype": 3},
        [np.full((2, 2), 16777217)],
    ),
    "split": ("split", {"X": X}, {"num": 2, "axis": 2, "sections": []}, np.split(X, 2, 2)),
    "sections": (
        "split",
        {"X": X},
        {"num": 0, "axis": 2, "sections": [1, -1]},
        np.split(X, [1], 2),
    ),
    "pad": (
        "pad2d",
        {"X": IMAGE},
        {"paddings": [1, 0, 2, 1], "mode": "edge", "pad_value": 0.0},
        [np.pad(IMAGE, [(0, 0), (0, 0), (1, 0), (2, 1)], mode="edge")],
    ),
    "tile": ("expand", {"X": A}, {"expand_times": [2, 1]}, [np.tile(A, [2, 1])]),
    "flatten": ("flatten2", {"X": X}, {"axis": 1}, [X.reshape(2, 12)]),
    "lower": ("tril_triu", {"X": A}, {"lower": True, "diagonal": 0}, [np.tril(A)]),
    "upper": ("tril_triu", {"X": A}, {"lower": False, "diagonal": 1}, [np.triu(A, 1)]),
    "downgraded": (
        "dropout",
        {"X": A},
        {"dropout_prob": 0.25, "is_test": True, "dropout_implementation": "downgrade_in_infer"},
        [A * np.float32(0.75)],
    ),
    "softmax": ("softmax", {"X": A}, {"axis": -1}, []),
    "any": (
        "reduce_any",
        {"X": TRUTH},
        {"dim": [2], "reduce_all": False},
        [np.asarray(TRUTH.any(2))],
    ),
    "nearest": (
        "nearest_interp",
        {"X": IMAGE},
        {"scale": 2.0, "out_h": -1, "out_w": -1, "align_corners": False},
        [IMAGE.repeat(2, 2).repeat(2, 3)],
    ),
    "swish": ("swish", {"X": A}, {"beta": 1.0}, [A / (1 + np.exp(-A))]),
    "hard_swish": (
        "hard_swish",
        {"X": A},
        {"threshold": 6.0, "scale": 6.0, "offset": 3.0},
        [A * np.clip(A + 3, 0, 6) / 6],
    ),
}


def _computed(name: str) -> list[np.ndarray]:
    _, operands, _, wanted = CASES[name]
    if name == "aligned_front":
        return [X * operands["Y"][:, None, None]]
    if name == "mul":
        return [X.reshape(2, 12) @ operands["Y"]]
    if name == "softmax":
        powers = np.exp(A - A.max(1, keepdims=True))
        return [powers / powers.sum(1, keepdims=True)]
    return list(wanted)


@pytest.mark.parametrize("name", CASES)
def test_operator(name: str):
    type_, operands, attributes, _ = CASES[name]
    wanted = _computed(name)
    ctx = make_context()
    module = import_model(program(type_, operands, wanted, attributes), ctx)
    inputs = list(operands.values())
    for _level in ("paddle", "engine"):
        found = run(ctx, module, inputs)
        for a, b in zip(found, wanted, strict=True):
            assert a.shape == b.shape
            assert a.dtype == b.dtype
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
        ConvertToEnginePass().apply(ctx, module)
        assert "engine.reference" not in str(module)


UNSUPPORTED = {
    "swish": ({"X": A}, {"beta": 2.0}, "has beta 2.0, supported is 1"),
    "hard_swish": ({"X": A}, {"threshold": 5.0}, "threshold, scale and offset"),
    "relu6": ({"X": A}, {"threshold": 5.0}, "has threshold 5.0"),
    "flatten2": ({"X": X}, {"axis": 2}, "has axis 2, supported is 1"),
    "fill_constant": ({}, {"shape": [1], "str_value": "many", "dtype": 5}, "'many'"),
}


@pytest.mark.parametrize("type_", UNSUPPORTED)
def test_what_has_no_form_is_said(type_: str):
    operands, attributes, message = UNSUPPORTED[type_]
    with pytest.raises(Exception, match=f"{type_} 'out0'.*") as caught:
        import_model(program(type_, operands, [A], attributes), make_context())
    assert message in str(caught.value)
