"""What a machine and a container say about their memory."""

from pathlib import Path

import pytest

from stepwell.errors import NotEnoughMemoryError
from stepwell.runtime import available_memory
from stepwell.runtime.available_memory import available_bytes, require_memory

GROUP = {"memory.max": "3000000\n", "memory.current": "1000000\n"}


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with 6 MB available whose files lie in a folder, without limits of groups."""
    (tmp_path / "meminfo").write_text(
        "MemTotal: 9000 kB\nMemAvailable: 5000 kB\nSwapFree: 1000 kB\n"
    )
    (tmp_path / "cgroup").write_text("0::/a/b\n")
    (tmp_path / "groups" / "a" / "b").mkdir(parents=True)
    monkeypatch.setattr(available_memory, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(available_memory, "_CGROUP", tmp_path / "cgroup")
    monkeypatch.setattr(available_memory, "_CGROUPS", tmp_path / "groups")
    return tmp_path


def _limit(folder: Path, files: dict[str, str], cache: str = "inactive_file 200000\n") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    (folder / "memory.stat").write_text("anon 1\n" + cache)


def test_available_memory_and_free_swap(system: Path):
    assert available_bytes() == 6000 * 1024


def test_a_group_without_a_limit_is_none(system: Path):
    _limit(system / "groups" / "a" / "b", {**GROUP, "memory.max": "max\n"})
    assert available_bytes() == 6000 * 1024


@pytest.mark.parametrize("group", ["a/b", "a"])
def test_the_limit_of_a_group_and_of_one_around_it(system: Path, group: str):
    _limit(system / "groups" / group, GROUP)
    assert available_bytes() == 2_200_000


def test_a_group_of_the_first_version(system: Path):
    (system / "cgroup").write_text("4:cpu,memory:/a\n0::/\n")
    files = {"memory.limit_in_bytes": "3000000\n", "memory.usage_in_bytes": "500000\n"}
    _limit(system / "groups" / "memory" / "a", files, "total_inactive_file 0\n")
    assert available_bytes() == 2_500_000


def test_without_proc_the_system_is_asked(system: Path):
    (system / "meminfo").unlink()
    (system / "cgroup").unlink()
    found = available_bytes()
    assert found is None or found > 0


def test_nothing_is_refused_where_nobody_says(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(available_memory, "available_bytes", lambda: None)
    require_memory(1 << 50, "it", "do something")


def test_the_absurd_is_refused_even_there(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(available_memory, "available_bytes", lambda: None)
    with pytest.raises(NotEnoughMemoryError, match="are available; do something"):
        require_memory(1 << 80, "it", "do something")


def test_the_message_has_both_figures_and_what_to_do(system: Path):
    require_memory(6000 * 1024, "it", "do something")
    with pytest.raises(NotEnoughMemoryError) as caught:
        require_memory(7 * 10**12, "it", "do something", detail=" (all of it)")
    assert str(caught.value) == (
        "it needs 7,000,000,000,000 bytes (7.0 TB) of memory (all of it), but 6,144,000 (6.1 MB) "
        "are available; do something"
    )
    assert (caught.value.needed, caught.value.available) == (7 * 10**12, 6144000)
