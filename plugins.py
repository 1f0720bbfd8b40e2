"""Plug-ins: what other installed packages add to the compiler.

A package adds to Stepwell by an entry point of the group `stepwell.plugins` which names a
`Plugin`:

```toml
[project.entry-points."stepwell.plugins"]
sparse = "my_package.stepwell_plugin:PLUGIN"
```

Everything in a `Plugin` is a table from names to factories, so that a plug-in costs nothing until
something in it is used. What does not load, or wants a name that is taken, is left out: a line on
standard error names it, and work goes on. In strict mode (the environment variable
`STEPWELL_STRICT`, the option `--strict` of the tools) it is an error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from functools import cache, lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from xdsl.ir import Dialect
from xdsl.passes import ModulePass

from .errors import StepwellError

GROUP = "stepwell.plugins"

STRICT = "STEPWELL_STRICT"
"""The environment variable that makes an error of what would be left out."""

Factory = Callable[[], Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Plugin:
    """What one package adds; every field is a table from a name to a factory.

    | field | name | what the factory gives |
    |---|---|---|
    | `dialects` | of the dialect | a `Dialect` of xDSL |
    | `passes` | of the pass | a class of passes; conversions between dialects are passes |
    | `semantics` | of an operation | `(op, *arrays) -> arrays`, what it means |
    | `rewrites` | of the rewrite | a rule of `optimize`, a `RewritePattern` or PDL text |
    | `kernels` | of an engine operation | a kernel `Template` for it, tried before our own |
    | `schemas` | `onnx.DOMAIN.NAME` | the `onnx.defs.OpSchema` of a custom operator |
    | `conversions` | of a framework's operation | its conversion to engine operations |
    | `frontends` | of its dialect | what reads the models of a framework |
    | `targets` | of the target | a `Target` |
    """

    dialects: Mapping[str, Callable[[], Dialect]] = field(
        default_factory=dict[str, Callable[[], Dialect]]
    )
    passes: Mapping[str, Callable[[], type[ModulePass]]] = field(
        default_factory=dict[str, Callable[[], type[ModulePass]]]
    )
    semantics: Mapping[str, Factory] = field(default_factory=dict[str, Factory])
    rewrites: Mapping[str, Factory] = field(default_factory=dict[str, Factory])
    kernels: Mapping[str, Factory] = field(default_factory=dict[str, Factory])
    schemas: Mapping[str, Factory] = field(default_factory=dict[str, Factory])
    conversions: Mapping[str, Factory] = field(default_factory=dict[str, Factory])
    frontends: Mapping[str, Factory] = field(default_factory=dict[str, Factory])
    targets: Mapping[str, Factory] = field(default_factory=dict[str, Factory])


def be_strict() -> None:
    """From now on, here and in processes started from here, nothing is left out."""
    os.environ[STRICT] = "1"


def is_strict() -> bool:
    """Whether what does not load is an error."""
    return os.environ.get(STRICT, "") not in ("", "0")


@lru_cache(maxsize=1)
def installed_plugins() -> Mapping[str, Plugin]:
    """The plug-ins of all installed packages, by the name of their entry point.

    Raises `StepwellError` in strict mode, for one that cannot be imported or is no `Plugin`.
    """
    found: dict[str, Plugin] = {}
    for point in entry_points(group=GROUP):
        try:
            found[point.name] = _load(point)
        except StepwellError as error:
            leave_out(str(error))
    return found


def _load(point: EntryPoint) -> Plugin:
    try:
        plugin: object = point.load()
    except Exception as error:
        raise StepwellError(
            f"plug-in '{point.name}' ({point.value}) cannot be imported: "
            f"{type(error).__name__}: {error}; repair or uninstall the package it comes from"
        ) from error
    if not isinstance(plugin, Plugin):
        raise StepwellError(
            f"plug-in '{point.name}' ({point.value}) is of class {type(plugin).__name__}, "
            "expected a stepwell.plugins.Plugin"
        )
    for table in fields(plugin):
        if not isinstance(getattr(plugin, table.name), Mapping):
            raise StepwellError(
                f"plug-in '{point.name}' ({point.value}): '{table.name}' is not a table of "
                "names and factories"
            )
    return plugin


def leave_out(reason: str) -> None:
    """Go on without a part of a plug-in, and say so once.

    Raises `StepwellError` in strict mode.
    """
    if is_strict():
        raise StepwellError(reason)
    told(" ".join(reason.split()))


@cache
def told(reason: str) -> None:
    """Say on standard error what is left out, once."""
    print(f"stepwell: left out: {reason}", file=sys.stderr)


def extend(kind: str, own: dict[str, Callable[[], T]]) -> dict[str, Callable[[], T]]:
    """`own` and, after it, what the plug-ins add to this `kind` (the name of a `Plugin` field).

    A name that is there already is left out. A factory of a plug-in that fails raises
    `StepwellError`.
    """
    origin = dict.fromkeys(own, "Stepwell itself")
    for name, plugin in installed_plugins().items():
        additions: Mapping[str, Callable[[], T]] = getattr(plugin, kind)
        for key, factory in additions.items():
            if key in own:
                leave_out(
                    f"plug-in '{name}' adds '{key}' to the {kind}, which {origin[key]} has already"
                )
                continue
            own[key] = _named(f"plug-in '{name}', '{key}' of its {kind}", factory)
            origin[key] = f"plug-in '{name}'"
    return own


def _named(what: str, factory: Callable[[], T]) -> Callable[[], T]:
    """The factory, whose errors say what it is."""

    def make() -> T:
        try:
            return factory()
        except StepwellError:
            raise
        except Exception as error:
            raise StepwellError(f"{what}: {type(error).__name__}: {error}") from error

    return make


def added(kind: str, taken: Collection[str] = ()) -> dict[str, Any]:
    """
    What the plug-ins add to a `kind`, made, by name.

    What cannot be made is left out, and so is what has one of the names `taken`.
    """
    made: dict[str, Any] = {}
    own: dict[str, Factory] = dict.fromkeys(taken, lambda: None)
    for name, factory in extend(kind, own).items():
        if name in taken:
            continue
        try:
            made[name] = factory()
        except StepwellError as error:
            leave_out(str(error))
    return made


def offered(kind: str, name: str) -> list[tuple[str, Any]]:
    """
    What each plug-in has for a name that several may have: (plug-in, what it is), made.

    Failures are left out.
    """
    made: list[tuple[str, Any]] = []
    for plugin_name, plugin in installed_plugins().items():
        factory = getattr(plugin, kind).get(name)
        if factory is None:
            continue
        try:
            make = _named(f"plug-in '{plugin_name}', '{name}' of its {kind}", factory)
            made.append((plugin_name, make()))
        except StepwellError as error:
            leave_out(str(error))
    return made
