"""How to compile, and what is told on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xdsl.dialects.builtin import ModuleOp

from ..errors import UsageError
from ..runtime.pool import checked_threads
from ..targets.target import Target
from ..transforms.optimize.rewriting import EXACTNESS


@dataclass(frozen=True)
class Options:
    """
    How to compile. `target` is a name for `Target.parse`; `shapes` binds inputs or names, `values`
    makes constants of inputs, `overridable` makes inputs of those with a default.
    """

    threads: int = 1
    target: str = "native"
    shapes: Mapping[str, Sequence[int]] = field(default_factory=dict[str, Sequence[int]])
    exactness: str = "rounding"
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    overridable: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.exactness not in EXACTNESS:
            raise UsageError(
                f"exactness is '{self.exactness}', expected one of {', '.join(EXACTNESS)}"
            )
        checked_threads(self.threads)
        Target.parse(self.target)  # an unknown name is said before the work, not after it


@dataclass(frozen=True)
class Step:
    """One step of compiling that has just ended (or, with `done < total`, is going on)."""

    name: str
    seconds: float
    done: int = 1
    total: int = 1
    module: ModuleOp | None = None
    """The module at the end of a stage; later stages change it, so look at once."""


Progress = Callable[[Step], None]
