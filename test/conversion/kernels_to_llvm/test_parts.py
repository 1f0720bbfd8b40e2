"""A long @main is several functions, which compute what one function would."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from xdsl.dialects import func
from xdsl.dialects.builtin import i64

from stepwell.compiler.compilation import Compilation
from stepwell.compiler.compile import compile, lower
from stepwell.compiler.finish import finish
from stepwell.compiler.options import Options
from stepwell.conversion.kernels_to_llvm import parts
from stepwell.kernels.builder import KernelBuilder, memref_type
from stepwell.runtime.engine import Engine
from stepwell.targets.target import Target

LAYERS = 40


@pytest.fixture
def cut_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of a few operations."""
    monkeypatch.setattr(parts, "LONGEST", 10)
    monkeypatch.setattr(parts, "PART", 10)


def layers(width: int) -> onnx.ModelProto:
    """Products with a softmax between them, and the input added again: a kernel for each."""
    random = np.random.default_rng(0)
    nodes, weights, value = [], [], "x"
    for number in range(LAYERS):
        weight = random.standard_normal((width, width)).astype(np.float32)
        weights.append(numpy_helper.from_array(weight, f"w{number}"))
        nodes.append(helper.make_node("MatMul", [value, f"w{number}"], [f"p{number}"]))
        nodes.append(helper.make_node("Softmax", [f"p{number}"], [f"s{number}"], axis=-1))
        nodes.append(helper.make_node("Add", [f"s{number}", "x"], [f"y{number}"]))
        value = f"y{number}"
    shape = [width, width]
    graph = helper.make_graph(
        nodes,
        "layers",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(value, TensorProto.FLOAT, shape)],
        weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.mark.parametrize("threads", [1, 2])
def test_parts_compute_what_one_function_does(threads: int, monkeypatch: pytest.MonkeyPatch):
    """With two threads the larger products run in the pool, called from several parts."""
    model = layers(96)
    x = np.random.default_rng(1).standard_normal((96, 96)).astype(np.float32)
    whole = compile(model, threads=threads)(x)
    monkeypatch.setattr(parts, "LONGEST", 10)
    monkeypatch.setattr(parts, "PART", 10)
    assert np.array_equal(compile(model, threads=threads)(x), whole)


@pytest.mark.usefixtures("cut_often")
def test_a_timed_program_in_parts_has_the_ticks_of_all_steps():
    """A tick that is read is stored in the same part."""
    compilation = Compilation.of(layers(8), Options())
    compilation.lower_to("engine")
    engine = Engine(finish(compilation, timed=True))
    _, ticks = engine(np.ones((8, 8), np.float32))
    assert len(ticks) == 1 + len(compilation.steps) > LAYERS
    assert (np.diff(ticks) >= 0).all()


def test_only_a_long_main_is_cut(monkeypatch: pytest.MonkeyPatch):
    text = lower(layers(8), "llvm").text
    assert 'define internal void @"main"' in text
    assert "main.0" not in text
    monkeypatch.setattr(parts, "LONGEST", 10)
    monkeypatch.setattr(parts, "PART", 10)
    text = lower(layers(8), "llvm").text
    assert text.count('define internal void @"main.') > 3
    assert text.count('call void @"main.') == text.count('define internal void @"main.')


def test_no_part_uses_what_another_has_computed(monkeypatch: pytest.MonkeyPatch):
    """Views and constants are made anew; what a call returns cannot be, so it is not cut off."""
    monkeypatch.setattr(parts, "LONGEST", 4)
    monkeypatch.setattr(parts, "PART", 2)
    b = KernelBuilder(Target.host())
    buffer = memref_type([64], i64)
    b.module.body.block.add_op(func.FuncOp.external("number", [], [i64]))
    with b.function("main", [buffer], names=["buffer"]) as (out,):
        (number,) = b.call("number", [], [i64])
        for place in range(8):
            b.store(number if place < 4 else b.constant(place, i64), out, [place])
    [_, main] = [op for op in b.module.ops if isinstance(op, func.FuncOp)]
    found = parts.parts_of(main)
    assert [op for part in found for op in part] == list(main.body.block.ops)
    assert len(found) > 2
    home = {op: at for at, part in enumerate(found) for op in part}
    for op, at in home.items():
        for operand in op.operands:
            if isinstance(operand.owner, func.CallOp):
                assert home[operand.owner] == at
