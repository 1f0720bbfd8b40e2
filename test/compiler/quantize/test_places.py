"""Which tensors become codes."""

from __future__ import annotations

from stepwell.compiler.planned_program import main_of
from stepwell.compiler.quantize.places import places_of
from stepwell.compiler.quantize.products import products_of
from stepwell.compiler.questions.model_options import opened
from stepwell.compiler.questions.optimize import as_onnx
from stepwell.dialects.engine.weights import weight_store
from stepwell.dialects.onnx import OnnxOp
from stepwell.test.quantize_models import images, words


def placed(model, without=()):
    compilation = opened(model)
    module = as_onnx(compilation)
    main = main_of(module)
    products = products_of(main, weight_store(compilation.ctx))
    places = places_of(main, [p for p in products if p.name not in without])
    read: dict[str, int] = {}
    for op, _ in places.reads:
        read[op.name] = read.get(op.name, 0) + 1
    return module, places, read


def test_sums_pools_and_joints_between_convolutions_read_codes():
    _, _, read = placed(images())
    assert read["onnx.Conv"] == 6
    assert read["onnx.Gemm"] == 1
    assert read["onnx.Add"] == 2
    assert read["onnx.MaxPool"] == 1
    assert read["onnx.Concat"] == 2
    assert "onnx.Relu" not in read  # the clamp of a convolution is in front of its codes


def test_what_is_moved_has_the_same_codes():
    module, places, _ = placed(images())
    for op in main_of(module).body.block.ops:
        if op.name in ("onnx.MaxPool", "onnx.Concat"):
            firsts = {places.coded[v] for v in (*op.operands, *op.results)}
            assert len(firsts) == 1


def test_a_convolution_that_stays_gives_numbers():
    module, places, read = placed(images(), without=("project",))
    project = next(
        op
        for op in main_of(module).body.block.ops
        if isinstance(op, OnnxOp) and op.name == "onnx.Conv" and "project" in op.nodes
    )
    assert project.results[0] not in places.coded
    assert (project, 0) not in places.reads or project.operands[0] in places.coded
    assert read["onnx.Conv"] >= 5
    add = next(op for op in main_of(module).body.block.ops if op.name == "onnx.Add")
    # One operand is not codes, so that the sum is of numbers where there are some.
    assert sum((add, at) in places.reads for at in range(2)) <= 1


def test_norms_softmax_and_residuals_of_a_transformer_stay_numbers():
    _, places, read = placed(words())
    assert read == {"onnx.MatMul": 7}
    assert len(places.coded) == 5  # q, k and v read one tensor
