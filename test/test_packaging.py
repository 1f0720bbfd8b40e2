"""What `pyproject.toml` declares is what the tree holds."""

import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

NOT_PACKAGES = {"test", "docs", "build", "dist"}


def declared() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def packages_in_the_tree() -> set[str]:
    packages = {"stepwell"}
    for init in ROOT.glob("*/**/__init__.py"):
        parts = init.parent.relative_to(ROOT).parts
        if not parts[0].startswith(".") and parts[0] not in NOT_PACKAGES:
            packages.add(".".join(["stepwell", *parts]))
    return packages


def test_every_package_is_declared():
    assert set(declared()["tool"]["setuptools"]["packages"]) == packages_in_the_tree()


def test_every_folder_with_modules_is_a_package():
    bare = {
        str(module.parent.relative_to(ROOT))
        for top in ("conversion", "dialects", "interpreters", "runtime", "tools", "transforms")
        for module in (ROOT / top).rglob("*.py")
        if not (module.parent / "__init__.py").exists()
    }
    assert bare == set()


def test_commands_are_installed():
    scripts = {point.name: point.value for point in entry_points(group="console_scripts")}
    for name, value in declared()["project"]["scripts"].items():
        assert scripts[name] == value


def test_importable_from_anywhere(tmp_path):
    code = "import stepwell.errors, stepwell; print(stepwell.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert Path(done.stdout.strip()) == ROOT / "__init__.py"


def test_xdsl_is_pinned_exactly():
    assert any(d.startswith("xdsl==") for d in declared()["project"]["dependencies"])
