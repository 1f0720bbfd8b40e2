"""
Builds the wheel `stepwell-runtime`: what runs compiled models, with numpy and flatbuffers alone.

    python packaging/runtime_wheel.py dist

It installs a part of the package `stepwell` under the same name, so that a program that loads
models is the same with either. Install one of the two, `stepwell` or `stepwell-runtime`: each has
all that the other has of these files.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

DEPENDENCIES = ("numpy", "flatbuffers")

FILES = (
    "__init__.py",
    "__main__.py",
    "errors.py",
    "py.typed",
    "compiler/__init__.py",
    "compiler/inference_session.py",
    "compiler/installed.py",
    "compiler/load.py",
    "compiler/programs.py",
    "compiler/reference.py",
    *(f"runtime/{path.name}" for path in sorted((ROOT / "runtime").glob("*.py"))),
)
"""The part: the run time, and what of the compiler loads artifacts and says what is not there."""

_PROJECT = """
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "stepwell-runtime"
version = "{version}"
description = "Runs models that Stepwell has compiled; numpy and flatbuffers are all it needs"
readme = "README.md"
requires-python = "{python}"
license = "{license}"
license-files = ["LICENSE"]
dependencies = {dependencies}

[project.scripts]
stepwell = "stepwell.runtime.command_line:main"

[tool.setuptools]
packages = ["stepwell", "stepwell.compiler", "stepwell.runtime"]

[tool.setuptools.package-data]
stepwell = ["py.typed"]
"""

_README = """# stepwell-runtime

Runs models that Stepwell has compiled (`model.well`), with
numpy and flatbuffers alone. Install it instead of `stepwell`, not beside it.

    import stepwell

    engine = stepwell.load("model.well")
    outputs = engine(images)
"""


def project_text() -> str:
    """The `pyproject.toml` of the wheel; versions are those of the whole package."""
    whole: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names: dict[str, Any] = {}
    exec((ROOT / "runtime" / "version.py").read_text(), names)
    wanted = [d for d in whole["dependencies"] if d.startswith(DEPENDENCIES)]
    return _PROJECT.format(
        version=names["VERSION"],
        python=whole["requires-python"],
        license=whole["license"],
        dependencies=wanted,
    )


def lay_out(folder: Path) -> None:
    """Put the sources of the wheel into an empty folder."""
    for name in FILES:
        target = folder / "stepwell" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE")
    (folder / "README.md").write_text(_README)
    (folder / "pyproject.toml").write_text(project_text())


def build(output: Path) -> Path:
    """
    Build the wheel into the folder `output`; gives its path.

    Raises `CalledProcessError` if pip cannot.
    """
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as made:
        lay_out(Path(folder))
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--wheel-dir", made, folder]
        subprocess.run(command, check=True)
        [wheel] = Path(made).glob("*.whl")
        output.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(wheel, output / wheel.name))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Builds the wheel of the run time.")
    parser.add_argument("output", nargs="?", type=Path, default=ROOT / "dist")
    print(build(parser.parse_args().output))
