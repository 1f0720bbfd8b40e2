"""Whole nets: versions of the format, files that belong together, sizes, what a net says."""

import numpy as np
import pytest

import stepwell
from stepwell.conversion.import_model import import_model, summary_of
from stepwell.dialects import make_context
from stepwell.dialects.caffe import CaffeOp
from stepwell.errors import ImportModelError
from stepwell.interpreters.running import run
from stepwell.test.conversion.caffe_import.nets import NETS, V2, expected, message_of, trained


def image(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).standard_normal(shape).astype(np.float32)


def write(folder, version: str, stem: str = "net"):
    text = folder / f"{stem}.prototxt"
    text.write_text(NETS[version])
    (folder / f"{stem}.caffemodel").write_bytes(trained(version))
    return text


@pytest.mark.parametrize("version", NETS)
def test_versions_of_the_format_are_one_net(version, tmp_path):
    ctx = make_context()
    module = import_model(write(tmp_path, version), ctx)
    x = image(1, 3, 8, 8)
    [found] = run(ctx, module, {"data": x})
    np.testing.assert_allclose(found, expected(x), rtol=1e-5, atol=1e-6)
    names = [op.nodes[0] for op in module.walk() if isinstance(op, CaffeOp)]
    assert {"conv1", "relu1", "pool1", "norm1", "ip", "drop", "prob"} == set(names)


def test_a_net_is_native(tmp_path):
    engine = stepwell.compile(write(tmp_path, "V2"))
    x = image(1, 3, 8, 8)
    np.testing.assert_allclose(engine(x), expected(x), rtol=1e-4, atol=1e-5)
    assert not engine.reference_ops


def test_shapes_replace_those_of_the_net(tmp_path):
    path = write(tmp_path, "V1")
    x = image(3, 3, 8, 8)
    ctx = make_context()
    module = import_model(path, ctx, shapes={"data": x.shape})
    np.testing.assert_allclose(run(ctx, module, [x])[0], expected(x), rtol=1e-5, atol=1e-6)


def test_a_size_may_stay_open(tmp_path):
    engine = stepwell.compile(write(tmp_path, "V2"), shapes={"data": ["N", 3, 8, 8]})
    for rows in (1, 3):
        x = image(rows, 3, 8, 8)
        np.testing.assert_allclose(engine(x), expected(x), rtol=1e-4, atol=1e-5)


def test_either_file_finds_its_partner(tmp_path):
    text = write(tmp_path, "V2")
    (tmp_path / "other.prototxt").write_text(V2.replace("small", "other"))
    x = image(1, 3, 8, 8)
    for path in (text, text.with_suffix(".caffemodel")):
        ctx = make_context()
        np.testing.assert_allclose(
            run(ctx, import_model(path, ctx), [x])[0], expected(x), rtol=1e-5, atol=1e-6
        )


def test_the_only_weights_in_the_folder(tmp_path):
    path = write(tmp_path, "V2").rename(tmp_path / "deploy.prototxt")
    facts = summary_of(path)
    assert [file.name for file in facts.files] == ["deploy.prototxt", "net.caffemodel"]
    assert facts.facts == (("format", "Caffe, V2 layers"), ("net", "small"))
    assert facts.operators["Convolution"] == 1
    assert str(facts.inputs["data"]) == "tensor<1x3x8x8xf32>"
    assert list(facts.outputs) == ["prob"]


def test_bytes_alone_are_a_net():
    net = message_of(V2)
    net.MergeFromString(b"")
    layers = {layer.name: layer for layer in message_of(V2).layer}
    assert "noise" in layers
    net = message_of(V2)
    blobs = type(net).FromString(trained("V2"))
    for layer in net.layer:
        for other in blobs.layer:
            if other.name == layer.name:
                layer.blobs.extend(other.blobs)
    ctx = make_context()
    x = image(1, 3, 8, 8)
    [found] = run(ctx, import_model(net.SerializeToString(), ctx), [x])
    np.testing.assert_allclose(found, expected(x), rtol=1e-5, atol=1e-6)


def test_a_trained_net_has_inputs_instead_of_data_layers():
    text = """
    layer { name: "d" type: "Data" top: "data" top: "label" include { phase: TRAIN } }
    layer { name: "d" type: "MemoryData" top: "data" top: "label" include { phase: TEST }
      memory_data_param { batch_size: 2 channels: 1 height: 3 width: 3 } }
    layer { name: "f" type: "Flatten" bottom: "data" top: "f" }
    layer { name: "loss" type: "SoftmaxWithLoss" bottom: "f" bottom: "label" top: "loss" }
    layer { name: "acc" type: "Accuracy" bottom: "f" bottom: "label" top: "acc" }
    """
    ctx = make_context()
    module = import_model(message_of(text).SerializeToString(), ctx)
    x = image(2, 1, 3, 3)
    [found] = run(ctx, module, {"data": x})
    assert found.shape == (2, 9)
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-6)


def test_values_are_bound(tmp_path):
    text = 'input: "x" input_dim: 1 input_dim: 1 input_dim: 1 input_dim: 2\n'
    text += 'input: "y" input_dim: 1 input_dim: 1 input_dim: 1 input_dim: 2\n'
    text += 'layer { name: "s" type: "Eltwise" bottom: "x" bottom: "y" top: "z" }'
    ctx = make_context()
    module = import_model(text.encode(), ctx, values={"y": [[[[1, 2]]]]})
    [found] = run(ctx, module, [np.array([[[[5, 6]]]], np.float32)])
    np.testing.assert_array_equal(found, [[[[6, 8]]]])


