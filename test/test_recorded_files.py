"""What was recorded from frameworks does not say where on a machine it was recorded."""

from __future__ import annotations

import io
import lzma
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

TEST = Path(__file__).resolve().parent

RECORDED = sorted(
    path
    for suffix in ("npz", "xz", "pt2", "mlirbc", "jaxexport", "tflite")
    for path in TEST.rglob(f"*.{suffix}")
    if "recorded" in path.parts or "programs" in path.parts or path.name == "operators.npz"
)

ABSOLUTE = re.compile(rb"(?<![\w.)])/[\w./-]*(?:tools/record|oracles|site-packages|home)/")
"""A path from the root of a machine to a script, a package or somebody's folder."""


def contents(data: bytes) -> Iterator[bytes]:
    """The bytes of a file and of the members of archives in it."""
    if data.startswith(b"\xfd7zXZ"):
        data = lzma.decompress(data)
    yield data
    if not data.startswith(b"PK"):
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.namelist():
            yield from contents(archive.read(member))


def places(data: bytes) -> set[bytes]:
    return {found for part in contents(data) for found in ABSOLUTE.findall(part)}


def test_a_place_is_found_in_archives():
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("text", 'loc("/srv/checkout/tools/record/stablehlo.py")')
    assert places(written.getvalue()) == {b"/srv/checkout/tools/record/"}
    assert not places(b'loc("tools/record/stablehlo.py")')


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: str(path.relative_to(TEST)))
def test_recorded_files_name_no_place(path: Path):
    assert not places(path.read_bytes())
