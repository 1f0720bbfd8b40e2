"""
The cache of compiled kernels on disk.

    cache = KernelCache()                        # the user's cache folder
    digest = kernel_digest(text, target)         # toolchain + target + text of the kernel
    code = cache.get(digest)                     # bytes or None
    cache.put(digest, code)

An entry is one file named by its digest: a header with the length and a checksum, then the
bytes. Entries are written beside and renamed into place, so concurrent processes see a whole
entry or none; an entry that is damaged counts as absent and is removed. The folder is kept below
a size by removing what was not used for longest. A cache that cannot be written (a read-only
home) is silently no cache: compiling works without it.

`$STEPWELL_CACHE_DIR` names the folder (default: `stepwell` in the user's cache folder),
`$STEPWELL_CACHE_BYTES` its size limit (default 512 MiB).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
import tempfile
import time
from functools import cache
from importlib.metadata import version
from pathlib import Path

from ..targets.target import Target

FOLDER_VARIABLE = "STEPWELL_CACHE_DIR"
LIMIT_VARIABLE = "STEPWELL_CACHE_BYTES"
DEFAULT_LIMIT = 512 << 20

_MAGIC = b"SWKC0001"
_HEADER = struct.Struct("<8sQ16s")
_SUFFIX = ".kernel"
_PART = ".part"
_STAMP = "looked-through"
"""A file whose time says when somebody last looked through the folder."""
_LOOK_INTERVAL = 600.0
"""Seconds between two looks of processes that write little."""
_TOUCH_INTERVAL = 3600.0
"""An entry's time of last use is only written when it is older than this many seconds."""

# Sources whose change can change the code that comes out of the same kernel text.
_SOURCES = (
    "conversion/engine_to_kernels",
    "conversion/kernels_to_llvm",
    "dialects/engine",
    "dialects/memref_prefetch.py",
    "dialects/vector_arith.py",
    "dialects/vector_ext.py",
    "kernels",
    "runtime/abi.py",
    "runtime/format_tag.py",
    "targets",
    "transforms/expand_math",
)


def cache_folder() -> Path:
    """`kernels` in `$STEPWELL_CACHE_DIR`, or in `stepwell` in the user's cache folder."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named) / "kernels"
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("stepwell", appauthor=False)) / "kernels"


@cache
def toolchain_digest() -> str:
    """Digest of what generates code: versions of xDSL and llvmlite, and this package's sources."""
    root = Path(__file__).resolve().parent.parent
    total = hashlib.blake2b(digest_size=16)
    for package in ("xdsl", "llvmlite"):
        total.update(f"{package} {version(package)}\n".encode())
    for name in _SOURCES:
        path = root / name
        files = [path] if path.is_file() else sorted(path.rglob("*.py"))
        for file in files:
            total.update(file.relative_to(root).as_posix().encode() + b"\0")
            total.update(file.read_bytes())
    return total.hexdigest()


def kernel_digest(text: str, target: Target) -> str:
    """Digest of the code that kernel `text` becomes on `target` with this toolchain."""
    total = hashlib.blake2b(digest_size=20)
    for part in (toolchain_digest(), target.text(), text):
        total.update(part.encode())
        total.update(b"\0")
    return total.hexdigest()


class KernelCache:
    """
    Bytes by digest, in a folder that processes share.

    `limit` bounds the bytes of all entries; the oldest go first once it is passed.
    """

    folder: Path
    limit: int

    def __init__(self, folder: Path | None = None, limit: int | None = None):
        self.folder = folder if folder is not None else cache_folder()
        self.limit = limit if limit is not None else _limit()
        self._written = 0

    def get(self, digest: str) -> bytes | None:
        """The bytes stored under `digest`; None if there are none or they are damaged."""
        path = self._path(digest)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        value = _unpack(content)
        if value is None:
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        _touch(path)
        return value

    def put(self, digest: str, value: bytes) -> None:
        """Store `value` under `digest`, whole or not at all; never fails for lack of a disk."""
        path = self._path(digest)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=_PART)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_HEADER.pack(_MAGIC, len(value), _checksum(value)))
                    file.write(value)
                os.replace(temporary, path)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
                raise
        except OSError:
            return
        self._written += len(value)
        # Looking through the folder takes the longer the more is in it: it is not for every
        # compilation, nor for every process.
        if self._written > self.limit // 16 or self._looked_long_ago():
            self._written = 0
            self.evict()

    def _looked_long_ago(self) -> bool:
        """Whether no process has looked through the folder for a while; none will for another."""
        stamp = self.folder / _STAMP
        try:
            recent = time.time() - stamp.stat().st_mtime < _LOOK_INTERVAL
        except OSError:
            recent = False
        if not recent:
            with contextlib.suppress(OSError):
                stamp.touch()
        return not recent

    def evict(self) -> None:
        """Remove what was not used for longest until three quarters of the limit are left."""
        entries: list[tuple[float, int, str]] = []
        for entry in self._files():
            with contextlib.suppress(OSError):
                status = entry.stat()
                if entry.name.endswith(_SUFFIX):
                    entries.append((status.st_mtime, status.st_size, entry.path))
                elif time.time() - status.st_mtime > 3600:
                    os.unlink(entry)  # a temporary file that some process left behind
        total = sum(size for _, size, _ in entries)
        if total <= self.limit:
            return
        for _, size, path in sorted(entries):
            if total <= self.limit * 3 // 4:
                break
            with contextlib.suppress(OSError):
                os.unlink(path)
            total -= size

    def clear(self) -> None:
        """Remove all entries."""
        for entry in self._files():
            with contextlib.suppress(OSError):
                os.unlink(entry)

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / f"{digest}{_SUFFIX}"

    def _files(self) -> list[os.DirEntry[str]]:
        try:
            folders = [entry.path for entry in os.scandir(self.folder) if entry.is_dir()]
            files = [file for folder in folders for file in os.scandir(folder)]
        except OSError:
            return []
        return [file for file in files if file.name.endswith((_SUFFIX, _PART))]


def _limit() -> int:
    text = os.environ.get(LIMIT_VARIABLE, "")
    return int(text) if text.isdigit() else DEFAULT_LIMIT


def _checksum(value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=16).digest()


def _unpack(content: bytes) -> bytes | None:
    if len(content) < _HEADER.size:
        return None
    magic, length, checksum = _HEADER.unpack_from(content)
    value = content[_HEADER.size :]
    if magic != _MAGIC or length != len(value) or checksum != _checksum(value):
        return None
    return value


def _touch(path: Path) -> None:
    """Note that an entry was used, unless that is noted already."""
    with contextlib.suppress(OSError):
        if time.time() - path.stat().st_mtime > _TOUCH_INTERVAL:
            os.utime(path)
