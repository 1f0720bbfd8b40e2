"""The recorded programs of `torch.export`, and changed copies of them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FOLDER = Path(__file__).parent / "programs"
NAMES = sorted(path.stem for path in FOLDER.glob("*.pt2"))


def path_of(name: str) -> Path:
    return FOLDER / f"{name}.pt2"


def arrays_of(name: str, prefix: str) -> list[npt.NDArray[Any]]:
    """The recorded inputs or outputs of a program by position; those that are None are left out."""
    stem = "convolutional" if name == "stored" else name.partition("_")[0]
    with np.load(FOLDER / f"{stem}.npz") as found:
        keys = [key for key in found.files if key.rpartition("_")[0] == prefix]
        return [found[key] for key in sorted(keys, key=lambda key: int(key.rpartition("_")[2]))]


def inputs_of(name: str, prefix: str = "input") -> list[npt.NDArray[Any]]:
    """The recorded inputs that the program takes."""
    found = arrays_of(name, prefix)
    if name.startswith("signature"):
        return [found[0], found[1], found[3]]
    return [found[0], found[2]] if name.startswith("number") else found


def values_of(name: str) -> dict[str, int]:
    """The inputs that a program has to be given when it is imported."""
    return {"k": 4} if name.startswith("number") else {}


def changed(
    name: str,
    change: Callable[[dict[str, Any]], None] | None = None,
    members: Callable[[dict[str, bytes]], None] | None = None,
) -> bytes:
    """A recorded archive with another program, or other members (by their names without root)."""
    with zipfile.ZipFile(path_of(name)) as old:
        found = {entry: old.read(entry) for entry in old.namelist()}
    root = next(iter(found)).partition("/")[0] + "/"
    contents = {entry.removeprefix(root): content for entry, content in found.items()}
    if change is not None:
        program = json.loads(contents["models/model.json"])
        change(program)
        contents["models/model.json"] = json.dumps(program).encode()
    if members is not None:
        members(contents)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as new:
        for entry, content in contents.items():
            new.writestr(root + entry, content)
    return written.getvalue()
