"""Operators of `com.microsoft`, against the runtime that defines them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from onnx import helper, numpy_helper
from onnxruntime.capi.onnxruntime_pybind11_state import get_all_operator_schema

import stepwell
from stepwell.conversion.onnx_import.microsoft import FOREIGN_DOMAIN, foreign_operators
from stepwell.conversion.onnx_import.microsoft.expansion import definition_of
from stepwell.errors import ImportModelError

Array = npt.NDArray[Any]

random = np.random.default_rng(7)


def reals(*shape: int) -> Array:
    return random.standard_normal(shape).astype(np.float32)


def u8(*shape: int) -> Array:
    return random.integers(0, 255, shape).astype(np.uint8)


def i8(*shape: int) -> Array:
    return random.integers(-127, 127, shape).astype(np.int8)


def f32(value: float | Sequence[float]) -> Array:
    return np.array(value, np.float32)


@dataclass
class Case:
    """One node: operands by position (None: absent), attributes, and how many results."""

    operator: str
    operands: Sequence[Array | None]
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    outputs: Sequence[bool] = (True,)
    constants: Sequence[int] = ()
    """Operands that are initializers."""
    tolerance: float = 2e-5
    reference: bool = False
    """Whether anything may run by its reference semantics."""

    def model(self) -> onnx.ModelProto:
        names = ["" if x is None else f"x{at}" for at, x in enumerate(self.operands)]
        results = [f"y{at}" if wanted else "" for at, wanted in enumerate(self.outputs)]
        domain = "" if self.operator == "SimplifiedLayerNormalization" else FOREIGN_DOMAIN
        node = helper.make_node(
            self.operator, names, results, name="the node", domain=domain, **self.attributes
        )
        given = [(n, x) for n, x in zip(names, self.operands, strict=True) if x is not None]
        fixed = {f"x{at}" for at in self.constants}
        graph = helper.make_graph(
            [node],
            "g",
            [
                helper.make_tensor_value_info(
                    n, helper.np_dtype_to_tensor_dtype(x.dtype), list(x.shape)
                )
                for n, x in given
                if n not in fixed
            ],
            [onnx.ValueInfoProto(name=name) for name in results if name],
            [numpy_helper.from_array(x, n) for n, x in given if n in fixed],
        )
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid(FOREIGN_DOMAIN, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=10)

    def feeds(self) -> dict[str, Array]:
        return {
            f"x{at}": x
            for at, x in enumerate(self.operands)
            if x is not None and at not in self.constants
        }


def window(**attributes: Any) -> dict[str, Any]:
    return {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], **attributes}


HALF = f32(0.02)
U32_GROUPS = np.random.default_rng(4).permutation(np.arange(64) // 32).astype(np.int32)
QUARTER = f32(0.031)
U128 = np.array(128, np.uint8)
U100 = np.array(100, np.uint8)
I3 = np.array(3, np.int8)

ELEMENTWISE = [
    Case("Gelu", [reals(3, 5)]),
    Case("FastGelu", [reals(3, 5)]),
    Case("FastGelu", [reals(3, 5), reals(5)]),
    Case("BiasGelu", [reals(2, 3, 5), reals(5)]),
    Case("QuickGelu", [reals(3, 5)]),
    Case("QuickGelu", [reals(3, 5)], {"alpha": 1.5}),
    Case("Trilu", [reals(4, 5), np.array(1)], {"upper": 0}, reference=True),
    Case("ExpandDims", [reals(4, 5), np.array(1, np.int32)], constants=[1]),
    Case("Range", [f32(1), f32(4), f32(0.5)], constants=[0, 1, 2]),
    Case("GatherND", [reals(4, 5), np.array([[1, 2], [3, 0]], np.int32)]),
]

NORMS = [
    Case(
        "SkipLayerNormalization",
        [reals(2, 3, 8), reals(2, 3, 8), reals(8), reals(8), reals(8)],
        {"epsilon": 1e-5},
        [True, False, False, True],
    ),
    Case("SkipLayerNormalization", [reals(2, 3, 8), reals(2, 3, 8), reals(8)]),
    Case("SkipLayerNormalization", [reals(2, 3, 8), reals(3, 8), reals(8), reals(8)]),
    Case(
        "SkipSimplifiedLayerNormalization",
        [reals(2, 3, 8), reals(2, 3, 8), reals(8), reals(8)],
        {"epsilon": 1e-5},
        [True, False, False, True],
    ),
    Case("SkipSimplifiedLayerNormalization", [reals(2, 3, 8), reals(2, 3, 8), reals(8)]),
    Case("SimplifiedLayerNormalization", [reals(2, 3, 8), reals(8)], {"axis": -1, "epsilon": 1e-4}),
    Case(
        "SimplifiedLayerNormalization",
        [reals(2, 3, 8), reals(8)],
        {"axis": -1, "epsilon": 1e-4},
        [True, True],
    ),
    Case(
        "EmbedLayerNormalization",
        [
            np.array([[1, 2, 3], [4, 0, 5]], np.int32),
            np.array([[0, 1, 1], [0, 0, 1]], np.int32),
            reals(6, 8),
            reals(5, 8),
            reals(2, 8),
            reals(8),
            reals(8),
            np.array([[1, 1, 0], [1, 1, 1]], np.int32),
        ],
        {"epsilon": 1e-5},
        [True, True],
    ),
    Case(
        "EmbedLayerNormalization",
        [
            np.array([[1, 2, 3], [4, 0, 5]], np.int32),
            None,
            reals(6, 8),
            reals(5, 8),
            None,
            reals(8),
            reals(8),
        ],
        {},
        [True, True, True],
    ),
    Case(
        "EmbedLayerNormalization",
        [
            np.array([[1, 2, 3]], np.int32),
            None,
            reals(6, 8),
            reals(5, 8),
            None,
            reals(8),
            reals(8),
            None,
            np.array([[4, 1, 0]], np.int32),
        ],
        {},
        [True, True],
    ),
    Case(
        "QEmbedLayerNormalization",
        [
            np.array([[1, 2, 3], [4, 0, 5]], np.int32),
            np.array([[0, 1, 1], [0, 0, 1]], np.int32),
            *(u8(6, 8), u8(5, 8), u8(2, 8), u8(8), u8(8)),
            np.array([[1, 1, 0], [1, 1, 1]], np.int32),
            *(HALF, QUARTER, HALF, QUARTER, HALF),
            *(U128, U128, U128, U128, U128),
        ],
        {"epsilon": 1e-5},
        [True, True],
    ),
    Case(
        "QEmbedLayerNormalization",
        [
            np.array([[1, 2, 3]], np.int32),
            None,
            *(i8(6, 8), i8(5, 8), None, i8(8), i8(8), None),
            *(HALF, QUARTER, None, QUARTER, HALF),
            *(I3, I3, None, I3, I3),
        ],
        {},
        [True, True],
    ),
]

PRODUCTS = [
    Case("CDist", [reals(3, 4), reals(5, 4)], {"metric": "euclidean"}),
    Case("CDist", [reals(3, 4), reals(1, 4)], {"metric": "sqeuclidean"}),
    Case("FusedMatMul", [reals(2, 3, 4), reals(2, 4, 5)], {"alpha": 0.5}),
    Case("FusedMatMul", [reals(2, 4, 3), reals(2, 5, 4)], {"transA": 1, "transB": 1}),
    Case("FusedMatMul", [reals(3, 2, 4), reals(2, 4, 5)], {"transBatchA": 1}),
    Case(
        "FusedMatMul",
        [reals(4, 2, 3), reals(4, 2, 5)],
        {"transBatchA": 1, "transBatchB": 1, "transA": 1},
    ),
    Case("TransposeMatMul", [reals(2, 4, 3), reals(2, 4, 5)], {"transA": 1, "alpha": 2.0}),
    Case("FusedGemm", [reals(3, 4), reals(4, 5), reals(5)], {"activation": "Relu"}),
    Case(
        "FusedGemm",
        [reals(3, 4), reals(4, 5), reals(5)],
        {"activation": "LeakyRelu", "activation_alpha": 0.2, "alpha": 0.5, "beta": 2.0},
    ),
    Case("FusedConv", [reals(1, 3, 6, 6), reals(4, 3, 3, 3), reals(4)], window(activation="Relu")),
    Case(
        "FusedConv",
        [reals(1, 3, 6, 6), reals(4, 3, 3, 3), reals(4), reals(1, 4, 6, 6)],
        window(activation="Tanh"),
    ),
    Case(
        "FusedConv",
        [reals(1, 4, 6, 6), reals(4, 2, 3, 3)],
        window(activation="Clip", activation_params=[-0.5, 1.5], group=2),
    ),
    Case(
        "FusedConv",
        [reals(1, 3, 6, 6), reals(4, 3, 3, 3), reals(4)],
        window(activation="HardSigmoid", activation_params=[0.3, 0.4]),
    ),
    Case(
        "NhwcMaxPool", [u8(1, 6, 6, 3)], {"kernel_shape": [2, 2], "strides": [2, 2]}, reference=True
    ),
    Case(
        "NhwcMaxPool",
        [i8(1, 7, 6, 3)],
        {"kernel_shape": [3, 2], "strides": [2, 2], "pads": [1, 0, 1, 0]},
        reference=True,
    ),
]

QUANTIZED = [
    Case("QLinearAdd", [u8(2, 5), HALF, U128, u8(2, 5), QUARTER, U100, f32(0.04), U128]),
    Case("QLinearMul", [i8(2, 5), HALF, I3, i8(5), QUARTER, I3, f32(0.04), I3]),
    Case("QLinearSigmoid", [u8(2, 5), HALF, U128, f32(1 / 256), np.array(0, np.uint8)]),
    Case("QLinearLeakyRelu", [i8(2, 5), HALF, I3, f32(0.03), I3], {"alpha": 0.2}),
    Case(
        "QLinearSoftmax",
        [u8(2, 5), HALF, U128, f32(1 / 256), np.array(0, np.uint8)],
        {"axis": -1, "opset": 13},
    ),
    Case("QLinearGlobalAveragePool", [u8(1, 3, 5, 5), HALF, U128, QUARTER, U100]),
    Case(
        "QLinearGlobalAveragePool",
        [u8(1, 5, 5, 3), HALF, U128, QUARTER, U100],
        {"channels_last": 1},
    ),
    Case(
        "QLinearAveragePool",
        [u8(1, 3, 6, 6), HALF, U128, QUARTER, U100],
        {"kernel_shape": [3, 3], "strides": [2, 2]},
    ),
    Case("QLinearConcat", [HALF, U128, u8(2, 3), QUARTER, U100, u8(2, 4), HALF, U128], {"axis": 1}),
    Case(
        "QLinearWhere",
        [
            np.array([[True, False, True]]),
            u8(2, 3),
            HALF,
            U128,
            u8(2, 3),
            QUARTER,
            U100,
            HALF,
            U128,
        ],
    ),
    Case("QuantizeLinear", [reals(3, 4), HALF, U128]),
    Case(
        "QuantizeLinear",
        [reals(3, 4), f32([0.1, 0.02, 0.03]), np.array([1, 2, 3], np.int8)],
        {"axis": 0},
    ),
    Case("DequantizeLinear", [u8(3, 4), HALF, U128]),
    Case(
        "DequantizeLinear",
        [i8(3, 4), f32([0.1, 0.02, 0.03, 1]), np.array([1, 2, 3, 4], np.int8)],
        {"axis": 1},
    ),
    Case(
        "MatMulIntegerToFloat",
        [
            u8(3, 4),
            i8(4, 5),
            HALF,
            f32([0.1, 0.2, 0.3, 0.4, 0.5]),
            U128,
            np.array([1, 2, 3, 4, 5], np.int8),
            reals(5),
        ],
        constants=[1],
    ),
    Case("MatMulIntegerToFloat", [u8(3, 4), u8(4, 5), HALF, QUARTER]),
    Case(
        "DynamicQuantizeMatMul",
        [reals(3, 4), i8(4, 5), f32(0.1), I3, reals(5)],
        constants=[1],
        tolerance=2e-4,
    ),
    Case("DynamicQuantizeMatMul", [reals(3, 4), u8(4, 5), f32(0.1)], tolerance=2e-4),
    Case(
        "QGemm",
        [
            u8(3, 4),
            HALF,
            U128,
            i8(5, 4),
            f32([0.1, 0.2, 0.3, 0.4, 0.5]),
            np.zeros(5, np.int8),
            np.arange(5, dtype=np.int32),
            f32(0.3),
            U128,
        ],
        {"transB": 1},
        constants=[3],
    ),
    Case("QGemm", [u8(3, 4), HALF, U128, i8(4, 5), HALF, I3], {"alpha": 0.5}),
    Case(
        "MatMulInteger16",
        [
            random.integers(-999, 999, (3, 4)).astype(np.int16),
            random.integers(-999, 999, (4, 5)).astype(np.int16),
        ],
    ),
    Case(
        "MatMulNBits",
        [reals(3, 32), u8(5, 2, 8), reals(10)],
        {"K": 32, "N": 5, "bits": 4, "block_size": 16},
        constants=[1, 2],
    ),
    Case(
        "MatMulNBits",
        [reals(3, 40), u8(5, 3, 8), reals(15), u8(10)],
        {"K": 40, "N": 5, "bits": 4, "block_size": 16},
        constants=[1, 2, 3],
    ),
    Case(
        "MatMulNBits",
        [reals(1, 32), u8(5, 1, 32), reals(5), None, None, reals(5)],
        {"K": 32, "N": 5, "bits": 8, "block_size": 32},
        constants=[1, 2],
    ),
    Case(
        "MatMulNBits",
        [reals(2, 70), u8(5, 3, 8), reals(15), u8(5)],
        {"K": 70, "N": 5, "bits": 2, "block_size": 32},
        constants=[1, 2, 3],
    ),
    Case(
        "MatMulNBits",
        [reals(2, 64), u8(5, 2, 16), reals(10), None, U32_GROUPS],
        {"K": 64, "N": 5, "bits": 4, "block_size": 32},
        constants=[1, 2, 4],
    ),
    Case(
        "MatMulNBits",
        [reals(3, 128), u8(20, 4, 16), reals(80), u8(40)],
        {"K": 128, "N": 20, "bits": 4, "block_size": 32, "accuracy_level": 4},
        constants=[1, 2, 3],
    ),
    Case(
        "GatherBlockQuantized",
        [u8(7, 32), np.array([[1, 6], [0, 3]]), reals(7, 2), u8(7, 1)],
        {"block_size": 32, "bits": 4},
        constants=[0, 2, 3],
    ),
    Case(
        "GatherBlockQuantized",
        [
            random.integers(-8, 8, (7, 40)).astype(ml_dtypes.int4),
            np.array([1, 6, -1], np.int32),
            reals(7, 3),
        ],
        {"block_size": 16},
        constants=[0, 2],
    ),
]


def qkv(batch: int = 2, length: int = 4, width: int = 16) -> list[Array]:
    return [reals(batch, length, width) for _ in range(3)]


MASK = np.array([[1, 1, 0, 0], [1, 1, 1, 1]], np.int32)
LENGTHS = np.array([2, 4], np.int32)
HEADS: dict[str, Any] = {"num_heads": 4}
GROUPS: dict[str, Any] = {"num_heads": 4, "kv_num_heads": 2}
COS, SIN = np.cos(reals(16, 2)), np.sin(reals(16, 2))
WIDE_COS, WIDE_SIN = np.cos(reals(16, 8)), np.sin(reals(16, 8))


def total(count: int) -> Array:
    return np.array(count, np.int32)


def grouped(
    new: int, past: int, *more: Array | None, batch: int = 2, lengths: Sequence[int] = ()
) -> list[Array | None]:
    cache = [reals(batch, 2, past, 16) for _ in range(2)] if past else [None, None]
    ends = np.array(lengths or [past + new - 1] * batch, np.int32)
    return [
        reals(batch, new, 64),
        reals(batch, new, 32),
        reals(batch, new, 32),
        *cache,
        ends,
        total(past + new),
        *more,
    ]


ATTENTION = [
    Case("Attention", [reals(2, 4, 6), reals(6, 48), reals(48)], HEADS),
    Case("Attention", [reals(2, 4, 6), reals(6, 48), reals(48), MASK], HEADS),
    Case("Attention", [reals(2, 4, 6), reals(6, 48), reals(48), LENGTHS], HEADS),
    Case(
        "Attention",
        [reals(2, 4, 6), reals(6, 48), reals(48)],
        {**HEADS, "unidirectional": 1},
        [True, True],
    ),
    Case(
        "Attention",
        [reals(2, 4, 6), reals(6, 48), reals(48), None, reals(2, 2, 4, 3, 4)],
        {**HEADS, "unidirectional": 1},
        [True, True],
    ),
    Case(
        "Attention",
        [reals(2, 4, 6), reals(6, 40), reals(40)],
        {**HEADS, "qkv_hidden_sizes": [16, 16, 8]},
    ),
    Case(
        "Attention",
        [reals(2, 4, 6), reals(6, 48), reals(48), None, None, reals(2, 4, 4, 4)],
        {**HEADS, "scale": 0.3},
    ),
    Case(
        "QAttention",
        [u8(2, 4, 6), i8(6, 48), reals(48), HALF, QUARTER, MASK, U128, I3],
        HEADS,
        constants=[1],
        tolerance=1e-4,
    ),
    Case("MultiHeadAttention", qkv(), HEADS),
    Case("MultiHeadAttention", [*qkv(), reals(48)], {**HEADS, "unidirectional": 1}),
    Case("MultiHeadAttention", [*qkv(), None, MASK], HEADS),
    Case("MultiHeadAttention", [*qkv(), None, LENGTHS], HEADS),
    Case("MultiHeadAttention", [*qkv(), None, None, reals(1, 4, 4, 4)], {**HEADS, "scale": 0.3}),
    Case("MultiHeadAttention", [reals(2, 4, 16), reals(2, 4, 6, 4), reals(2, 4, 6, 4)], HEADS),
    Case(
        "MultiHeadAttention",
        [*qkv(), None, None, None, reals(2, 4, 3, 4), reals(2, 4, 3, 4)],
        HEADS,
        [True, True, True],
    ),
    Case("RotaryEmbedding", [reals(2, 3, 16), np.array([[0, 1, 2], [3, 4, 5]]), COS, SIN]),
    Case("RotaryEmbedding", [reals(2, 3, 16), np.array([2]), COS, SIN], {"interleaved": 1}),
    Case("RotaryEmbedding", [reals(2, 4, 3, 4), np.array([2]), COS, SIN]),
    Case(
        "RotaryEmbedding",
        [reals(2, 3, 32), np.array([0]), COS, SIN],
        {"rotary_embedding_dim": 4, "num_heads": 4},
    ),
    Case("GroupQueryAttention", grouped(4, 0), GROUPS, [True, True, True]),
    Case(
        "GroupQueryAttention",
        grouped(4, 0, WIDE_COS, WIDE_SIN),
        {**GROUPS, "do_rotary": 1},
        [True, True, True],
    ),
    Case(
        "GroupQueryAttention",
        grouped(1, 5),
        GROUPS,
        [True, True, True],
        constants=[6],
        reference=True,
    ),
    Case(
        "GroupQueryAttention",
        grouped(1, 5, WIDE_COS, WIDE_SIN),
        {**GROUPS, "do_rotary": 1, "rotary_interleaved": 1},
        [True, True, True],
        reference=True,
    ),
    Case(
        "GroupQueryAttention", grouped(6, 0), {**GROUPS, "local_window_size": 2}, [True, True, True]
    ),
    Case(
        "GroupQueryAttention",
        grouped(4, 0),
        {**GROUPS, "softcap": 5.0, "scale": 0.7},
        [True, True, True],
    ),
    Case(
        "GroupQueryAttention",
        [reals(2, 4, 64), None, None, None, None, np.array([3, 3], np.int32), total(4)],
        GROUPS,
        [True, True, True],
    ),
]


def lstm(directions: int, *, columns: bool = False, states: bool = True, bias: bool = True) -> Any:
    """Operands of a quantised LSTM of 4 gates of 6, over 5 steps of 8 numbers."""
    count = [directions, 24] if columns else [directions]
    scales = [np.abs(reals(*count)) * f32(0.01) + f32(0.005) for _ in range(2)]
    zeros = np.zeros(count, np.int8)
    initial = [reals(directions, 1, 6) * f32(0.1) if states else None for _ in range(2)]
    return [
        *(reals(5, 1, 8), i8(directions, 8, 24), i8(directions, 6, 24)),
        *(reals(directions, 48) if bias else None, None, *initial, None),
        *(scales[0], zeros, scales[1], zeros),
    ]


WEIGHTS = [1, 2, 8, 9, 10, 11]

RECURRENT = [
    Case("DynamicQuantizeLSTM", lstm(1), {"hidden_size": 6}, [True] * 3, WEIGHTS, 2e-4),
    Case(
        "DynamicQuantizeLSTM",
        lstm(1, columns=True, states=False, bias=False),
        {"hidden_size": 6, "direction": "reverse"},
        [True] * 3,
        WEIGHTS,
        2e-4,
    ),
    Case(
        "DynamicQuantizeLSTM",
        lstm(2),
        {"hidden_size": 6, "direction": "bidirectional"},
        [True, False, True],
        WEIGHTS,
        2e-4,
    ),
]

CASES = [*ELEMENTWISE, *NORMS, *PRODUCTS, *QUANTIZED, *ATTENTION, *RECURRENT]


def same_operator(number: int) -> str:
    return f"{CASES[number].operator}-{number}"


@pytest.mark.parametrize("number", range(len(CASES)), ids=same_operator)
def test_numbers(number: int) -> None:
    case = CASES[number]
    model, feeds = case.model(), case.feeds()
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    names = [o.name for o in session.get_outputs()]
    results: list[Any] = list(session.run(None, feeds))
    expected: dict[str, Array] = dict(zip(names, results, strict=True))
    engine = stepwell.compile(model)
    found = engine.run(feeds)
    assert list(found) == list(expected)
    for name, array in expected.items():
        assert found[name].dtype == array.dtype, name
        assert found[name].shape == array.shape, name
        if array.dtype.kind == "f":
            largest = max(1.0, float(np.abs(array).max()))
            np.testing.assert_allclose(found[name], array, rtol=0, atol=case.tolerance * largest)
        elif array.dtype.itemsize == 1 and array.dtype.kind in "iu":
            # That runtime rounds in the middle of some of these; one step is all it may be.
            apart = np.abs(found[name].astype(np.int32) - array.astype(np.int32))
            assert apart.max() <= 1, name
        else:
            np.testing.assert_array_equal(found[name], array)
    assert case.reference or not engine.reference_ops


def outputs(operator: str, *operands: Array | None, **attributes: Any) -> Array:
    case = Case(operator, operands, attributes)
    return stepwell.compile(case.model()).run(case.feeds())["y0"]


def test_packed_operands_of_attention_are_taken_apart() -> None:
    """That runtime has no kernel for them on this kind of processor."""
    queries, keys, values = (reals(2, 5, 4, 8) for _ in range(3))
    apart = outputs(
        "MultiHeadAttention", *(x.reshape(2, 5, 32) for x in (queries, keys, values)), num_heads=4
    )
    packed = np.stack([queries, keys, values], axis=3)
    np.testing.assert_array_equal(outputs("MultiHeadAttention", packed, num_heads=4), apart)
    pairs = np.stack([keys, values], axis=3)
    found = outputs("MultiHeadAttention", queries.reshape(2, 5, 32), pairs, num_heads=4)
    np.testing.assert_array_equal(found, apart)


def test_channels_last_convolutions() -> None:
    """That runtime has no kernel of these for real numbers on this kind of processor."""
    x, weight, bias = reals(1, 6, 7, 3), reals(4, 3, 3, 3), reals(4)
    first = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    wanted = outputs("FusedConv", first, weight, bias, **window(activation="Relu"))
    wanted = wanted.transpose(0, 2, 3, 1)
    found = outputs("NhwcFusedConv", x, weight, bias, **window(activation="Relu"))
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    last = np.ascontiguousarray(weight.transpose(0, 2, 3, 1))
    found = np.maximum(outputs("NhwcConv", x, last, bias, **window()), 0)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_group_norm_and_split_gelu() -> None:
    x, gamma, beta = reals(2, 4, 4, 8), reals(8), reals(8)
    found = outputs("GroupNorm", x, gamma, beta, groups=2, activation=1, epsilon=1e-4)
    groups = x.reshape(2, 16, 2, 4)
    mean = groups.mean(axis=(1, 3), keepdims=True)
    variance = groups.var(axis=(1, 3), keepdims=True)
    wanted = ((groups - mean) / np.sqrt(variance + 1e-4)).reshape(x.shape) * gamma + beta
    np.testing.assert_allclose(found, wanted / (1 + np.exp(-wanted)), atol=1e-4)
    left, right = outputs("BiasSplitGelu", reals(2, 3, 8), np.zeros(8, np.float32)).shape[:2]
    assert (left, right) == (2, 3)


SCHEMAS = {
    schema.name: schema for schema in get_all_operator_schema() if schema.domain == FOREIGN_DOMAIN
}


@pytest.mark.parametrize("name", sorted(set(foreign_operators()) & set(SCHEMAS)))
def test_signatures_are_those_of_the_runtime(name: str) -> None:
    definition, schema = definition_of(name), SCHEMAS[name]
    if definition.operands != ("...",):
        formals = [
            f"{formal.name}?" if str(formal.option).endswith("Optional") else formal.name
            for formal in schema.inputs
        ]
        assert [x.removesuffix("?") for x in definition.operands] == [
            x.removesuffix("?") for x in formals
        ]
        required = {x for x in formals if not x.endswith("?")}
        assert {x for x in definition.operands if not x.endswith("?")} <= required
    assert set(definition.attributes) == set(schema.attributes)
    for key, default in definition.attributes.items():
        assert isinstance(default, type) == schema.attributes[key].required, key


def problem(case: Case) -> str:
    with pytest.raises(ImportModelError) as caught:
        stepwell.compile(case.model())
    return str(caught.value)


def test_what_is_not_supported_is_said() -> None:
    text = problem(Case("CDist", [reals(2, 2), reals(2, 2)], {"metric": "cityblock"}))
    assert "metric 'cityblock'" in text
    text = problem(Case("FusedMatMul", [reals(2, 2), reals(2, 2)], {"transC": 1}))
    assert "FusedMatMul 'the node': unsupported attribute 'transC'" in text
    text = problem(Case("FusedMatmul", [reals(2, 2), reals(2, 2)]))
    assert "FusedMatmul 'the node': unsupported operator" in text
    assert "did the exporter mean FusedMatMul?" in text
    text = problem(Case("FusedConv", [reals(1, 3, 6, 6), reals(4, 3, 3, 3)], {"activation": "Elu"}))
    assert "FusedConv 'the node': has the activation 'Elu'" in text
    text = problem(Case("QuickGelu", [reals(2)], {"alpha": "much"}))
    assert "QuickGelu 'the node': attribute 'alpha' is 'much', expected a number" in text
    text = problem(Case("BiasGelu", [reals(2)]))
    assert "BiasGelu 'the node': operand 'B' is missing" in text
    text = problem(Case("BiasGelu", [reals(2), reals(2), reals(2)]))
    assert "BiasGelu 'the node': has 3 operands, expected at most 2" in text
    text = problem(Case("MatMulNBits", [reals(2, 8), u8(4, 1, 4)], {"K": 8, "N": 4}))
    assert "MatMulNBits 'the node': attribute 'block_size' is missing" in text
