"""Damaged, foreign and hostile programs end in one message, and take little memory."""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path

import pytest

import stepwell
from stepwell.conversion.import_model import import_model, recognise, summary_of
from stepwell.dialects import make_context
from stepwell.errors import ImportModelError
from stepwell.test.conversion.stablehlo_import.recorded_cases import PROGRAMS, bytes_of


def function(body: str, signature: str = "(%x: tensor<4xf32>) -> tensor<4xf32>") -> bytes:
    return f"module @m {{\n  func.func public @main{signature} {{\n{body}\n  }}\n}}\n".encode()


def problems(source: bytes) -> tuple[str, ...]:
    with pytest.raises(ImportModelError) as caught:
        import_model(source, make_context())
    return caught.value.problems


ADD = "%0 = stablehlo.add %x, %x : tensor<4xf32>\nreturn %0 : tensor<4xf32>"


def test_every_unknown_operation_is_listed():
    text = function(
        "%0 = stablehlo.add %x, %x : tensor<4xf32>\n%1 = stablehlo.all_to_all(%0) : tensor<4xf32>\n"
        "%2 = mhlo.copy %1 : tensor<4xf32>\nreturn %2 : tensor<4xf32>"
    )
    assert problems(text) == (
        "operation 'mhlo.copy' is not supported",
        "operation 'stablehlo.all_to_all' is not supported",
    )


def test_every_custom_call_is_listed_by_name():
    text = function(
        "%0 = stablehlo.custom_call @lapack_spotrf_ffi(%x) : (tensor<4xf32>) -> tensor<4xf32>\n"
        "%1 = stablehlo.custom_call @xla_python_cpu_callback(%0) : (tensor<4xf32>) -> "
        "tensor<4xf32>\nreturn %1 : tensor<4xf32>"
    )
    assert problems(text) == (
        "custom_call 'line 3': calls 'lapack_spotrf_ffi', which is a routine of LAPACK",
        "custom_call 'line 4': calls 'xla_python_cpu_callback', which calls Python",
    )


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            "%0 = stablehlo.slice %x [2:9] : (tensor<4xf32>) -> tensor<7xf32>",
            "slice 'line 3': [2:9:1] is outside of a dimension of size 4",
        ),
        (
            "%0 = stablehlo.transpose %x, dims = [1] : (tensor<4xf32>) -> tensor<4xf32>",
            "transpose 'line 3': permutation [1] is not an order of the 1 axes of its operand",
        ),
        (
            "%0 = stablehlo.reverse %x, dims = [0] : (tensor<4xf32>) -> tensor<5xf32>",
            "reverse 'line 3': the result has the shape [5]; it is [4]",
        ),
        (
            "%0 = stablehlo.create_token : !stablehlo.token\n%1 = stablehlo.custom_call @f(%0) : "
            "(!stablehlo.token) -> !stablehlo.token",
            "create_token 'line 3': gives a !stablehlo.token, which is not supported",
        ),
    ],
    ids=["slice", "transpose", "shape", "token"],
)
def test_what_does_not_fit_is_said_with_the_line(body: str, problem: str):
    assert problem in problems(function(f"{body}\nreturn %x : tensor<4xf32>"))


def test_values_are_defined_before_they_are_used():
    text = function(
        "%1 = stablehlo.add %x, %0 : tensor<4xf32>\n%0 = stablehlo.negate %x : tensor<4xf32>\n"
        "return %1 : tensor<4xf32>"
    )
    [problem] = problems(text)
    assert "uses operand 1 before its definition" in problem


def test_functions_have_one_block():
    text = function(
        "%0 = stablehlo.negate %x : tensor<4xf32>\nreturn %0 : tensor<4xf32>\n"
        "^bb1(%y: tensor<4xf32>):\nreturn %y : tensor<4xf32>"
    )
    assert any("function 'main' has 2 blocks" in problem for problem in problems(text))


@pytest.mark.parametrize("dims", ["0, 0", "0, -1"])
def test_offsets_of_a_gather_are_dimensions_of_their_own(dims: str):
    text = function(
        f'%i = stablehlo.constant dense<0> : tensor<1xi32>\n%0 = "stablehlo.gather"(%x, %i) <{{'
        f"dimension_numbers = #stablehlo.gather<offset_dims = [{dims}], "
        "start_index_map = [0]>, slice_sizes = array<i64: 2>}> : (tensor<4xf32>, tensor<1xi32>) -> "
        "tensor<2xf32>\nreturn %x : tensor<4xf32>"
    )
    assert any("offset_dims" in problem for problem in problems(text))


