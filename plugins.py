"""Plug-ins: dialects, passes, conversions, kernels and targets from other installed packages.

A package adds to Stepwell by an entry point of the group `stepwell.plugins` which names a
`Plugin`:

```toml
[project.entry-points."stepwell.plugins"]
sparse = "my_package.stepwell_plugin:PLUGIN"
```

Everything in a `Plugin` is a table from names to factories, so that a plug-in costs nothing until
something in it is used. A name that is already taken is an error at start, not a silent override.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from xdsl.ir import Dialect
from xdsl.passes import ModulePass

from .errors import StepwellError

GROUP = "stepwell.plugins"

Factory = Callable[[], Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Plugin:
    """What one package adds; every field is a table from a name to a factory.

    `dialects` and `passes` (a conversion that is a pass is one of them) extend `opt-tool` and
    every `Context`. `conversions` maps the name of a framework operator, as in `onnx.Celu`, to a
    factory of its conversion to the engine dialect, `kernels` the name of an engine operation to
    a factory of its kernel template, `targets` the name of a target to a factory of its
    description, `frontends` the name of a framework's dialect to a factory of its `Frontend`.
    """

    dialects: Mapping[str, Callable[[], Dialect]] = field(
        default_factory=dict[str, Callable[[], Dialect]]
    )
    passes: Mapping[str, Callable[[], type[ModulePass]]] = field(
        default_factory=dict[str, Callable[[], type[ModulePass]]]
    )
    conversions: Mapping[str, Factory] = field(default_factory=dict[str, Factory])
    kernels: Mapping[str, Factory] = field(default_factory=dict[str, Factory])
    targets: Mapping[str, Factory] = field(default_factory=dict[str, Factory])
    frontends: Mapping[str, Factory] = field(default_factory=dict[str, Factory])


@lru_cache(maxsize=1)
def installed_plugins() -> Mapping[str, Plugin]:
    """The plug-ins of all installed packages, by the name of their entry point.

    Raises `StepwellError` for one that cannot be imported or is no `Plugin`.
    """
    return {point.name: _load(point) for point in entry_points(group=GROUP)}


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
            f"plug-in '{point.name}' ({point.value}) is a {type(plugin).__name__}, "
            "expected a stepwell.plugins.Plugin"
        )
    return plugin


def extend(kind: str, own: dict[str, T]) -> dict[str, T]:
    """`own` and, after it, what the plug-ins add to this `kind` (the name of a `Plugin` field).

    Raises `StepwellError` for a name that is there twice.
    """
    origin = dict.fromkeys(own, "Stepwell itself")
    for name, plugin in installed_plugins().items():
        additions: Mapping[str, T] = getattr(plugin, kind)
        for key, factory in additions.items():
            if key in own:
                raise StepwellError(
                    f"plug-in '{name}' adds '{key}' to the {kind}, which {origin[key]} has already"
                )
            own[key] = factory
            origin[key] = f"plug-in '{name}'"
    return own
