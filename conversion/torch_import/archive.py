"""
The archive that `torch.export.save` writes: a zip file with a program and its numbers.

    ROOT/archive_format                              pt2
    ROOT/byteorder                                   little
    ROOT/models/NAME.json                            a program
    ROOT/data/weights/NAME_weights_config.json       where parameters and buffers lie
    ROOT/data/weights/weight_0                       their bytes, stored
    ROOT/data/constants/NAME_constants_config.json   and the same for constants
    ROOT/data/sample_inputs/NAME.pt                  a pickle, which nothing reads

Archives of torch 2.8 have their numbers in `ROOT/data/weights/NAME.pt` and `constants/NAME.pt`, as
`torch.save` writes them; those of older versions have `serialized_exported_program.json` and two
such files without folders. A pickle may run any code: these are read by `formats/torch_pickle.py`,
which knows tensors alone, and no other one is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from ...errors import ImportModelError
from ..formats.torch_pickle import PickleError, SavedTensor, saved_tensors
from ..formats.zip_map import ZipError, ZipMap, is_zip
from ..source import Content
from .program import Program, TensorMeta
from .program_json import MalformedError, parsed_json, program_of, tensor_meta

MOST_TEXT = 2**29
"""Bytes of a program as text: that of a model of a thousand layers has some millions."""

FORMAT = "pt2"

_KINDS = ("weights", "constants")
_FLAT = "serialized_exported_program.json"
"""The program in an archive of torch 2.7 or older."""

SUFFIXES = (".pt2", ".pt", ".pth")
"""How the names of files end that torch writes."""

_HOW = (
    "save it with torch.export.save(torch.export.export(model.eval(), (example,)), 'model.pt2') "
    "and give that file"
)
"""What to do about a file that torch wrote, and that is no exported program."""


@dataclass(frozen=True)
class Payload:
    """Where the numbers of a tensor lie."""

    path: str
    """The member of the archive."""
    meta: TensorMeta | None
    """None for an object that is no tensor."""
    is_pickle: bool


@dataclass(frozen=True)
class Archive:
    """One program of an archive, and the payloads of its tensors by name."""

    subject: str
    zipped: ZipMap
    program: Program
    weights: Mapping[str, Payload]
    constants: Mapping[str, Payload]
    saved: Mapping[str, SavedTensor] = field(default_factory=dict[str, SavedTensor])
    """Tensors of archives of torch 2.8 and older, by name."""


def is_torch_file(content: Content) -> bool:
    """
    Whether a file is one that torch writes: an exported program, TorchScript, or weights. A damaged
    archive is one by its name.
    """
    if not is_zip(content.data):
        return False
    try:
        names = ZipMap(content.data).members
    except ZipError:
        return content.suffix in SUFFIXES
    ends = {name.rpartition("/")[2] for name in names}
    return bool(ends & {"archive_format", "data.pkl", _FLAT})


def open_archive(content: Content, entry: str | None = None) -> Archive:
    """
    The program in a file, of which there may be several with names: `entry` says which.

    Raises:
        ImportModelError: for what is no such archive, or a damaged one.
    """
    subject = content.subject
    if not is_zip(content.data):
        raise ImportModelError(subject, _not_zipped(content))
    try:
        zipped = ZipMap(content.data)
        if _FLAT in zipped.members:
            return _flat_archive(subject, zipped)
        root = _root(zipped, subject)
        _check_byte_order(zipped, root)
        name = _entry(zipped, root, entry, subject)
        program = program_of(zipped.read(f"{root}models/{name}.json", MOST_TEXT))
        weights = _payloads(zipped, f"{root}data/weights/", f"{name}_weights_config.json")
        constants = _payloads(zipped, f"{root}data/constants/", f"{name}_constants_config.json")
        saved = _saved(zipped, *(f"{root}data/{kind}/{name}.pt" for kind in _KINDS))
    except (ZipError, PickleError) as error:
        raise ImportModelError(subject, str(error)) from None
    except MalformedError as error:
        raise ImportModelError(subject, f"the program in it {error}") from None
    except MemoryError:
        raise ImportModelError(subject, "the program in it does not fit into memory") from None
    return Archive(subject, zipped, program, weights, constants, saved)


def _flat_archive(subject: str, zipped: ZipMap) -> Archive:
    """An archive of torch 2.7 or older, without folders."""
    program = program_of(zipped.read(_FLAT, MOST_TEXT))
    saved = _saved(zipped, "serialized_state_dict.pt", "serialized_constants.pt")
    return Archive(subject, zipped, program, {}, {}, saved)


def _saved(zipped: ZipMap, *names: str) -> dict[str, SavedTensor]:
    """The tensors of pickles that are there."""
    found: dict[str, SavedTensor] = {}
    for name in names:
        if name in zipped.members:
            data = zipped.view(name)
            if data is None:
                data = zipped.read(name, zipped.members[name].size)
            try:
                found.update(saved_tensors(data))
            except PickleError as error:
                raise PickleError(f"'{name}' in it {error}") from None
    return found


def _not_zipped(content: Content) -> str:
    if bytes(content.data[:1]) == b"\x80":
        return f"is a Python pickle, which may run any code and is not read; {_HOW}"
    return "is not an archive of torch.export (.pt2), or a truncated one"


def _root(zipped: ZipMap, subject: str) -> str:
    """The folder that everything is in, with its slash."""
    for name in zipped.members:
        if name.rpartition("/")[2] == "archive_format":
            found = bytes(zipped.read(name, 100)).decode("utf-8", "replace")
            if found != FORMAT:
                raise ZipError(f"is an archive of the format '{found:.20}', expected '{FORMAT}'")
            return name.removesuffix("archive_format")
    ends = {name.rpartition("/")[2] for name in zipped.members}
    if "constants.pkl" in ends:
        raise ImportModelError(subject, f"is a TorchScript archive, which is not read; {_HOW}")
    if "data.pkl" in ends:
        raise ImportModelError(
            subject,
            "holds what torch.save wrote, weights or a pickled module, and no program; "
            f"load it in Python, and {_HOW}",
        )
    raise ZipError("is a zip archive, but not of torch.export")


def _check_byte_order(zipped: ZipMap, root: str) -> None:
    name = f"{root}byteorder"
    if name in zipped.members and bytes(zipped.read(name, 100)) != b"little":
        raise ZipError(
            "has numbers whose bytes are in big-endian order; save it on a usual machine"
        )


def _entry(zipped: ZipMap, root: str, wanted: str | None, subject: str) -> str:
    """The name of the program to read: the one that is wanted, `model`, or the only one."""
    folder = f"{root}models/"
    found = [
        name.removeprefix(folder).removesuffix(".json")
        for name in zipped.members
        if name.startswith(folder) and name.endswith(".json")
    ]
    if not found:
        raise ImportModelError(
            subject, f"has no exported program, perhaps compiled code alone; {_HOW}"
        )
    if wanted is not None and wanted not in found:
        raise ImportModelError(
            subject, f"has no program '{wanted}'; it has {', '.join(sorted(found))}"
        )
    if wanted is None and len(found) > 1 and "model" not in found:
        raise ImportModelError(
            subject, f"has several programs; choose one by signature=: {', '.join(sorted(found))}"
        )
    return wanted or ("model" if "model" in found else found[0])


def _payloads(zipped: ZipMap, folder: str, config: str) -> dict[str, Payload]:
    """The payloads that a configuration lists."""
    if folder + config not in zipped.members:
        return {}
    found = parsed_json(zipped.read(folder + config, MOST_TEXT)).get("config")
    if not isinstance(found, dict):
        raise MalformedError(f"has no payloads in {config}")
    return {
        name: _payload(name, folder, value) for name, value in cast(dict[str, Any], found).items()
    }


def _payload(name: str, folder: str, value: object) -> Payload:
    if not isinstance(value, dict):
        raise MalformedError(f"has no payload for '{name}'")
    of = cast(dict[str, Any], value)
    path, meta = of.get("path_name"), of.get("tensor_meta")
    if not isinstance(path, str):
        raise MalformedError(f"does not say where '{name}' lies")
    found = tensor_meta(cast(dict[str, Any], meta)) if isinstance(meta, dict) else None
    return Payload(folder + path, found, bool(of.get("use_pickle")))
