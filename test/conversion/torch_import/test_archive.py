"""Archives that are no programs, damaged ones, and hostile ones: one message each."""

from __future__ import annotations

import contextlib
import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stepwell
from stepwell.conversion.source import open_source
from stepwell.conversion.torch_import.archive import is_torch_file, open_archive
from stepwell.conversion.torch_import.import_program import import_program
from stepwell.dialects import make_context
from stepwell.errors import ImportModelError
from stepwell.test.conversion.torch_import.recorded_programs import changed, path_of


def imported(data: bytes, entry: str | None = None) -> None:
    import_program(open_archive(open_source(data), entry), make_context())


def zipped(*names: str, content: bytes = b"pt2") -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as made:
        for name in names:
            made.writestr(name, content)
    return written.getvalue()


def _pickled(content: bytes) -> bytes:
    """What torch.save would write of a pickle."""
    return zipped("m/data.pkl", content=content)


class Explosive:
    """A pickle that would run code."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return pytest.fail, ("a pickle was executed",)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04", "is no zip archive, or a truncated one"),
        (b"nothing at all", r"is not an archive of torch\.export \(\.pt2\), or a truncated one"),
        (pickle.dumps(Explosive()), "is a Python pickle, which may run any code and is not read"),
        (zipped("m/readme"), r"is a zip archive, but not of torch\.export"),
        (zipped("m/data.pkl", "m/constants.pkl", "m/code/m.py"), "is a TorchScript archive"),
        (zipped("m/data.pkl", "m/data/0"), r"holds what torch\.save wrote.*torch\.export\.save"),
        (zipped("m/archive_format"), r"has no exported program, perhaps compiled code alone"),
        (zipped("m/archive_format", content=b"pt9"), "of the format 'pt9', expected 'pt2'"),
        (
            zipped("serialized_exported_program.json", "version"),
            "the program in it is no JSON text",
        ),
        (
            zipped("m/archive_format", "m/models/a.json", "m/models/b.json"),
            "has several programs; choose one by signature=: a, b",
        ),
        (zipped("m/archive_format", "m/models/model.json"), "the program in it is no JSON text"),
    ],
)
def test_other_files(data: bytes, message: str) -> None:
    with pytest.raises(ImportModelError, match=message):
        imported(data)


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(ImportModelError, match="has no program 'other'; it has model"):
        imported(path_of("cache").read_bytes(), "other")


def test_files_are_recognised_by_content() -> None:
    assert is_torch_file(open_source(path_of("cache")))
    assert is_torch_file(open_source(zipped("m/data.pkl")))
    assert not is_torch_file(open_source(zipped("m/readme")))
    assert not is_torch_file(open_source(b"PK\x03\x04"))


def test_a_damaged_archive_is_recognised_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "model.pt2"
    path.write_bytes(path_of("cache").read_bytes()[:1000])
    assert is_torch_file(open_source(path))
    with pytest.raises(ImportModelError, match="is no zip archive, or a truncated one"):
        stepwell.compile(path)


def _at(program: dict[str, Any], *path: str | int) -> Any:
    found: Any = program
    for key in path:
        found = found[key]
    return found


_GRAPH = ("graph_module", "graph")
_CHANGES: list[tuple[str, Callable[[dict[str, Any]], Any], str]] = [
    (
        "another major version",
        lambda p: p["schema_version"].update(major=9),
        r"is of version 9\.20 of the export schema, expected 8\.x",
    ),
    ("no graph", lambda p: p["graph_module"].pop("graph"), "'graph' is missing"),
    (
        "nodes of another kind",
        lambda p: _at(p, *_GRAPH).update(nodes={}),
        "graph: 'nodes' is of class dict, expected list",
    ),
    (
        "an argument of two kinds",
        lambda p: _at(p, *_GRAPH, "nodes", 0, "inputs", 0, "arg").update(as_int=3),
        r"node 'conv2d': argument 'input' has 2 kinds, expected one",
    ),
    (
        "a value that nothing gives",
        lambda p: _at(p, *_GRAPH, "nodes", 0, "inputs", 0, "arg", "as_tensor").update(name="y"),
        "aten.conv2d.default 'stem/conv2d': needs 'y', which no node before it gives",
    ),
    (
        "nodes that use each other",
        lambda p: _at(p, *_GRAPH, "nodes").reverse(),
        "needs 'adaptive_avg_pool2d', which no node before it gives|needs '",
    ),
    (
        "an argument of another kind",
        lambda p: _at(p, *_GRAPH, "nodes", 0, "inputs", 0).update(arg={"as_string": "x"}),
        "aten.conv2d.default 'stem/conv2d': .*'input' is 'x', expected Tensor",
    ),
    (
        "an argument that nobody knows",
        lambda p: _at(p, *_GRAPH, "nodes", 0, "inputs", 0).update(name="inptu"),
        "has an argument 'inptu', which is not known",
    ),
    (
        "a foreign element type",
        lambda p: _at(p, *_GRAPH, "tensor_values", "conv2d").update(dtype=77),
        "elements of code 77",
    ),
    (
        "a sparse tensor",
        lambda p: _at(p, *_GRAPH, "tensor_values", "conv2d").update(layout=2),
        "not dense",
    ),
    (
        "an input without a type",
        lambda p: _at(p, *_GRAPH, "tensor_values").pop("image"),
        "input 'image' has no type",
    ),
    (
        "fewer inputs in the signature",
        lambda p: _at(p, "graph_module", "signature", "input_specs").pop(),
        "inputs in its signature",
    ),
    (
        "an object",
        lambda p: _at(p, "graph_module", "signature", "input_specs").__setitem__(
            0,
            {
                "custom_obj": {
                    "arg": {"name": "p_stem_weight", "class_fqn": "mine"},
                    "custom_obj_name": "o",
                }
            },
        ),
        "input 'p_stem_weight' is an object of a class of its own",
    ),
]


@pytest.mark.parametrize(
    ("change", "message"), [c[1:] for c in _CHANGES], ids=[c[0] for c in _CHANGES]
)
def test_programs_that_are_wrong(change: Callable[[dict[str, Any]], Any], message: str) -> None:
    with pytest.raises(ImportModelError, match=message):
        imported(changed("convolutional", change))


def _config(members: dict[str, bytes], old: bytes, new: bytes) -> None:
    name = "data/weights/model_weights_config.json"
    assert old in members[name]
    members[name] = members[name].replace(old, new, 1)


_SPOILT: list[tuple[str, Callable[[dict[str, bytes]], Any], str]] = [
    (
        "bytes that are not there",
        lambda m: m.update({"data/weights/weight_0": b"1234"}),
        r"parameter 'stem\.weight' has 4 bytes, expected 864",
    ),
    (
        "a member that is not there",
        lambda m: m.pop("data/weights/weight_0"),
        "parameter 'stem.weight' should lie in '.*weight_0', which the archive does not have",
    ),
    (
        "a pickle",
        lambda m: _config(m, b'"use_pickle": false', b'"use_pickle": true'),
        "parameter 'stem.weight' is pickled, which may run any code and is not read",
    ),
    (
        "a huge stride",
        lambda m: _config(m, b'{"as_int": 27}', b'{"as_int": 99999999999999}'),
        "parameter 'stem.weight' has 864 bytes, expected",
    ),
    (
        "a negative offset",
        lambda m: _config(
            m, b'"storage_offset": {"as_int": 0}', b'"storage_offset": {"as_int": -9}'
        ),
        "has sizes or strides that are no numbers",
    ),
    (
        "no configuration",
        lambda m: m.pop("data/weights/model_weights_config.json"),
        "parameter 'stem.weight' has no numbers in the file",
    ),
    (
        "the other byte order",
        lambda m: m.update({"byteorder": b"big"}),
        "big-endian",
    ),
    (
        "a pickle that would run code",
        lambda m: (
            m.pop("data/weights/model_weights_config.json"),
            m.update({"data/weights/model.pt": _pickled(pickle.dumps(Explosive()))}),
        ),
        "data/weights/model.pt' in it asks for .*, which no tensor is made of, and is not read on",
    ),
]


@pytest.mark.parametrize(
    ("spoil", "message"), [c[1:] for c in _SPOILT], ids=[c[0] for c in _SPOILT]
)
def test_weights_that_are_wrong(spoil: Callable[[dict[str, bytes]], Any], message: str) -> None:
    with pytest.raises(ImportModelError, match=message):
        imported(changed("convolutional", members=spoil))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_change_of_a_program_is_a_model_or_an_import_error(data: st.DataObject) -> None:
    """Values of the JSON text are replaced by others, of other kinds, too."""

    def change(program: dict[str, Any]) -> None:
        at: Any = program
        while isinstance(at, dict | list) and at:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            key = data.draw(st.sampled_from(keys))
            if not isinstance(at[key], dict | list) or data.draw(st.integers(0, 5)) == 0:
                at[key] = data.draw(
                    st.sampled_from([None, -1, 2**70, "x", [], {}, 0.5, True, {"as_int": 4}])
                )
                return
            at = at[key]

    name = data.draw(st.sampled_from(["cache", "courses", "sizes", "signature"]))
    with contextlib.suppress(ImportModelError):
        imported(changed(name, change))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_damaged_archives(at: int, byte: int) -> None:
    whole = bytearray(path_of("cache").read_bytes())
    whole[at % len(whole)] = byte
    for data in (bytes(whole), bytes(whole[: at % len(whole)])):
        with contextlib.suppress(ImportModelError):
            imported(data or b"x")