def test_functions_that_call_each_other_are_refused():
    text = (
        "module {\nfunc.func @main(%x: tensor<f32>) -> tensor<f32> {\n%0 = call @f(%x) : "
        "(tensor<f32>) -> tensor<f32>\n%1 = stablehlo.add %0, %0 : tensor<f32>\nreturn %1 : "
        "tensor<f32>\n}\nfunc.func private @f(%x: tensor<f32>) -> tensor<f32> {\n%0 = call @main("
        "%x) : (tensor<f32>) -> tensor<f32>\nreturn %0 : tensor<f32>\n}\n}"
    )
    assert problems(text.encode()) == ("function @main calls itself",)


def test_calls_that_double_are_not_written_out():
    parts = ["module {"]
    for n in range(40):
        callee = f"call @f{n + 1}(%x) : (tensor<f32>) -> tensor<f32>"
        twice = f"%0 = {callee}\n%1 = {callee}\n%2 = stablehlo.add %0, %1 : tensor<f32>"
        name = "main" if n == 0 else f"f{n}"
        parts.append(f"func.func @{name}(%x: tensor<f32>) -> tensor<f32> {{\n{twice}\n")
        parts.append("return %2 : tensor<f32>\n}")
    parts.append("func.func @f40(%x: tensor<f32>) -> tensor<f32> {\nreturn %x : tensor<f32>\n}\n}")
    [problem] = problems("\n".join(parts).encode())
    assert "operations once its calls are inlined" in problem


def test_a_repeated_number_takes_no_memory():
    text = function(
        "%c = stablehlo.constant dense<1.5> : tensor<100000x100000xf32>\n"
        "%0 = stablehlo.slice %c [0:1, 0:4] : (tensor<100000x100000xf32>) -> tensor<1x4xf32>\n"
        "%1 = stablehlo.reshape %0 : (tensor<1x4xf32>) -> tensor<4xf32>\nreturn %1 : tensor<4xf32>"
    )
    assert "dense<1.5> : tensor<f32>" in str(import_model(text, make_context()))
    generic = function(
        '%c = "stablehlo.constant"() <{value = dense<1.5> : tensor<100000x100000xf32>}> : () -> '
        "tensor<100000x100000xf32>\nreturn %x : tensor<4xf32>"
    )
    [problem] = problems(generic)
    assert problem == "a number is repeated 10000000000 times outside of a constant"


@pytest.mark.parametrize("suffix", [".mlirbc", ".jaxexport"])
def test_files_that_end_early(suffix: str):
    for program in PROGRAMS[:2]:
        whole = bytes_of(program, suffix)
        for length in range(8, len(whole), len(whole) // 40):
            with pytest.raises(ImportModelError):
                import_model(whole[:length], make_context())


@pytest.mark.parametrize("suffix", [".mlirbc", ".jaxexport"])
def test_bytes_that_are_others(suffix: str):
    whole = bytearray(bytes_of("mlp", suffix))
    for at in range(0, len(whole), 89):
        for value in (0, 1, 0x7F, 0xFF):
            damaged = bytes(whole[:at]) + bytes([value]) + bytes(whole[at + 1 :])
            with suppress(ImportModelError):
                import_model(damaged, make_context())


def test_bytecode_of_others_is_named():
    foreign = b"ML\xefR\x0dMLIR23.0.0git\0" + bytes_of("mlp", ".mlirbc")[24:]
    [problem] = problems(foreign)
    assert "MLIR23.0.0git" in problem or "is damaged" in problem


def test_a_flatbuffer_that_points_outside():
    whole = bytearray(bytes_of("mlp", ".jaxexport"))
    start = struct.unpack_from("<I", whole)[0]
    for offset in (0xFFFFFFF0, 0x7FFFFFFF):
        struct.pack_into("<I", whole, start, offset)
        with pytest.raises(ImportModelError):
            import_model(bytes(whole), make_context())


def test_content_beats_the_name(tmp_path: Path):
    path = tmp_path / "model.onnx"
    path.write_bytes(bytes_of("mlp", ".mlirbc"))
    assert recognise(path).title == "a StableHLO program"
    assert summary_of(path).operators["dot_general"] == 2
    path.write_bytes(bytes_of("mlp", ".mlirbc")[:200])
    with pytest.raises(ImportModelError) as caught:
        stepwell.compile(path)
    assert caught.value.problems[-1] == (
        "its name says an ONNX model, its content a StableHLO program"
    )


def test_an_object_that_is_no_program():
    fake = type("Fake", (), {"__module__": "jax.numpy"})()
    with pytest.raises(ImportModelError, match=r"expected jax\.export\.Exported"):
        import_model(fake, make_context())
