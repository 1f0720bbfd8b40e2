"""The `.well` artifact: a compiled program as one file, mapped and not read.

    preamble   64 bytes   magic, format version, size of the file, place and digest of the header
    weights               the image that the kernels read, packed for the target
    code                  one linked image per target
    ir                    the level-2 module as text
    constants             the weights of that module, as far as `weights` does not hold them already
    header                FlatBuffers, see artifact.fbs

A model with open sizes has weights, code and header of each program for some sizes (`Variant`)
after its own; programs whose weights lie in one image (`shared_weights.py`) have one section.

Every section starts at a multiple of 64 bytes and is followed by zeros up to the next one. Every
byte of the file is covered by a digest (`section_digest`), which is checked before the section is
first used: preamble, header, code, IR and weights when the file is loaded, the constants when the
model is recompiled. Digests find damage, not malice: machine code is code, and a file from a
stranger is to be loaded with `recompile=True`, which does not touch the machine code in it.

Equal programs give equal files. A file is written under another name and renamed when it is whole,
so there never is half an artifact, and a process that has mapped the file that was there before
keeps it. Weights are fetched, written and dropped one by one.

What recompiling costs: constants that the kernels read as they are, or reordered by a layout, are
in the file once. Those that they read transformed (the filters of Winograd convolutions) are in it
in both forms. `write_artifact(..., recompilable=False)` leaves IR and constants out.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from struct import Struct
from typing import BinaryIO

import numpy as np

from ..errors import InvalidArtifactError, StepwellError
from .array_memory import ALIGNMENT, AnyArray, address_of, aligned, aligned_empty
from .artifact_header import (
    ConstantPlace,
    Header,
    Places,
    SectionPlace,
    Sections,
    encode_header,
)
from .code_seal import sealed, with_seal
from .file_kind import MAGIC
from .input_file import open_regular
from .output_file import output_file
from .program import CompiledProgram
from .program_check import problem_of
from .section_digest import DIGEST_SIZE, blocks_of_file, digest_of_blocks, section_digest
from .shared_weights import images_of

FORMAT_VERSION = 7
"""Of the file layout, the meaning of the header, the calling convention and the thread pool."""

_PREAMBLE = Struct(f"<8sIIQQQ{DIGEST_SIZE}s")
_DIGESTED = _PREAMBLE.size - DIGEST_SIZE


def write_artifact(
    program: CompiledProgram,
    path: str | os.PathLike[str],
    *,
    recompilable: bool = True,
    keep: Iterable[Path] = (),
) -> None:
    """Write `program` to `path`, which appears, or is replaced, when the file is whole.

    Raises `UsageError` for a path that is not replaced (a folder, a file of `keep`), and
    `StepwellError` when the file cannot be written.
    """
    if not recompilable:
        program = replace(program, ir="", constants=())
    with output_file(path, keep) as part, part.open("w+b") as file:
        write_artifact_to(program, file)


def write_artifact_to(program: CompiledProgram, file: BinaryIO) -> None:
    """Write `program` to an empty file, which is read again for the digests."""
    variants = [
        replace(v, program=sealed(replace(v.program, ir="", constants=())))
        for v in program.variants
    ]
    program = replace(sealed(program), variants=tuple(variants))
    writer = _Writer(file)
    images = _Images(writer, [program, *(variant.program for variant in variants)])
    places = _program_places(program, writer, images)
    constant_places: list[ConstantPlace] = []
    constants = writer.section(
        lambda start: constant_places.extend(_write_constants(program, file, start))
    )
    places = replace(
        places,
        constants=constants,
        constant_places=tuple(constant_places),
        variants=tuple(_program_places(v.program, writer, images) for v in variants),
    )
    header = encode_header(program, writer.with_digests(places))
    offset = writer.end
    file.seek(offset)
    file.write(header)
    numbers = (MAGIC, FORMAT_VERSION, 0, offset + len(header), offset, len(header))
    preamble = _PREAMBLE.pack(*numbers, bytes(DIGEST_SIZE))[:_DIGESTED]
    file.seek(0)
    file.write(preamble + _digest(preamble + header))


def _digest(data: bytes) -> bytes:
    return section_digest(np.frombuffer(data, np.uint8))


class _Images:
    """The weights sections of a file: programs that share an image share its section."""

    def __init__(self, writer: _Writer, programs: Sequence[CompiledProgram]):
        self._writer = writer
        self._images = images_of(programs)
        self._places: dict[int, SectionPlace] = {}

    def place(self, program: CompiledProgram) -> SectionPlace:
        """Where the weights of a program lie, which are written if they are not there yet."""
        file, image = self._writer.file, program.weights_image
        if image is None or not image.size:
            return self._writer.section(lambda start: _write_weights(program, file, start))
        key = address_of(image)
        if key not in self._places:
            whole = self._images[key]
            self._places[key] = self._writer.section(lambda _: _write_array(file, whole))
        return self._places[key]


def _program_places(program: CompiledProgram, writer: _Writer, images: _Images) -> Places:
    """Write weights, code and IR of a program."""
    file = writer.file
    weights = images.place(program)
    codes = tuple(
        writer.section(lambda _, code=code: file.write(with_seal(code))) for code in program.codes
    )
    ir = writer.section(lambda _: file.write(program.ir.encode()))
    nothing = writer.section(lambda _: None)
    return Places(weights, codes, ir, nothing, ())


class _Writer:
    """Writes sections one after another; `end` is where the next one starts."""

    def __init__(self, file: BinaryIO):
        self.file = file
        self.end = _PREAMBLE.size
        self._digests: dict[SectionPlace, bytes] = {}

    def section(self, write: Callable[[int], object]) -> SectionPlace:
        """Call `write` with the offset of the section, and pad where it leaves the file."""
        start = self.end
        self.file.seek(start)
        write(start)
        size = self.file.tell() - start
        self.end = aligned(start + size)
        self.file.truncate(self.end)
        return SectionPlace(start, size, b"")

    def with_digests(self, places: Places) -> Places:
        """`places` with the digests of what has been written."""
        return replace(
            places,
            weights=self._with_digest(places.weights),
            codes=tuple(self._with_digest(place) for place in places.codes),
            ir=self._with_digest(places.ir),
            constants=self._with_digest(places.constants),
            variants=tuple(map(self.with_digests, places.variants)),
        )

    def _with_digest(self, place: SectionPlace) -> SectionPlace:
        if place not in self._digests:
            blocks = blocks_of_file(self.file, place.offset, aligned(place.size))
            self._digests[place] = digest_of_blocks(blocks)
        return replace(place, digest=self._digests[place])


def _write_weights(program: CompiledProgram, file: BinaryIO, start: int) -> None:
    for segment in program.weights:
        file.seek(start + segment.offset)
        _write_array(file, segment.fetch())
    file.seek(start + program.weights_size)


def _write_array(file: BinaryIO, array: AnyArray) -> None:
    file.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def _write_constants(
    program: CompiledProgram, file: BinaryIO, start: int
) -> Iterator[ConstantPlace]:
    """Write the constants whose bytes the weights section does not hold, each of them once."""
    segments = {
        segment.digest: index for index, segment in enumerate(program.weights) if segment.digest
    }
    written: dict[str, ConstantPlace] = {}
    for constant in program.constants:
        if constant.digest in segments:
            yield ConstantPlace(0, segments[constant.digest])
            continue
        if constant.digest not in written:
            offset = aligned(file.tell() - start)
            file.seek(start + offset)
            _write_array(file, constant.provider())
            written[constant.digest] = ConstantPlace(offset, None)
        yield written[constant.digest]


def read_artifact(
    path: str | os.PathLike[str], *, verify: bool = True, with_code: bool = True
) -> CompiledProgram:
    """Map an artifact; the program's weights and constants are views of the mapping.

    The file may be replaced while it is mapped, but must not be changed in place. `verify=False`
    skips the digest of the weights, the only one whose cost grows with the model. Without
    `with_code` the machine code is not looked at and the program has none.

    Raises `InvalidArtifactError` for a file that is missing, foreign, cut off, damaged or of
    another format version.
    """
    return _Reader(str(path), _map(Path(path))).program(verify, with_code)


def read_artifact_bytes(data: bytes, *, with_code: bool = True) -> CompiledProgram:
    """The program in the bytes of an artifact, of which one copy is made.

    Raises `InvalidArtifactError` as `read_artifact` does.
    """
    memory = aligned_empty((len(data),), np.dtype(np.uint8))
    memory[:] = np.frombuffer(data, np.uint8)
    memory.flags.writeable = False
    return _Reader("artifact", memory).program(True, with_code)


def artifact_digest(path: str | os.PathLike[str]) -> bytes:
    """The digest in the preamble of an artifact, which is that of its header.

    The header holds the digests of everything else. Raises `InvalidArtifactError` for a file that
    cannot be read; one that is no artifact has no digest, or any.
    """
    try:
        with open_regular(path) as file:
            return file.read(_PREAMBLE.size)[_DIGESTED:]
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


class _Reader:
    def __init__(self, name: str, data: AnyArray):
        self.name = name
        self.data = data
        self._checked: set[SectionPlace] = set()

    def error(self, problem: str) -> InvalidArtifactError:
        return InvalidArtifactError(f"{self.name}: {problem}")

    def program(self, verify: bool, with_code: bool) -> CompiledProgram:
        data = self._header_bytes()
        try:
            header = Header.of(data)
            places = header.places()
        except Exception as error:
            raise self._malformed(error) from error
        sections = self._sections(places, verify, with_code)
        try:
            program = header.program(sections, places)
            if (problem := problem_of(program)) is not None:
                raise ValueError(problem)
            return program
        except StepwellError as error:
            raise self.error(str(error)) from error
        except Exception as error:
            raise self._malformed(error) from error

    def _sections(self, places: Places, verify: bool, with_code: bool) -> Sections:
        weights = self._section("weights", places.weights, verify)
        wanted = places.codes if with_code else ()
        codes = [self._section("machine code", place).tobytes() for place in wanted]
        try:
            ir = self._section("IR", places.ir).tobytes().decode()
        except UnicodeDecodeError as error:
            raise self._malformed(error) from error
        constants = lru_cache(maxsize=1)(lambda: self._section("constants", places.constants))
        variants = [self._sections(at, verify, with_code) for at in places.variants]
        return Sections(weights, codes, ir, constants, variants)

    def _malformed(self, error: Exception) -> InvalidArtifactError:
        # The digest was right, so this is how the file was written.
        return self.error(
            f"the header is malformed ({type(error).__name__}: {error}); "
            "the file was not written by this version of Stepwell, compile the model again"
        )

    def _header_bytes(self) -> bytes:
        start = self.data[: _PREAMBLE.size].tobytes()
        if start[: len(MAGIC)] != MAGIC[: len(start)]:
            raise self.error(
                f"this is not a Stepwell artifact (it starts with {start[: len(MAGIC)]!r}, "
                f"expected {MAGIC!r}); make one with 'stepwell compile'"
            )
        if len(start) < _PREAMBLE.size:
            raise self.error(f"the file is cut off after {len(start)} bytes; copy it again")
        _, version, _, size, offset, header_size, digest = _PREAMBLE.unpack(start)
        if version != FORMAT_VERSION:
            age = "a newer" if version > FORMAT_VERSION else "an older"
            raise self.error(
                f"the file has format version {version}, this Stepwell reads version "
                f"{FORMAT_VERSION}; use {age} Stepwell or compile the model again"
            )
        self._check_size(size)
        if offset + header_size != size or offset < _PREAMBLE.size:
            raise self._damaged("preamble")
        header = self.data[offset:].tobytes()
        if _digest(start[:_DIGESTED] + header) != digest:
            raise self._damaged("header")
        return header

    def _check_size(self, size: int) -> None:
        actual = self.data.size
        if actual < size:
            raise self.error(f"the file is cut off: it has {actual} of {size} bytes; copy it again")
        if actual > size:
            raise self.error(
                f"the file is damaged: it has {actual} bytes instead of {size}; copy it again"
            )

    def _damaged(self, what: str) -> InvalidArtifactError:
        return self.error(
            f"the file is damaged: the digest of the {what} does not match; "
            "copy it again or compile the model again"
        )

    def _section(self, name: str, place: SectionPlace, verify: bool = True) -> AnyArray:
        end = place.offset + aligned(place.size)
        if place.offset % ALIGNMENT or place.offset < _PREAMBLE.size or end > self.data.size:
            raise self.error(
                f"the {name} are said to lie outside the file; compile the model again"
            )
        if verify and place not in self._checked:  # programs may share one
            if section_digest(self.data[place.offset : end]) != place.digest:
                raise self._damaged(name)
            self._checked.add(place)
        return self.data[place.offset : place.offset + place.size]


def _map(path: Path) -> AnyArray:
    """The bytes of a file, mapped for reading."""
    try:
        with open_regular(path) as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise InvalidArtifactError(f"{path}: the file is empty; compile the model again")
            mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    return np.frombuffer(mapping, np.uint8)


def _unreadable(path: str | os.PathLike[str], error: OSError | ValueError) -> InvalidArtifactError:
    reason = error.strerror if isinstance(error, OSError) else None
    return InvalidArtifactError(f"{os.fspath(path)}: cannot be read: {reason or error}")