def test_a_layer_of_several_bottoms_is_several_operations():
    text = """
    input: "a" input_dim: 1 input_dim: 1 input_dim: 4 input_dim: 4
    input: "b" input_dim: 1 input_dim: 1 input_dim: 5 input_dim: 5
    layer { name: "c" type: "Im2col" bottom: "a" bottom: "b" top: "u" top: "v"
      convolution_param { kernel_size: 2 } }
    """
    module = import_model(text.encode(), make_context())
    assert sum(op.name == "caffe.Im2col" for op in module.walk()) == 2


BAD: dict[str, tuple[str, str]] = {
    "type": (
        '@ type: "Convolutoin" bottom: "x" top: "y" }',
        "did you mean 'Convolution'?",
    ),
    "bottom": (
        '@ type: "ReLU" bottom: "z" top: "y" }',
        "input 'z' has no sizes",
    ),
    "weights": (
        '@ type: "Convolution" bottom: "x" top: "y" convolution_param { num_output: 2 '
        "kernel_size: 1 } }",
        "Convolution 'a': has no trained weight; give the .caffemodel, too",
    ),
    "axis": (
        '@ type: "Concat" bottom: "x" top: "y" concat_param { axis: 7 } }',
        "Concat 'a': axis is 7, its operand has 4 dimensions",
    ),
    "both": (
        '@ type: "Concat" bottom: "x" top: "y" concat_param { axis: 1 concat_dim: 1 } }',
        "has both concat_dim and axis",
    ),
    "absurd": (
        '@ type: "Tile" bottom: "x" top: "y" tile_param { axis: 1 tiles: 2147483647 } } '
        'layer { name: "b" type: "Tile" bottom: "y" top: "z" tile_param { axis: 2 tiles: '
        "2147483647 } }",
        "absurd shape",
    ),
    "window": (
        '@ type: "Pooling" bottom: "x" top: "y" pooling_param { kernel_size: 9 } }',
        "Pooling 'a': a kernel of 9 does not fit into 4",
    ),
    "stride": (
        '@ type: "Pooling" bottom: "x" top: "y" pooling_param { kernel_size: 2 stride: 0 } }',
        "stride is [0, 0], expected numbers of at least 1",
    ),
    "reshape": (
        '@ type: "Reshape" bottom: "x" top: "y" reshape_param { shape { dim: 7 dim: -1 } } }',
        "cannot have shape [7, -1]",
    ),
    "syntax": (
        "@ type: }",
        "is not the text of a net",
    ),
    "rules": (
        '@ type: "ReLU" bottom: "x" top: "y" include { phase: TEST } exclude { phase: TRAIN } }',
        "has both 'include' and 'exclude'",
    ),
}
"""What is wrong with a net whose only input is `[1, 2, 4, 4]`, and what is said.

`@` begins a layer `a`.
"""


@pytest.mark.parametrize("name", BAD)
def test_bad_nets_are_refused(name):
    layer, message = BAD[name]
    text = 'input: "x" input_dim: 1 input_dim: 2 input_dim: 4 input_dim: 4\n'
    text += layer.replace("@", 'layer { name: "a"')
    with pytest.raises(ImportModelError) as caught:
        import_model(text.encode(), make_context())
    assert message in str(caught.value)


def test_all_problems_are_in_one_message():
    layers = "".join(
        f'layer {{ name: "{n}" type: "Scale" bottom: "x" top: "{n}" }}\n' for n in ("a", "b")
    )
    text = f'input: "x" input_dim: 1 input_dim: 2 input_dim: 4 input_dim: 4\n{layers}'
    with pytest.raises(ImportModelError) as caught:
        import_model(text.encode(), make_context())
    assert [p.split(":")[0] for p in caught.value.problems] == ["Scale 'a'", "Scale 'b'"]


def test_damaged_bytes(tmp_path):
    whole = trained("V2")
    (tmp_path / "net.prototxt").write_text(V2)
    for data in (whole[:300], whole[:50], whole[:-3], b"\x0a\x02ab" + b"\xa2\x06\x08" + b"x" * 8):
        (tmp_path / "net.caffemodel").write_bytes(data)
        with pytest.raises(ImportModelError):
            import_model(tmp_path / "net.prototxt", make_context())


def test_bombs(tmp_path):
    deep = 'layer { name: "a" ' + "x { " * 20000 + "} " * 20000 + "}"
    wide = 'input: "x" input_dim: 1000000000000 input_dim: 9 input_dim: 9 input_dim: 9\n'
    wide += 'layer { name: "a" type: "ReLU" bottom: "x" top: "y" }'
    for text in (deep, wide):
        with pytest.raises(ImportModelError):
            import_model(text.encode(), make_context())


def test_weights_are_given(tmp_path):
    text = write(tmp_path, "V2")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    weights = (tmp_path / "net.caffemodel").rename(elsewhere / "trained.caffemodel")
    x, ctx = image(1, 3, 8, 8), make_context()
    module = import_model(text, ctx, weights=weights)
    np.testing.assert_allclose(run(ctx, module, [x])[0], expected(x), rtol=1e-5, atol=1e-6)
