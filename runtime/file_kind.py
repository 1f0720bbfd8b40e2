"""What a file evidently is, told by its content: for messages about files of the wrong kind."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path

MAGIC = b"\x89WELL\r\n\x1a"
"""How an artifact begins. As in PNG: not text, and damaged by whatever converts line ends or cuts
at end-of-file marks."""

SAMPLE = 4096
"""Bytes at the start from which text is told."""

_MOST_ENTRIES = 1000
"""Entries of a folder that are looked at."""

_SIGNATURES = (
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"\xfd7zXZ\x00", "an xz archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (4, b"TFL3", "a TFLite model"),
    (4, b"ORTM", "a model of the format .ort"),
    (4, b"ET12", "an ExecuTorch program"),
    (0, b"GGUF", "a GGUF model"),
    (0, b"ML\xefR", "MLIR bytecode"),
    (0, b"BC\xc0\xde", "LLVM bitcode"),
    (0, b"\x80\x02", "a Python pickle, as torch.save writes"),
    (0, b"\x80\x03", "a Python pickle"),
    (0, b"\x80\x04", "a Python pickle"),
    (0, b"\x80\x05", "a Python pickle"),
    (0, b"\x93NUMPY", "a numpy array"),
    (0, b"PAR1", "a Parquet file"),
    (0, b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"GIF8", "a GIF picture"),
    (8, b"WEBP", "a WebP picture"),
    (0, b"%PDF", "a PDF document"),
    (0, b"\x7fELF", "an ELF program or library"),
    (0, b"MZ", "a Windows program or library"),
    (8, b'{"', "a safetensors file, which holds weights alone"),
    (0, MAGIC, "a compiled program, which stepwell.load reads"),
)
"""Where a known kind of file has which bytes."""

_TEXTS = (
    ("version https://git-lfs", "a Git LFS pointer instead of the file itself (git lfs pull)"),
    ("<!doctype html", "an HTML page, perhaps of a download that failed"),
    ("<html", "an HTML page, perhaps of a download that failed"),
    ("<?xml", "XML, as the models of OpenVINO are"),
    ("<net", "XML, as the models of OpenVINO are"),
    ("builtin.module", "MLIR, which a file named .mlir holds"),
    ("module {", "MLIR, which a file named .mlir holds"),
    ("module attributes", "MLIR, which a file named .mlir holds"),
    ("func.func", "MLIR, which a file named .mlir holds"),
    ("ir_version:", "a protobuf message as text"),
    ("7767517", "a model of ncnn"),
    ("{", "JSON"),
)
"""How known kinds of text begin, in small letters."""

_IN_ZIP = (
    ("constants.pkl", "a TorchScript archive"),
    ("archive_format", "an archive of torch.export (.pt2)"),
    ("byteorder", "a zip archive of torch.save, which holds weights"),
    ("config.json", "a Keras model (.keras)"),
    ("coremldata.bin", "a Core ML model"),
)
"""A file in a zip archive, and what the archive is then."""

_IN_FOLDER = (
    ("saved_model.pb", "a TensorFlow SavedModel"),
    ("keras_metadata.pb", "a TensorFlow SavedModel"),
    ("Manifest.json", "a Core ML package"),
    ("config.json", "a folder with the weights and settings of a model"),
)
"""A file in a folder, and what the folder is then."""


_EXPORT = (
    "export the model with torch.export.export, and save what that gives with torch.export.save"
)
_CONVERT = "convert the model with tf.lite.TFLiteConverter, or to ONNX with tf2onnx"

_ADVICE = (
    ("a Python pickle", f"what is in it is never run; {_EXPORT}"),
    ("a zip archive of torch.save", f"weights are not a program; {_EXPORT}"),
    ("a TorchScript archive", f"TorchScript is not read; {_EXPORT}"),
    ("a safetensors file", "weights are not a program; export the model from its framework"),
    ("a TensorFlow SavedModel", _CONVERT),
    ("a Keras model", _CONVERT),
    ("an HDF5 file", f"models of Keras are not read; {_CONVERT}"),
    ("a gzip archive", "unpack it first"),
    ("a tar archive", "unpack it first"),
    ("a zip archive", "unpack it first"),
)
"""How kinds of files begin that hold a model in another form, and what to do with them."""


def advice_for(kind: str) -> str:
    """What to do with a file of this kind, of which no model is read; empty where nobody knows."""
    return next((advice for start, advice in _ADVICE if kind.startswith(start)), "")


def kind_of_bytes(data: memoryview | bytes, path: Path | None = None) -> str | None:
    """
    What content evidently is: `text`, `a zip archive`; None for bytes of no known kind.

    `path` is where they lie, if they are the content of a file.
    """
    start = bytes(data[:SAMPLE])
    if start.startswith(b"PK\x03\x04"):
        return _kind_of_zip(data, path)
    for at, mark, name in _SIGNATURES:
        if start[at : at + len(mark)] == mark:
            return name
    text = text_of(start)
    return None if text is None else _kind_of_text(text)


def kind_of_folder(path: Path) -> str:
    """What a folder evidently is: `a TensorFlow SavedModel`, `a folder`."""
    try:
        with os.scandir(path) as entries:
            names = [entry.name for _, entry in zip(range(_MOST_ENTRIES), entries, strict=False)]
    except OSError:
        return "a folder"
    return next((kind for name, kind in _IN_FOLDER if name in names), "a folder")


def text_of(sample: bytes) -> str | None:
    """The beginning of printable UTF-8, whose last character may be cut; None for other bytes."""
    try:
        text = sample.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(sample) < SAMPLE or error.start < SAMPLE - 3:
            return None
        text = sample[: error.start].decode("utf-8")
    printable = all(character.isprintable() or character in "\t\n\r\f" for character in text)
    return text if printable else None


def _kind_of_text(text: str) -> str:
    lines = (line.strip() for line in text.lower().splitlines())
    first = next((line for line in lines if line and not line.startswith(("//", "#"))), "")
    kind = next((kind for mark, kind in _TEXTS if first.startswith(mark)), None)
    return "text" if kind is None else f"text: {kind}"


def _kind_of_zip(data: memoryview | bytes, path: Path | None) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data) if path is None else path) as archive:
            names: Sequence[str] = archive.namelist()
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return "a zip archive"
    if names and all(name.endswith(".npy") for name in names):
        return "an archive of numpy arrays (.npz)"
    last = {name.rpartition("/")[2] for name in names}
    return next((kind for name, kind in _IN_ZIP if name in last), "a zip archive")
