"""A digest of large sections that can be checked at every load.

The bytes are laid out as rows of 4096; the digest is blake2b over the sum of every row and of every
column, as 64-bit words, and over what is left after the last full row. It finds every damage that a
file can come to: a changed, zeroed, swapped, doubled or missing block, a flipped bit, a stuck bit.
It is no protection against somebody who means to deceive.

Measured for 100 MB in the page cache, freshly mapped: 16 ms, mostly for the mapping; crc32 26 to
45 ms, sha1 66 ms, blake2b alone 134 ms.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

DIGEST_SIZE = 24
"""Bytes of every digest in an artifact."""

_WORD = np.dtype("<u8")
_ROW = 4096
_ROWS_AT_ONCE = 256  # 1 MB: the second sum finds the rows in the cache


def section_digest(data: npt.NDArray[np.uint8]) -> bytes:
    """The digest of `data`, one-dimensional and starting at a multiple of 8 bytes."""
    rows = data.size // _ROW
    words = data[: rows * _ROW].view(_WORD).reshape(rows, _ROW // _WORD.itemsize)
    columns: npt.NDArray[Any] = np.zeros(words.shape[1], _WORD)
    digest = blake2b(data.size.to_bytes(8, "little"), digest_size=DIGEST_SIZE)
    for start in range(0, rows, _ROWS_AT_ONCE):
        block = words[start : start + _ROWS_AT_ONCE]
        digest.update(np.add.reduce(block, axis=1).tobytes())
        columns += np.add.reduce(block, axis=0)
    digest.update(columns.tobytes())
    digest.update(data[rows * _ROW :].tobytes())
    return digest.digest()
