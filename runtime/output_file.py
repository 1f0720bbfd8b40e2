"""
Files that are written: whole or not at all, and never in place of what must stay.

Everything that Stepwell writes for a user goes through `output_file`. What is written appears under
its name when it is complete, by a rename that nobody can see half of. A symbolic link is followed:
the file that it names is replaced, and the link stays. A pipe or a character device, as `/dev/null`
is, cannot be replaced without harm: it is written to, again when all is complete.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import StepwellError, UsageError
from .input_file import kind_of

_MOST_LINKS = 40
"""Links that a path may lead over, as Linux counts."""

_DESCRIPTORS = ("/proc/", "/dev/fd")
"""Where links lie that stand for files which a process has open, as `/dev/stdout` does."""


@dataclass(frozen=True)
class Destination:
    """Where something is written: the file that is replaced, or what is written to as it is."""

    path: Path
    is_stream: bool


def destination(path: str | os.PathLike[str], keep: Iterable[Path] = ()) -> Destination:
    """
    Where to write what is to appear at `path`; none of the files in `keep` may be lost.

    Raises:
        UsageError: for a file of `keep`, a folder, a block device or a socket.
        StepwellError: for a path that cannot be looked up.
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return Destination(Path(os.path.realpath(path)), False)
    except (OSError, ValueError) as error:
        raise _cannot_be_written(path, error) from error
    for kept in keep:
        if kept.exists() and os.path.samefile(path, kept):
            which = "" if str(kept) == os.fspath(path) else f" ({kept})"
            raise UsageError(
                f"{os.fspath(path)}: is what is read here{which}, and would be lost; "
                "write to another file"
            )
    if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
        return Destination(Path(path), True)
    if not stat.S_ISREG(mode):
        kind = "a block device" if stat.S_ISBLK(mode) else kind_of(mode)
        raise UsageError(f"{os.fspath(path)}: is {kind}, which is not replaced; name a file")
    if _is_descriptor(os.fspath(path)):
        return Destination(Path(path), True)
    return Destination(Path(os.path.realpath(path)), False)


@contextmanager
def output_file(path: str | os.PathLike[str], keep: Iterable[Path] = ()) -> Generator[Path]:
    """
    A new and empty file that takes the place of `path` if the block ends well.

    The block gets its path. It may write to it, or put another file in its place.

    Raises:
        UsageError: as `destination`.
        StepwellError: if it cannot be written.
    """
    target = destination(path, keep)
    try:
        part = _new_file(target)
        try:
            yield part
            if target.is_stream:
                _copy(part, target.path)
            else:
                os.replace(part, target.path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise _cannot_be_written(path, error) from error


def _new_file(target: Destination) -> Path:
    """An empty file beside the one that it will replace, or, before a stream, anywhere."""
    folder, name = target.path.parent, target.path.name
    if target.is_stream:
        folder, name = Path(tempfile.gettempdir()), "stepwell"
    part = folder / f".{name[:200]}.{os.getpid()}.{os.urandom(4).hex()}.part"
    # Not by `tempfile`, whose files only their owner may read.
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    return part


def _copy(part: Path, stream: Path) -> None:
    """Write the bytes of a file to a pipe or a device; a pipe that nobody reads is an error."""
    try:
        descriptor = os.open(stream, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "is a pipe that nobody reads from") from error
        raise
    os.set_blocking(descriptor, True)
    with os.fdopen(descriptor, "wb") as sink, part.open("rb") as source:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            sink.seek(0, os.SEEK_END)  # after what the process has printed there
        shutil.copyfileobj(source, sink)


def _is_descriptor(path: str) -> bool:
    """Whether links lead from `path` to a file by way of a descriptor that a process has open."""
    for _ in range(_MOST_LINKS):
        folder = os.path.realpath(os.path.dirname(path))
        if folder.startswith(_DESCRIPTORS):
            return True
        path = os.path.join(folder, os.path.basename(path))
        if not os.path.islink(path):
            return False
        path = os.path.join(folder, os.readlink(path))
    return False


def _cannot_be_written(path: str | os.PathLike[str], error: OSError | ValueError) -> StepwellError:
    reason = error.strerror if isinstance(error, OSError) else None
    return StepwellError(f"{os.fspath(path)}: cannot be written: {reason or error}")
