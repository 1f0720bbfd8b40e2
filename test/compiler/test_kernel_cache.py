"""The kernel cache: whole entries or none, whatever other processes and the disk do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stepwell.compiler.kernel_cache import (
    KernelCache,
    cache_folder,
    kernel_digest,
    toolchain_digest,
)
from stepwell.targets.target import Target

KEY = "ab" + "0" * 38


def entry_of(cache: KernelCache, digest: str = KEY) -> Path:
    return cache.folder / digest[:2] / f"{digest}.kernel"


def test_round_trip_and_absent(tmp_path: Path):
    cache = KernelCache(tmp_path)
    assert cache.get(KEY) is None
    cache.put(KEY, b"code" * 1000)
    assert KernelCache(tmp_path).get(KEY) == b"code" * 1000
    cache.put(KEY, b"")
    assert cache.get(KEY) == b""


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "header"])
def test_damaged_entry_counts_as_absent_and_is_removed(tmp_path: Path, damage: str):
    cache = KernelCache(tmp_path)
    cache.put(KEY, bytes(range(256)))
    path = entry_of(cache)
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[-7] ^= 1
    elif damage == "cut":
        del content[-1]
    elif damage == "empty":
        content.clear()
    else:
        content[0] ^= 0xFF
    path.write_bytes(bytes(content))
    assert cache.get(KEY) is None
    assert not path.exists()


def test_a_folder_that_cannot_be_written_is_no_cache(tmp_path: Path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    cache = KernelCache(blocked / "kernels")
    cache.put(KEY, b"code")
    assert cache.get(KEY) is None
    cache.clear()


def test_least_recently_used_go_first(tmp_path: Path):
    cache = KernelCache(tmp_path, limit=10_000)
    digests = [f"{i:02x}" + "0" * 38 for i in range(20)]
    for age, digest in enumerate(digests):
        cache.put(digest, bytes(900))
        path = entry_of(cache, digest)
        if path.exists():
            os.utime(path, (1_000_000 + age, 1_000_000 + age))
    assert cache.get(digests[-2]) is not None
    assert cache.get(digests[0]) is None
    cache.evict()
    total = sum(file.stat().st_size for file in tmp_path.rglob("*.kernel"))
    assert 0 < total <= 10_000


def test_use_makes_an_entry_young(tmp_path: Path):
    cache = KernelCache(tmp_path, limit=3000)
    old, new = "aa" + "0" * 38, "bb" + "0" * 38
    cache.put(old, bytes(1000))
    cache.put(new, bytes(1000))
    os.utime(entry_of(cache, old), (1_000_000, 1_000_000))
    os.utime(entry_of(cache, new), (2_000_000, 2_000_000))
    assert cache.get(old) is not None
    cache.limit = 1500
    cache.evict()
    assert cache.get(old) is not None
    assert cache.get(new) is None


def test_leftover_temporary_files_are_removed(tmp_path: Path):
    cache = KernelCache(tmp_path)
    cache.put(KEY, b"code")
    left = tmp_path / KEY[:2] / ".old.part"
    left.write_bytes(b"half")
    os.utime(left, (1_000_000, 1_000_000))
    cache.evict()
    assert not left.exists()
    foreign = tmp_path / KEY[:2] / "letter.txt"
    foreign.write_text("not ours")
    os.utime(foreign, (1_000_000, 1_000_000))
    cache.evict()
    cache.clear()
    assert foreign.exists()
    cache.put(KEY, b"code")
    assert cache.get(KEY) == b"code"


WRITER = """
import sys
from pathlib import Path
from stepwell.compiler.kernel_cache import KernelCache
cache = KernelCache(Path(sys.argv[1]), limit=200_000)
for turn in range(60):
    for i in range(8):
        digest = f"{i:02x}" + "0" * 38
        value = cache.get(digest)
        if value is not None and (len(value) != 5000 + i or set(value) != {i}):
            sys.exit("a torn entry")
        cache.put(digest, bytes([i]) * (5000 + i))
"""


def test_concurrent_processes_never_see_a_torn_entry(tmp_path: Path):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for writer in writers:
        _, errors = writer.communicate(timeout=60)
        assert writer.returncode == 0, errors.decode()


def test_digest_depends_on_text_target_and_toolchain():
    here, there = Target.parse("x86-64-v3"), Target.parse("x86-64-v4")
    assert kernel_digest("a", here) == kernel_digest("a", here)
    assert len({kernel_digest("a", here), kernel_digest("b", here), kernel_digest("a", there)}) == 3
    assert len(toolchain_digest()) == 32


def test_folder_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STEPWELL_CACHE_DIR", str(tmp_path / "here"))
    assert cache_folder() == tmp_path / "here" / "kernels"
    assert KernelCache().folder == cache_folder()
    monkeypatch.delenv("STEPWELL_CACHE_DIR")
    assert cache_folder().name == "kernels"
    assert "stepwell" in str(cache_folder())


def test_the_folder_is_looked_through_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Each compilation has a cache of its own; a folder of 50,000 entries takes long to read."""
    looks: list[Path] = []
    monkeypatch.setattr(KernelCache, "evict", lambda self: looks.append(self.folder))
    for _ in range(3):
        KernelCache(tmp_path).put(KEY, b"code")
    assert len(looks) == 1
    os.utime(tmp_path / "looked-through", (1_000_000, 1_000_000))
    KernelCache(tmp_path).put(KEY, b"code")
    assert len(looks) == 2
    KernelCache(tmp_path, limit=16).put(KEY, b"code")  # what was written alone is a reason
    assert len(looks) == 3
