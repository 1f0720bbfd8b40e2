"""The `.well` artifact: round trip, determinism, and every kind of damage."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.compiler.load import load
from stepwell.errors import InvalidArtifactError, StepwellError
from stepwell.runtime.artifact import read_artifact, write_artifact
from stepwell.runtime.engine import Engine
from stepwell.runtime.program import (
    CompiledProgram,
    Constant,
    ReferenceBuffer,
    ReferenceOp,
    TensorSignature,
    WeightSegment,
)


@pytest.fixture
def well(adder, tmp_path):
    path = tmp_path / "adder.well"
    write_artifact(adder, path)
    return path


def test_round_trip_of_all_fields(adder, tmp_path):
    scalar = ReferenceBuffer("arena", 0, 64, "float32", ())
    program = replace(
        adder,
        inputs=(TensorSignature("x", "bfloat16", ("N", 3, "M", "N")), *adder.inputs),
        reference_ops=(
            ReferenceOp("/celu", "Celu", "builtin.module {}", (scalar,), (scalar, scalar)),
        ),
        threads=2,
    )
    path = tmp_path / "all.well"
    write_artifact(program, path)
    back = read_artifact(path)
    for field in fields(CompiledProgram):
        if field.name not in ("weights", "constants", "weights_image"):
            assert getattr(back, field.name) == getattr(program, field.name), field.name
    for ours, theirs in zip(program.weights, back.weights, strict=True):
        assert replace(ours, provider=theirs.provider) == theirs
        np.testing.assert_array_equal(ours.fetch().view(np.uint8), theirs.fetch())
    for ours, theirs in zip(program.constants, back.constants, strict=True):
        assert (ours.name, ours.digest, ours.dtype) == (theirs.name, theirs.digest, theirs.dtype)
        array = theirs.provider()
        assert array.shape == theirs.shape == ours.shape
        np.testing.assert_array_equal(array, ours.provider().reshape(ours.shape))


def test_a_program_of_nothing_round_trips(tmp_path):
    empty = CompiledProgram((), (), (), (), 0, 0)
    write_artifact(empty, tmp_path / "empty.well")
    back = read_artifact(tmp_path / "empty.well")
    assert replace(back, weights_image=None) == empty


def test_weights_are_mapped_and_aligned(well):
    image = read_artifact(well).weights_image
    assert image is not None
    assert not image.flags.writeable
    assert not image.flags.owndata
    assert image.ctypes.data % 64 == 0


def test_equal_constants_are_stored_once(adder, well, tmp_path):
    w, _, again = read_artifact(well).constants
    loaded = read_artifact(well)
    assert loaded.weights_image is not None
    for constant in (loaded.constants[0], loaded.constants[2]):
        assert np.shares_memory(constant.provider(), loaded.weights_image)
    assert not np.shares_memory(loaded.constants[1].provider(), loaded.weights_image)
    assert w.digest == again.digest
    unshared = replace(adder, weights=(replace(adder.weights[0], digest=""),))
    write_artifact(unshared, tmp_path / "unshared.well")
    grown = os.path.getsize(tmp_path / "unshared.well") - os.path.getsize(well)
    assert 16384 - 64 <= grown <= 16384 + 64


@pytest.mark.parametrize("tag", ["ab", "ba", "Ba48b", "aB16b"])
def test_a_constant_is_restored_from_its_packed_form(adder, tmp_path, tag):
    from stepwell.runtime.format_tag import parse_format_tag

    matrix = np.random.default_rng(0).random((37, 100), dtype=np.float32)
    packed = np.ascontiguousarray(parse_format_tag(tag).pack(matrix))
    program = replace(
        adder,
        weights=(
            *adder.weights,
            WeightSegment(32768, packed.nbytes, lambda: packed, "digest of matrix", tag),
        ),
        weights_size=65536,
        constants=(Constant("m", "digest of matrix", "float32", (37, 100), lambda: matrix),),
    )
    write_artifact(program, tmp_path / "packed.well")
    (constant,) = read_artifact(tmp_path / "packed.well").constants
    np.testing.assert_array_equal(constant.provider(), matrix)
    write_artifact(replace(program, constants=()), tmp_path / "without.well")
    sizes = [os.path.getsize(tmp_path / f"{name}.well") for name in ("packed", "without")]
    assert sizes[0] - sizes[1] < 300


def test_equal_programs_give_equal_files(adder, well, tmp_path):
    write_artifact(adder, tmp_path / "again.well")
    Engine(adder, threads=1).save(tmp_path / "from_engine.well")
    load(well).save(tmp_path / "from_file.well")
    for name in ("again", "from_engine", "from_file"):
        assert (tmp_path / f"{name}.well").read_bytes() == well.read_bytes(), name


def test_without_ir(adder, tmp_path):
    Engine(adder, threads=1).save(tmp_path / "small.well", recompilable=False)
    back = read_artifact(tmp_path / "small.well")
    assert (back.ir, back.constants) == ("", ())
    with pytest.raises(InvalidArtifactError, match="has no IR to recompile it from"):
        load(tmp_path / "small.well", recompile=True)


def test_loaded_engine_runs_in_another_process(adder, well):
    a = np.arange(4096, dtype=np.float32) / 4096
    script = (
        "import sys, numpy as np\n"
        "from stepwell.runtime.load import load\n"
        "a = np.arange(4096, dtype=np.float32) / 4096\n"
        "y = load(sys.argv[1], threads=2)(a, a)\n"
        "assert not any(name.startswith(('llvmlite', 'xdsl', 'onnx')) for name in sys.modules)\n"
        "sys.stdout.buffer.write(y.tobytes())\n"
    )
    done = subprocess.run([sys.executable, "-c", script, well], capture_output=True, check=True)
    there = np.frombuffer(done.stdout, np.float32)
    np.testing.assert_array_equal(there, Engine(adder, threads=1)(a, a))


def test_a_file_that_is_replaced_stays_with_who_mapped_it(adder, well):
    engine = load(well, threads=1)
    a = np.zeros(4096, np.float32)
    before = engine(a, a)
    changed = np.full(4096, 5, np.float32)
    write_artifact(
        replace(adder, weights=(replace(adder.weights[0], provider=lambda: changed),)), well
    )
    np.testing.assert_array_equal(engine(a, a), before)
    np.testing.assert_array_equal(load(well, threads=1)(a, a), changed)


def test_a_failed_write_leaves_nothing(adder, well, tmp_path):
    def fail():
        raise ValueError("no such weight")

    before = well.read_bytes()
    broken = replace(adder, weights=(replace(adder.weights[0], provider=fail),))
    with pytest.raises(ValueError, match="no such weight"):
        write_artifact(broken, well)
    assert well.read_bytes() == before
    assert os.listdir(tmp_path) == ["adder.well"]
    with pytest.raises(StepwellError, match=r"missing/x.well: cannot be written: No such file"):
        write_artifact(adder, tmp_path / "missing" / "x.well")


@pytest.mark.parametrize("recompilable", [True, False])
def test_a_file_has_the_permissions_of_the_umask(adder, tmp_path, recompilable):
    write_artifact(adder, tmp_path / "x.well", recompilable=recompilable)
    umask = os.umask(0)
    os.umask(umask)
    assert (tmp_path / "x.well").stat().st_mode & 0o777 == 0o666 & ~umask


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\x89WELL\r\n\x1a", "cut off after 8 bytes"),
        (b"\x89WELL", "cut off after 5 bytes"),
        (b"\x89WELL\r\n\x1a" + bytes(40), "cut off after 48 bytes"),
        (b"\x08\x07\x12\x04torch" * 100, r"not a Stepwell artifact \(it starts with b'\\x08"),
        (b"\x7fELF" + bytes(100), "not a Stepwell artifact"),
        (b"\x89WELL\r\r\n\x1a" + bytes(100), "not a Stepwell artifact"),
        (b"\x89WELL\r\n\x1a\x01" + bytes(100), "format version 1, .*; use an older Stepwell"),
        (b"\x89WELL\r\n\x1a\x09" + bytes(100), "format version 9, .*; use a newer Stepwell"),
    ],
)
def test_foreign_files(tmp_path, content, message):
    path = tmp_path / "foreign.well"
    path.write_bytes(content)
    with pytest.raises(InvalidArtifactError, match=message) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(InvalidArtifactError, match="cannot be read: No such file"):
        load(tmp_path / "missing.well")
    with pytest.raises(InvalidArtifactError, match="cannot be read: Is a directory"):
        load(tmp_path)


def test_truncation_at_every_length(well, tmp_path):
    whole = well.read_bytes()
    path = tmp_path / "cut.well"
    lengths = {*range(130), *range(130, len(whole), 997), *range(len(whole) - 70, len(whole))}
    for length in sorted(lengths):
        path.write_bytes(whole[:length])
        with pytest.raises(InvalidArtifactError, match=r"cut off|empty"):
            read_artifact(path)
    path.write_bytes(whole + b"\0")
    with pytest.raises(InvalidArtifactError, match=rf"has {len(whole) + 1} bytes instead of"):
        read_artifact(path)


def _use_everything(path) -> None:
    for constant in read_artifact(path).constants:
        constant.provider()


def _sections(program) -> dict[str, bytes]:
    """A stretch of bytes that is found only in that section."""
    return {
        "weights": program.weights[0].provider().tobytes()[4000:4064],
        "machine code": program.codes[0].code[:64],
        "IR": program.ir.encode(),
        "constants": program.constants[1].provider().tobytes(),
        "header": b"Add '/add': a[0] is out",
    }


@pytest.mark.parametrize("name", ["weights", "machine code", "IR", "constants", "header"])
def test_damage_is_named_by_section(adder, well, name):
    data = bytearray(well.read_bytes())
    place = data.index(_sections(adder)[name])
    data[place + 3] ^= 0x10
    well.write_bytes(data)
    with pytest.raises(InvalidArtifactError, match=f"the digest of the {name} does not match"):
        _use_everything(well)
    if name == "weights":
        read_artifact(well, verify=False)


@pytest.fixture(scope="module")
def written(adder_code, tmp_path_factory):
    """An artifact's bytes and a place for damaged copies, for many examples."""
    weights = np.arange(3000, dtype=np.float32)
    program = CompiledProgram(
        (),
        (),
        (adder_code,),
        (WeightSegment(0, weights.nbytes, lambda: weights),),
        weights.nbytes,
        0,
        ir="module",
        constants=(Constant("c", "c", "float32", (3000,), lambda: weights),),
    )
    path = tmp_path_factory.mktemp("damaged") / "x.well"
    write_artifact(program, path)
    return path, path.read_bytes()


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_flipped_bits_are_found(written, data):
    path, whole = written
    changed = bytearray(whole)
    bits = data.draw(st.sets(st.integers(0, len(whole) * 8 - 1), min_size=1, max_size=3))
    for bit in bits:
        changed[bit // 8] ^= 1 << bit % 8
    path.write_bytes(changed)
    with pytest.raises(InvalidArtifactError):
        _use_everything(path)


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_swapped_and_zeroed_blocks_are_found(written, data):
    path, whole = written
    size = data.draw(st.sampled_from([64, 512, 4096]))
    blocks = [whole[i : i + size] for i in range(0, len(whole), size)]
    i, j = (data.draw(st.integers(0, len(blocks) - 1)) for _ in range(2))
    if data.draw(st.booleans()):
        blocks[i], blocks[j] = blocks[j], blocks[i]
    else:
        blocks[i] = bytes(len(blocks[i]))
    changed = b"".join(blocks)
    path.write_bytes(changed)
    if changed == whole:
        _use_everything(path)
    else:
        with pytest.raises(InvalidArtifactError):
            _use_everything(path)


def test_code_for_another_machine(adder, tmp_path):
    foreign = replace(adder.codes[0], triple="sparc-unknown-linux")
    path = tmp_path / "foreign.well"
    write_artifact(replace(adder, codes=(foreign,)), path)
    with pytest.raises(InvalidArtifactError, match=r"there is for sparc; load it with recompile"):
        load(path)
    write_artifact(replace(adder, codes=(foreign, adder.codes[0])), path)
    assert load(path).run({name: np.zeros(4096, np.float32) for name in "ab"})["y"][5] == 5


def test_a_malformed_header_with_a_right_digest(adder, well, monkeypatch):
    from stepwell.runtime import artifact

    for header in (b"", b"\x08\0\0\0WELL", b"\xff" * 100, os.urandom(64)):
        monkeypatch.setattr(artifact, "encode_header", lambda *_, header=header: header)
        artifact.write_artifact(adder, well)
        with pytest.raises(InvalidArtifactError, match="header is malformed"):
            read_artifact(well)
