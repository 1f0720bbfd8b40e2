"""docs/plugins.md, followed as a stranger would: its files, installed, and its commands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "test" / "plugin_package"
PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"<!-- (\S+) -->\n```\w+\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE))
SESSIONS = re.findall(r"^```\n(\$ .*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
COMMANDS = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", "".join(SESSIONS), re.MULTILINE)


def test_the_files_on_the_page_are_those_of_the_package():
    here = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*")
        if path.is_file() and not {"__pycache__", "Output"} & set(path.parts)
    }
    assert here == FILES.keys() - {"make_model.py"}
    for name in here:
        assert FILES[name] == (PACKAGE / name).read_text(), name


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The files of the page, installed into the folder `site` beside them."""
    folder = tmp_path_factory.mktemp("stranger")
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    spec = util.spec_from_file_location("package_test", ROOT / "test" / "test_plugin_package.py")
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.install(folder, folder / "site")
    return folder


def test_the_commands_print_what_the_page_says(folder: Path):
    assert len(COMMANDS) == 6
    programs = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(folder / "site"),
        "STEPWELL_STRICT": "1",
    }
    for command, shown in COMMANDS:
        done = subprocess.run(
            command, shell=True, cwd=folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        assert done.stdout == shown, command
