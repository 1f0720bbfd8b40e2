"""What is written appears whole, follows links, and replaces nothing that must stay."""

import os
import stat
import subprocess
import sys
import threading

import pytest

from stepwell.errors import StepwellError, UsageError
from stepwell.runtime.output_file import destination, output_file


def write(path, data=b"new", keep=()):
    with output_file(path, keep) as part:
        part.write_bytes(data)


def test_it_appears_under_its_name_when_it_is_whole(tmp_path):
    path = tmp_path / "out"
    path.write_bytes(b"old")
    with output_file(path) as part:
        part.write_bytes(b"new")
        assert path.read_bytes() == b"old"
        assert part.parent == tmp_path
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_nothing_is_left_of_what_fails(tmp_path):
    path = tmp_path / "out"
    path.write_bytes(b"old")

    def fail():
        with output_file(path) as part:
            part.write_bytes(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_others_may_read_it_as_the_umask_says(tmp_path):
    before = os.umask(0o022)
    try:
        write(tmp_path / "out")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o644


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_and_its_target_is_replaced(tmp_path, there):
    (tmp_path / "far").mkdir()
    target = tmp_path / "far" / "target"
    if there:
        target.write_bytes(b"old")
    middle, link = tmp_path / "middle", tmp_path / "link"
    middle.symlink_to("far/target")
    link.symlink_to(middle)
    write(link)
    assert (link.is_symlink(), middle.is_symlink(), target.is_symlink()) == (True, True, False)
    assert target.read_bytes() == b"new"
    assert [p.name for p in (tmp_path / "far").iterdir()] == ["target"]


def test_a_circle_of_links_is_an_error(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(StepwellError, match="cannot be written"):
        write(tmp_path / "a")


def test_a_device_is_written_to_and_stays():
    before = os.stat("/dev/null")
    write("/dev/null")
    after = os.stat("/dev/null")
    assert (before.st_ino, before.st_rdev, before.st_mode) == (
        after.st_ino,
        after.st_rdev,
        after.st_mode,
    )


def test_a_full_device_is_an_error():
    with pytest.raises(StepwellError, match="/dev/full: cannot be written: No space left"):
        write("/dev/full")


def test_a_pipe_gets_all_of_it_and_stays(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    data = os.urandom(1 << 20)
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # there before anything is written
    os.set_blocking(end, True)
    writer = threading.Thread(target=write, args=(pipe, data))
    writer.start()
    got = b""
    while len(got) < len(data):
        got += os.read(end, 1 << 16)
    writer.join()
    os.close(end)
    assert got == data
    assert pipe.is_fifo()


def test_a_pipe_that_nobody_reads_is_no_reason_to_wait(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(StepwellError, match="is a pipe that nobody reads from"):
        write(pipe)
    assert pipe.is_fifo()
    assert [p.name for p in tmp_path.iterdir()] == ["pipe"]


def test_a_folder_is_not_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match="is a folder, which is not replaced"):
        write(tmp_path / "folder")


def test_what_is_read_is_not_lost(tmp_path):
    model = tmp_path / "model"
    model.write_bytes(b"model")
    (tmp_path / "link").symlink_to("model")
    os.link(model, tmp_path / "other name")
    for path in (model, tmp_path / "link", tmp_path / "other name", f"{tmp_path}/./model"):
        with pytest.raises(UsageError, match="is what is read here"):
            write(path, keep=[tmp_path / "absent", model])
    assert model.read_bytes() == b"model"


def test_standard_output_that_is_a_file(tmp_path):
    """`-o /dev/stdout > file`: the file that the shell has open is written to, not replaced."""
    out = tmp_path / "out"
    code = "\n".join(
        [
            "from stepwell.runtime.output_file import output_file",
            "with output_file('/dev/stdout') as part: part.write_bytes(b'new')",
        ]
    )
    with out.open("wb") as file:
        inode = os.fstat(file.fileno()).st_ino
        subprocess.run([sys.executable, "-c", code], stdout=file, check=True)
    assert out.read_bytes() == b"new"
    assert out.stat().st_ino == inode
    assert destination("/dev/stdout").is_stream


@pytest.mark.parametrize("path", ["no/such/folder/out", "\0", "x" * 5000])
def test_what_cannot_be_written(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StepwellError, match="cannot be written"):
        write(path)
