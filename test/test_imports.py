"""
Imports run down the rooms of the house, and no files import each other in a circle.

Every import counts: one inside a function, one for type checking only, and one that names its
module in a string (`import_module`, tables of factories).
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

ROOMS = (
    "conformance",
    "onnx_backend",
    "torch_backend",
    "tools",
    "__init__",
    "compiler",
    "conversion",
    "transforms",
    "kernels",
    "targets",
    "interpreters",
    "ir",
    "dialects",
    "runtime",
    "plugins",
    "errors",
)
"""From the top down: a room imports from itself and from those below."""

RUNTIME_NEEDS = {"numpy", "flatbuffers"}
"""What a compiled model needs to run, besides Python."""

Module = tuple[str, ...]


def modules() -> dict[Module, Path]:
    """The modules of the package by their path in it."""
    found: dict[Module, Path] = {}
    for room in ROOMS:
        single = ROOT / f"{room}.py"
        for file in [single] if single.exists() else sorted((ROOT / room).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            found[parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts] = file
    return found


MODULES = modules()


def resolve(base: Module, name: str) -> Module | None:
    """The module that `from base import name` reads, if it is one of ours."""
    for candidate in ((*base, name), base or ("__init__",)):
        if candidate in MODULES:
            return candidate
    return None


def imports_of(module: Module, file: Path) -> Iterator[Module]:
    """Modules of ours that the file imports, wherever in it."""
    package = module if file.name == "__init__.py" else module[:-1]
    if module == ("__init__",):
        package = ()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom):
            written = tuple(node.module.split(".")) if node.module else ()
            if node.level:
                base = package[: len(package) - node.level + 1] + written
            elif written[:1] == ("stepwell",):
                base = written[1:]
            else:
                continue
            for alias in node.names:
                found = resolve(base, alias.name)
                assert found is not None, f"{file}: what is {alias.name}?"
                yield found
        elif isinstance(node, ast.Import):
            for alias in node.names:
                written = tuple(alias.name.split("."))
                if written[0] == "stepwell":
                    yield written[1:] or ("__init__",)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from named_in(node.value, package)


def named_in(text: str, package: Module) -> Iterator[Module]:
    """The module that a string such as `.runtime.engine` names, relative to a package."""
    path = text.partition(":")[0]
    dots = len(path) - len(path.lstrip("."))
    if not dots or not path.strip(".").replace(".", "").isidentifier():
        return
    base = package[: len(package) - dots + 1]
    candidate = base + tuple(path[dots:].split("."))
    if candidate in MODULES:
        yield candidate


Arrows = dict[Module, list[Module]]


@pytest.fixture(scope="module")
def arrows() -> Arrows:
    """What each module imports, read by the process that asks and not by each that collects."""
    return {module: sorted(set(imports_of(module, file))) for module, file in MODULES.items()}


def test_every_module_is_in_a_room():
    packages = {init.parent.name for init in ROOT.glob("*/__init__.py")}
    assert packages - {"test"} <= set(ROOMS)


def test_the_arrows_are_seen(arrows: Arrows):
    """Lazy imports and tables of strings count; without them the tests below say little."""
    assert ("compiler", "load") in arrows["__init__",]
    assert ("interpreters", "onnx", "functions") in arrows["interpreters", "running"]
    assert ("kernels", "conv", "depthwise") in arrows["kernels", "registry"]
    assert len(arrows) > 250


def test_imports_run_down(arrows: Arrows):
    depth = {room: at for at, room in enumerate(ROOMS)}
    up = [
        f"{'/'.join(module)} -> {'/'.join(target)}"
        for module, targets in arrows.items()
        for target in targets
        if depth[module[0]] > depth[target[0]]
    ]
    assert up == []


def test_no_circle_of_files(arrows: Arrows):
    """Tarjan's strongly connected components, without recursion."""
    number: dict[Module, int] = {}
    lowest: dict[Module, int] = {}
    pending: list[Module] = []
    circles: list[list[str]] = []
    for root in arrows:
        stack = [(root, iter(arrows[root]))] if root not in number else []
        while stack:
            module, rest = stack[-1]
            if module not in number:
                number[module] = lowest[module] = len(number)
                pending.append(module)
            for target in rest:
                if target not in number:
                    stack.append((target, iter(arrows[target])))
                    break
                if target in pending:
                    lowest[module] = min(lowest[module], number[target])
            else:
                stack.pop()
                if stack:
                    above = stack[-1][0]
                    lowest[above] = min(lowest[above], lowest[module])
                if lowest[module] == number[module]:
                    at = pending.index(module)
                    circle, pending[at:] = pending[at:], []
                    if len(circle) > 1 or module in arrows[module]:
                        circles.append(["/".join(m) for m in circle])
    assert circles == []


def test_the_run_time_needs_little():
    foreign: set[str] = set()
    for module, file in MODULES.items():
        if module[0] != "runtime":
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            foreign |= {name.partition(".")[0] for name in names}
    assert foreign - set(sys.stdlib_module_names) <= RUNTIME_NEEDS


def test_a_model_runs_with_numpy_and_flatbuffers_alone():
    """Loading the run time imports nothing else that was installed."""
    code = """
import sys, sysconfig
import stepwell.runtime.load
folder = sysconfig.get_paths()["purelib"]
files = [getattr(m, "__file__", None) or "" for m in list(sys.modules.values())]
print(*sorted({f[len(folder) + 1:].split("/")[0] for f in files if f.startswith(folder)}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name for name in done.stdout.split() if not name.startswith(("_", "__editable__"))}
    assert loaded <= RUNTIME_NEEDS


def test_dialects_can_be_imported_in_any_order():
    """Packages of dialects know each other; whichever comes first, all of it is there."""
    for first in ("framework", "engine"):
        code = f"import stepwell.dialects.{first}, stepwell.dialects.framework.dialect"
        subprocess.run([sys.executable, "-c", code], check=True)
