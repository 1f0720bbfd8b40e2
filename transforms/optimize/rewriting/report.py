"""What a run of rewrites did: for tests, for `why-not`, and for whoever wants to know."""

from __future__ import annotations

from dataclasses import dataclass, field

from .provenance import Trail


@dataclass(frozen=True)
class NearMiss:
    """A rewrite that did not apply to an operation, and the condition that failed."""

    rewrite: str
    nodes: tuple[str, ...]
    clause: str


@dataclass(frozen=True)
class Fold:
    """What computing something at compile time costs and saves."""

    rewrite: str
    trail: Trail
    bytes_added: int
    """Bytes of the new constants less those of constants that nobody else needs."""
    flops_saved: int
    """Floating-point operations that are no longer spent on each run."""

    @property
    def nodes(self) -> tuple[str, ...]:
        """The framework nodes whose work was done."""
        return tuple(self.trail.all_nodes())


@dataclass
class RewriteReport:
    """What fired where, what folding cost and saved, and, if asked for, what did not and why."""

    applications: dict[str, list[Trail]] = field(default_factory=dict[str, list[Trail]])
    """Rewrite -> where each of its applications comes from."""
    folds: list[Fold] = field(default_factory=list[Fold])
    merged: int = 0
    """Operations that were equal to another one."""
    misses: list[NearMiss] | None = None
    """For the final program: each rewrite that was offered an operation and declined."""
    left_out: dict[str, str] = field(default_factory=dict[str, str])
    """Rules from outside that misbehaved and were left out, and what they did."""

    @property
    def fired(self) -> dict[str, list[tuple[str, ...]]]:
        """Rewrite -> the framework nodes of each application."""
        return {
            name: [tuple(trail.all_nodes()) for trail in trails]
            for name, trails in self.applications.items()
        }

    def applied(self, rewrite: str, trail: Trail) -> None:
        """Note one application."""
        self.applications.setdefault(rewrite, []).append(trail)

    def add(self, part: RewriteReport) -> None:
        """Append what happened in one more function."""
        for name, trails in part.applications.items():
            self.applications.setdefault(name, []).extend(trails)
        self.folds.extend(part.folds)
        self.merged += part.merged
        if self.misses is not None:
            self.misses.extend(part.misses or ())

    @property
    def bytes_added(self) -> int:
        """Bytes that folding added to the artifact, in all."""
        return sum(f.bytes_added for f in self.folds)

    @property
    def flops_saved(self) -> int:
        """Floating-point operations per run that folding saved."""
        return sum(f.flops_saved for f in self.folds)
