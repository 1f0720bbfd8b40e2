"""Models that cannot be imported: one clear message with everything that is wrong."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from stepwell.conversion.import_onnx import import_model
from stepwell.dialects import make_context
from stepwell.errors import ImportModelError

FLOAT = TensorProto.FLOAT


def model(
    nodes: list[onnx.NodeProto],
    *,
    initializers: list[onnx.TensorProto] | None = None,
    inputs: list[onnx.ValueInfoProto] | None = None,
    outputs: list[str] | None = None,
    opset: int = 17,
) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "graph",
        inputs or [helper.make_tensor_value_info("x", FLOAT, [2, 3])],
        [onnx.ValueInfoProto(name=name) for name in outputs or ["y"]],
        initializers or [],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])


def node(op_type: str, inputs: list[str], outputs: list[str], **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(op_type, inputs, outputs, name=f"n_{outputs[0]}", **attributes)


def relu() -> onnx.ModelProto:
    return model([node("Relu", ["x"], ["y"])])


def message(source: Any, **options: Any) -> str:
    """The message of the error that importing raises."""
    with pytest.raises(ImportModelError) as caught:
        import_model(source, make_context(), **options)
    assert caught.value.exit_code == 1
    return str(caught.value)


class TestFiles:
    def test_missing(self, tmp_path: Path) -> None:
        path = tmp_path / "none.onnx"
        assert message(path) == f"{path}: there is no such file"

    def test_empty(self, tmp_path: Path) -> None:
        path = tmp_path / "empty.onnx"
        path.touch()
        assert message(path) == f"{path}: the file is empty; expected an ONNX model"
        assert "no bytes" in message(b"")

    def test_folder(self, tmp_path: Path) -> None:
        assert "is a folder" in message(tmp_path)

    def test_other_files(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        assert "is not a regular file" in message(tmp_path / "pipe")
        assert "is not a regular file" in message("/dev/zero")
        assert "cannot be read" in message("a\0b")

    def test_not_onnx(self, tmp_path: Path) -> None:
        path = tmp_path / "text.onnx"
        path.write_text("This is a poem about a well.\n" * 40)
        assert "is not an ONNX model" in message(path)

    def test_another_message(self) -> None:
        # Valid protobuf, but of another kind.
        tensor = numpy_helper.from_array(np.ones(3, np.float32), "t")
        assert "is not an ONNX model" in message(tensor.SerializeToString())

    @pytest.mark.parametrize("keep", [0.3, 0.9, 0.999])
    def test_truncated(self, tmp_path: Path, keep: float) -> None:
        weight = numpy_helper.from_array(np.ones((64, 64), np.float32), "w")
        data = model(
            [node("MatMul", ["x", "w"], ["y"])],
            initializers=[weight],
            inputs=[helper.make_tensor_value_info("x", FLOAT, [2, 64])],
        ).SerializeToString()
        path = tmp_path / "cut.onnx"
        path.write_bytes(data[: int(len(data) * keep)])
        assert "truncated or damaged" in message(path)

    def test_every_truncation_and_flipped_byte_is_an_error_or_a_model(self) -> None:
        data = relu().SerializeToString()
        rng = np.random.default_rng(0)
        samples = [data[:at] for at in range(1, len(data))]
        for _ in range(200):
            damaged = bytearray(data)
            damaged[int(rng.integers(len(data)))] = int(rng.integers(256))
            samples.append(bytes(damaged))
        for sample in samples:
            try:
                import_model(sample, make_context())
            except ImportModelError:
                continue


class TestStructure:
    def test_cycle(self) -> None:
        nodes = [node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"])]
        text = message(model([*nodes, node("Relu", ["b"], ["y"])]))
        assert "the graph has a cycle: Add 'n_a' <- Relu 'n_b' <- Add 'n_a'" in text

    def test_order_is_repaired(self) -> None:
        nodes = [node("Relu", ["a"], ["y"]), node("Neg", ["x"], ["a"])]
        module = import_model(model(nodes), make_context())
        module.verify()
        names = [op.name for op in module.walk() if op.name.startswith("onnx.")]
        assert names == ["onnx.Neg", "onnx.Relu"]

    def test_undefined_value(self) -> None:
        text = message(model([node("Add", ["x", "w"], ["y"])]))
        assert "Add 'n_y': input 'w' is defined nowhere" in text

    def test_undefined_output(self) -> None:
        assert "graph output 'z' is defined nowhere" in message(
            model([node("Relu", ["x"], ["y"])], outputs=["z"])
        )

    def test_duplicate_output(self) -> None:
        nodes = [node("Relu", ["x"], ["y"]), node("Neg", ["x"], ["y"])]
        assert "output 'y' has the name of an output of Relu 'n_y'" in message(model(nodes))

    def test_output_named_like_an_input(self) -> None:
        assert "output 'x' has the name of an input" in message(
            model([node("Relu", ["x"], ["x"])], outputs=["x"])
        )

    def test_duplicate_inputs_and_initializers(self) -> None:
        info = helper.make_tensor_value_info("x", FLOAT, [2])
        weight = numpy_helper.from_array(np.ones(2, np.float32), "w")
        text = message(
            model(
                [node("Add", ["x", "w"], ["y"])], inputs=[info, info], initializers=[weight, weight]
            )
        )
        assert "the name 'x' belongs to 2 inputs" in text
        assert "the name 'w' belongs to 2 initializers" in text

    def test_undefined_value_in_a_subgraph(self) -> None:
        branch = helper.make_graph(
            [node("Relu", ["nowhere"], ["t"])], "b", [], [onnx.ValueInfoProto(name="t")]
        )
        condition = helper.make_tensor_value_info("x", TensorProto.BOOL, [])
        text = message(
            model(
                [node("If", ["x"], ["y"], then_branch=branch, else_branch=branch)],
                inputs=[condition],
            )
        )
        assert "Relu 'n_t': input 'nowhere' is defined nowhere" in text

    def test_a_cycle_of_thousands_of_nodes(self) -> None:
        nodes = [node("Relu", [f"v{(at + 1) % 3000}"], [f"v{at}"]) for at in range(3000)]
        assert "the graph has a cycle: Relu" in message(
            model([*nodes, node("Relu", ["v0"], ["y"])])
        )


class TestVersionsAndNames:
    def test_a_format_of_the_future(self) -> None:
        proto = relu()
        proto.ir_version = onnx.IR_VERSION + 1
        assert f"version {onnx.IR_VERSION + 1} of the format; the newest known" in message(proto)

    @pytest.mark.parametrize("version", [0, -5, 999])
    def test_operators_of_no_known_version(self, version: int) -> None:
        proto = relu()
        proto.opset_import[0].version = version
        assert f"uses version {version} of the operators of 'ai.onnx'" in message(proto)

    @pytest.mark.parametrize("domain", ["", "ai.onnx"])
    def test_two_versions_of_a_domain(self, domain: str) -> None:
        proto = relu()
        proto.opset_import.append(helper.make_opsetid(domain, 7))
        assert "uses versions 17 and 7 of the operators of 'ai.onnx'" in message(proto)

    def test_an_input_without_a_name(self) -> None:
        inputs = [helper.make_tensor_value_info(name, FLOAT, [2]) for name in ("x", "")]
        text = message(model([node("Relu", ["x"], ["y"])], inputs=inputs))
        assert "input 1 has no name" in text

    def test_an_output_without_a_name(self) -> None:
        text = message(model([node("Relu", ["x"], ["y"])], outputs=[""]))
        assert "graph output '' is defined nowhere" in text

    @pytest.mark.parametrize("outputs", [[], ["", ""], ["y", "z"]])
    def test_a_wrong_number_of_outputs(self, outputs: list[str]) -> None:
        made = helper.make_node("Relu", ["x"], outputs, name="n")
        assert "Relu 'n': " in message(model([made, node("Relu", ["x"], ["w"])], outputs=["w"]))

    def test_an_output_declared_of_another_type(self) -> None:
        proto = relu()
        proto.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", TensorProto.INT64, [2]))
        text = message(proto)
        assert "output 'y' is declared as tensor(int64), it is tensor(float)" in text

    def test_declared_sizes_of_another_export(self) -> None:
        proto = relu()
        proto.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", FLOAT, [9, 3]))
        import_model(proto, make_context())


class TestOperators:
    def test_unknown_operator(self) -> None:
        text = message(model([node("Rleu", ["x"], ["y"])]))
        assert "Rleu 'n_y': unsupported operator" in text
        assert "did the exporter mean Relu?" in text

    def test_unknown_domain(self) -> None:
        proto = model([node("FusedMatMul", ["x", "x"], ["y"], domain="com.example")])
        text = message(proto)
        assert "com.example.FusedMatMul 'n_y': unsupported operator" in text

    def test_attributes(self) -> None:
        text = message(model([node("Softmax", ["x"], ["y"], axes=[1])]))
        assert "unsupported attribute 'axes'; its schema has axis" in text
        text = message(model([node("Softmax", ["x"], ["y"], axis="last")]))
        assert "attribute 'axis' is STRING, expected an integer" in text
        text = message(model([node("Cast", ["x"], ["y"])]))
        assert "attribute 'to' (an integer) is missing" in text

    def test_wrong_number_of_inputs(self) -> None:
        assert "expects 2 operands, got 1" in message(model([node("MatMul", ["x"], ["y"])]))

    def test_wrong_type(self) -> None:
        integers = helper.make_tensor_value_info("x", TensorProto.INT64, [2])
        text = message(model([node("Elu", ["x"], ["y"])], inputs=[integers]))
        assert "Elu 'n_y'" in text
        assert "tensor(int64)" in text

    def test_shapes_that_do_not_fit(self) -> None:
        text = message(model([node("MatMul", ["x", "x"], ["y"])]))
        assert "MatMul 'n_y': " in text
        assert "inner sizes" in text

    def test_mixed_types(self) -> None:
        weight = numpy_helper.from_array(np.ones(3, np.float64), "w")
        text = message(model([node("Add", ["x", "w"], ["y"])], initializers=[weight]))
        assert "Add 'n_y'" in text

    def test_split_into_another_number_of_parts(self) -> None:
        # The shape inference of onnx 1.23 would abort the process.
        text = message(
            model([node("Split", ["x"], ["y", "z", "u"], num_outputs=2, axis=1)], opset=18)
        )
        assert "Split 'n_y': num_outputs is 2, it has 3 outputs" in text

    def test_old_forms_are_checked_before_they_are_upgraded(self) -> None:
        text = message(model([node("TopK", ["x"], ["y", "z"])], opset=9))
        assert "TopK 'n_y': version 1 of this operator needs the attribute 'k'" in text
        text = message(model([node("Clip", [], ["y"])], opset=6))
        assert "version 6 of this operator has 1 to 1 inputs, the node has 0" in text

    def test_everything_at_once(self) -> None:
        text = message(
            model(
                [
                    node("Foo", ["x"], ["a"]),
                    node("Bar", ["a"], ["b"]),
                    node("Relu", ["b"], ["c"], bias=1),
                    node("Cast", ["c"], ["y"]),
                ],
                initializers=[TensorProto(name="w", data_type=FLOAT, dims=[-5])],
            )
        )
        assert text.startswith("model: 5 problems\n")
        for part in ("Foo 'n_a'", "Bar 'n_b'", "Relu 'n_c'", "Cast 'n_y'", "initializer 'w'"):
            assert f"\n  - {part}" in text

    def test_a_failed_node_is_reported_once(self) -> None:
        weight = numpy_helper.from_array(np.ones((5, 5), np.float32), "w")
        nodes = [
            node("MatMul", ["x", "w"], ["a"]),
            node("Relu", ["a"], ["b"]),
            node("Neg", ["b"], ["y"]),
        ]
        text = message(model(nodes, initializers=[weight]))
        assert text.count("n_") == 1


class TestSizes:
    @pytest.mark.parametrize("size", [2**40 + 1, 2**62])
    def test_absurd_input(self, size: int) -> None:
        info = helper.make_tensor_value_info("x", FLOAT, [2, size])
        text = message(model([node("Relu", ["x"], ["y"])], inputs=[info]))
        assert f"input 'x' has a dimension of size {size}" in text

    @pytest.mark.parametrize(("dims", "words"), [
        ([-3], "has a dimension of size -3"),
        ([2**41], "has a dimension of size"),
        ([2**30, 2**30], "has the absurd shape"),
        ([7], "has 12 bytes of data, but float[7] takes 28"),
    ])  # fmt: skip
    def test_absurd_initializer(self, dims: list[int], words: str) -> None:
        weight = TensorProto(name="w", data_type=FLOAT, dims=dims, raw_data=b"\0" * 12)
        text = message(model([node("Add", ["x", "w"], ["y"])], initializers=[weight]))
        assert "initializer 'w'" in text
        assert words in text

    def test_absurd_fill(self) -> None:
        # Folding must not make what a node merely describes.
        weight = numpy_helper.from_array(np.array([2**39], np.int64), "w")
        proto = model([node("ConstantOfShape", ["w"], ["y"])], initializers=[weight])
        module = import_model(proto, make_context())
        assert "549755813888" in str(module)

    def test_unknown_element_type(self) -> None:
        weight = TensorProto(name="w", data_type=99, dims=[3], raw_data=b"\0" * 12)
        assert "element type 99, which does not exist" in message(
            model([node("Add", ["x", "w"], ["y"])], initializers=[weight])
        )

    def test_typed_data_of_another_size(self) -> None:
        weight = TensorProto(name="w", data_type=TensorProto.INT64, dims=[3], int64_data=[1, 2])
        assert "initializer 'w'" in message(
            model([node("Add", ["x", "w"], ["y"])], initializers=[weight])
        )


def _external(location: str, **notes: str) -> onnx.ModelProto:
    weight = TensorProto(name="w", data_type=FLOAT, dims=[3])
    weight.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **notes}.items():
        weight.external_data.add(key=key, value=value)
    return model([node("Add", ["x", "w"], ["y"])], initializers=[weight])


class TestExternalData:
    @pytest.fixture
    def save(self, tmp_path: Path) -> Callable[[onnx.ModelProto], Path]:
        folder = tmp_path / "model"
        folder.mkdir()
        np.arange(3, dtype=np.float32).tofile(tmp_path / "outside.bin")
        np.arange(3, dtype=np.float32).tofile(folder / "inside.bin")

        def write(proto: onnx.ModelProto) -> Path:
            path = folder / "model.onnx"
            path.write_bytes(proto.SerializeToString())
            return path

        return write

    @pytest.mark.parametrize("location", [
        "../outside.bin", "sub/../../outside.bin", "/etc/hostname", "C:\\windows\\x", "\\\\host\\x",
        "..\\outside.bin", "",
    ])  # fmt: skip
    def test_outside(self, save: Callable[[onnx.ModelProto], Path], location: str) -> None:
        text = message(save(_external(location)))
        assert "initializer 'w' has external data at" in text

    def test_link_outside(self, save: Callable[[onnx.ModelProto], Path], tmp_path: Path) -> None:
        os.symlink(tmp_path / "outside.bin", tmp_path / "model" / "link.bin")
        assert "which a link leads outside" in message(save(_external("link.bin")))
        os.symlink(tmp_path, tmp_path / "model" / "folder")
        assert "which a link leads outside" in message(save(_external("folder/outside.bin")))

    def test_missing(self, save: Callable[[onnx.ModelProto], Path]) -> None:
        assert "needs external data 'none.bin', which is missing" in message(
            save(_external("none.bin"))
        )

    def test_not_a_file(self, save: Callable[[onnx.ModelProto], Path]) -> None:
        assert "is not a file" in message(save(_external(".")))

    def test_too_short(self, save: Callable[[onnx.ModelProto], Path]) -> None:
        assert "needs bytes 4 to 16" in message(
            save(_external("inside.bin", offset="4", length="12"))
        )
        assert "needs bytes" in message(save(_external("inside.bin", offset="-8", length="12")))
        assert "malformed" in message(save(_external("inside.bin", offset="four")))

    def test_without_a_folder(self) -> None:
        assert "a model in memory has no folder" in message(_external("inside.bin"))

    def test_inside(self, save: Callable[[onnx.ModelProto], Path]) -> None:
        module = import_model(save(_external("inside.bin")), make_context())
        assert "dense<[0.0, 1.0, 2.0]>" in str(module)


class TestShapes:
    def test_wrong_shapes(self) -> None:
        info = helper.make_tensor_value_info("x", FLOAT, ["N", 3])
        proto = model([node("Relu", ["x"], ["y"])], inputs=[info])
        assert "names no input; there are x" in message(proto, shapes={"image": [1, 3]})
        assert "the input has rank 2" in message(proto, shapes={"x": [1, 3, 5]})
        assert "has an impossible size" in message(proto, shapes={"x": [-1, 3]})
        assert "is a dimension and takes one size" in message(proto, shapes={"N": [1, 2]})
        assert "dimension 'N' is given as 4 and as 2" in message(
            proto, shapes={"x": [4, 3], "N": [2]}
        )
