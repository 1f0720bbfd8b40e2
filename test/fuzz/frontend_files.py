"""The recorded models of each frontend, which mutations of files begin with."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from stepwell.conversion.frontend import Frontend
from stepwell.conversion.frontends import frontends
from stepwell.conversion.source import open_source
from stepwell.errors import ImportModelError
from stepwell.test.fuzz.base_models import EXTERNAL_DATA, EXTERNAL_FILE, base_models

Files = Mapping[str, bytes]
"""The files of one model by their names, the one that is opened first."""

TESTS = Path(__file__).resolve().parent.parent

LARGEST = 1 << 18
"""Bytes of a file that is worth mutating: in a larger one nearly all are weights."""


@cache
def models_of(name: str) -> tuple[Files, ...]:
    """
    Small models of a frontend: what it recognises of the files beside its tests.

    Recorded arrays count as files where they hold one: as bytes, or as a text.
    """
    if name == "onnx":
        return tuple({"model.onnx": m, EXTERNAL_FILE: EXTERNAL_DATA} for m in base_models())
    if name == "tfl":
        cases = import_module("stepwell.test.conversion.tfl_import.recorded_cases").recorded()
        return tuple({"model.tflite": case.model} for case in cases.values())
    if name == "paddle":
        return tuple(_paddle_programs())
    frontend = frontends()[name]
    folders = [TESTS / part / folder for part, folder in _folders(name)]
    paths = sorted(p for folder in folders for p in folder.rglob("*") if p.is_file())
    return tuple(model for path in paths for model in _models_in(frontend, path, paths))


def _paddle_programs() -> Iterator[Files]:
    records = import_module("stepwell.test.conversion.paddle_import.recorded_programs")
    for kind, suffix in (("pir", "json"), ("legacy", "pdmodel")):
        for case in records.recorded(kind).values():
            files = {f"inference.{suffix}": case["program"].tobytes()}
            if "parameters" in case:
                files["inference.pdiparams"] = case["parameters"].tobytes()
            yield files


def _folders(name: str) -> Iterator[tuple[str, str]]:
    yield "conversion", f"{name}_import"
    yield "conversion", f"{name}_to_engine"
    yield "interpreters", name


def _models_in(frontend: Frontend, path: Path, all_paths: list[Path]) -> Iterator[Files]:
    if path.suffix == ".npz":
        for content in _recorded(path):
            if len(content) <= LARGEST and _is_model(frontend, content):
                yield {f"model{frontend.suffixes[0]}": content}
        return
    if path.suffix not in frontend.suffixes or path.stat().st_size > LARGEST:
        return
    content = path.read_bytes()
    if _is_model(frontend, content):
        beside = [p for p in all_paths if p.stem == path.stem and p != path and p.suffix != ".npz"]
        beside = beside if "weights" in frontend.takes else []
        yield {path.name: content, **{p.name: p.read_bytes() for p in beside}}


def _recorded(path: Path) -> Iterator[bytes]:
    with np.load(path) as file:
        for key in file.files:
            array: np.ndarray[Any, Any] = file[key]
            if array.dtype == np.uint8 and array.ndim == 1:
                yield array.tobytes()
            elif array.dtype.kind == "U" and array.ndim == 0:
                yield str(array).encode()


def _is_model(frontend: Frontend, content: bytes) -> bool:
    try:
        return frontend.recognises(open_source(content))
    except ImportModelError:
        return False


def packed(files: Files) -> bytes:
    """The files of a model as one, which `found/` may keep."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def unpacked(data: bytes) -> dict[str, bytes]:
    """What was packed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}
