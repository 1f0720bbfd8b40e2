"""Nodes that no run can make sense of are refused on import, by name; their neighbours are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stepwell.conversion.import_onnx import import_model
from stepwell.dialects import make_context
from stepwell.dialects.onnx import op_classes
from stepwell.dialects.onnx.rules import rules
from stepwell.errors import ImportModelError
from stepwell.test.conversion.onnx_import.malformed_nodes import (
    CASES,
    I64,
    U8,
    Malformed,
    bad,
    f32,
    ints,
    model_of,
    s,
)
from stepwell.test.conversion.onnx_import.node_fuzz import deaths, every_schema

NEW = ("Attention", "RotaryEmbedding", "RMSNormalization")


def opset(case: Malformed) -> int:
    return 24 if case.op in NEW else 22


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_refused(case: Malformed):
    with pytest.raises(ImportModelError) as caught:
        import_model(case.model(opset(case)), make_context())
    text = str(caught.value)
    assert f"{case.op} '/bad': " in text
    assert case.words in text


def test_every_malformed_node_is_in_one_message():
    """One report, however many nodes are wrong."""
    whole = model_of("Identity", [s(2)], {})
    del whole.graph.node[:], whole.graph.output[:]
    cases = [c for c in CASES if opset(c) == 22 and not c.domain][::7]
    for at, case in enumerate(cases):
        part = case.model()
        for node in part.graph.node:
            node.name = f"/bad{at}"
            for names in (node.input, node.output):
                renamed = [f"{n}_{at}" if n else "" for n in names]
                del names[:]
                names.extend(renamed)
            whole.graph.node.append(node)
        for value in (*part.graph.input, *part.graph.initializer, *part.graph.output):
            value.name = f"{value.name}_{at}"
        whole.graph.input.extend(v for v in part.graph.input if v.name != f"x_{at}")
        whole.graph.initializer.extend(part.graph.initializer)
        whole.graph.output.extend(part.graph.output)
    with pytest.raises(ImportModelError) as caught:
        import_model(whole, make_context())
    missing = [c.name for at, c in enumerate(cases) if f"'/bad{at}'" not in str(caught.value)]
    assert not missing


GOOD: list[Malformed] = [
    bad("negative axis", "Softmax", s(2, 3), axis=-2),
    bad("no axis is named", "ReduceSum", s(2, 3), ints()),
    bad("both ends", "ReduceSum", s(2, 3), ints(0, -1)),
    bad("after the last", "Unsqueeze", s(2, 3), ints(3, -2)),
    bad("flatten all", "Flatten", s(2, 3), axis=2),
    bad("last index", "Gather", s(5, 3), ints(4, -5)),
    bad("no index of nothing", "Gather", s(0, 3), np.zeros(0, np.int64)),
    bad("unknown size", "Gather", s("n", 3), ints(99)),
    bad("elements of a part", "GatherElements", s(5, 3), np.array([[4, -5]])),
    bad("one index tuple", "GatherND", s(5, 3), np.array([[4, 2]])),
    bad("keeps and fills", "Reshape", s(2, 3), ints(0, -1)),
    bad("nothing", "Reshape", s(0, 3), ints(3, 0), allowzero=1),
    bad("fills nothing", "Reshape", s(0, 3), ints(-1, 3)),
    bad("open sizes", "Reshape", s("n", 3), ints(7, -1)),
    bad("vector", "MatMul", s(3), s(3, 4)),
    bad("batches", "MatMul", s(2, 1, 2, 3), s(5, 3, 4)),
    bad("open inner", "MatMul", s(2, "k"), s("l", 3)),
    bad("bias of a row", "Gemm", s(2, 3), s(3, 5), s(5)),
    bad("broadcasts nothing", "Add", s(0, 3), s(1, 3)),
    bad("names", "Add", s("a", 3), s("b", 1)),
    bad("empty part", "Split", s(6), ints(6, 0), outputs=2),
    bad("uneven", "Split", s(7), num_outputs=3, outputs=3),
    bad("cuts all", "Pad", s(6), ints(-3, -3)),
    bad("one axis of many", "Pad", s(6, 6), ints(1, 2), None, ints(-1)),
    bad("no element", "TopK", s(3), ints(0), outputs=2),
    bad("equal sizes", "Resize", s(1, 1, 4, 4), None, None, ints(1, 1, 4, 4)),
    bad("empty roi", "Resize", s(1, 1, 4, 4), np.zeros(0, np.float32), f32(4)),
    bad("two axes", "Resize", s(1, 1, 4, 4), None, f32(2), None, axes=[-2, -1]),
    bad("diagonal", "Einsum", s(3, 3), equation="ii->i"),
    bad("spaces", "Einsum", s(2, 3), s(3, 4), equation=" i j , jk -> i k "),
    bad("ellipsis", "Einsum", s(5, 2, 3), s(3, 4), equation="...ij,jk->...ik"),
    bad("no result", "Einsum", s(2, 3), s(3, 4), equation="ij,jk"),
    bad("a scalar", "Einsum", s(), s(3), equation=",i->i"),
    bad("groups", "Conv", s(1, 4, 8, 8), f32(6, 2, 3, 3), group=2),
    bad("nothing comes out", "Conv", s(1, 4, 2, 8), f32(4, 4, 3, 3)),
    bad("no image", "Conv", s(0, 4, 8, 8), f32(4, 4, 3, 3)),
    bad("groups", "ConvTranspose", s(1, 4, 8, 8), f32(4, 2, 3, 3), f32(4), group=2),
    bad("no channel", "MaxPool", s(1, 0, 8, 8), kernel_shape=[3, 3]),
    bad("vector", "BatchNormalization", s(2, 4), f32(4), f32(4), f32(4), f32(4)),
    bad("one parameter", "LayerNormalization", s(2, 4, 5), f32(1)),
    bad("parameters of two axes", "LayerNormalization", s(2, 4, 5), f32(4, 5), axis=1),
    bad("hidden size by weights", "LSTM", s(5, 2, 3), f32(1, 16, 3), f32(1, 16, 4)),
    bad("one scale", "QuantizeLinear", s(2, 3), f32(1), np.zeros(1, np.uint8), axis=0),
    bad("scale of 16 bits", "DequantizeLinear", s(2, 3, type=U8), np.array(1e-6, np.float16)),
    bad("least scale", "QuantizeLinear", s(2, 3), np.array(1.2e-38, np.float32)),
    bad("lists of one", "QLinearMatMul", s(2, 3, type=U8), f32(1), np.zeros(1, np.uint8),
        np.ones((3, 5), np.uint8), f32(5), np.zeros(5, np.uint8), f32(), np.zeros(1, np.uint8)),
    bad("blocks", "DequantizeLinear", s(2, 5, type=U8), f32(2, 3), axis=1, block_size=2),
    bad("grouped heads", "Attention", s(2, 4, 12), s(2, 6, 6), s(2, 6, 4), q_num_heads=4,
        kv_num_heads=2),
    bad("short mask", "Attention", s(2, 2, 4, 8), s(2, 2, 6, 8), s(2, 2, 6, 8), s(4, 5)),
    bad("any depth", "OneHot", s(3, type=I64), ints(3), f32(2), axis=-2),
]  # fmt: skip


@pytest.mark.parametrize("case", GOOD, ids=lambda c: c.name)
def test_near_misses(case: Malformed):
    import_model(case.model(opset(case)), make_context())


def test_rules_are_of_operators_that_there_are():
    assert not set(rules()) - set(op_classes())


def test_no_node_hangs_or_aborts_the_shape_inference():
    assert not list(deaths(every_schema(), 40))


RANGES: list[tuple[Any, Any, Any, int]] = [
    (0, 10, 3, 4),
    (0, 9, 3, 3),
    (5, 0, -2, 3),
    (5, 0, 2, 0),
    (3, 3, 1, 0),
    (-(2**62), 2**62, 2**61, 4),
    (0.0, 1.0, 0.3, 4),
    (1.0, 0.0, -0.25, 4),
    (0.5, 0.5, 1.0, 0),
]


@pytest.mark.parametrize(("start", "limit", "delta", "count"), RANGES)
@pytest.mark.parametrize("rank", [0, 1])
def test_lengths_of_ranges(start: Any, limit: Any, delta: Any, count: int, rank: int):
    """Exporters give vectors of one element as well."""
    dtype = np.float32 if isinstance(start, float) else np.int64
    numbers = [np.array(n, dtype).reshape([1] * rank) for n in (start, limit, delta)]
    module = import_model(model_of("Range", numbers, {}), make_context())
    assert "onnx.Range" in str(module)
    assert f"tensor<{count}x" in str(module).split("onnx.Range")[1]
