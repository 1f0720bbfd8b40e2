"""Who looks on while rewrites are applied: nobody, when a model is compiled."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import Block, Operation, SSAValue

from .provenance import Trail
from .report import NearMiss
from .rewrite import Match, Rule


@dataclass(frozen=True)
class Applied:
    """
    One application of a rule, as it is just before `op` is replaced; a pattern of xDSL has
    replaced it already.
    """

    rule: Rule
    trail: Trail
    """What it comes from."""
    op: Operation
    merged: tuple[Operation, ...]
    """What else becomes part of what is built."""
    inserted: tuple[Operation, ...]
    values: tuple[SSAValue, ...]
    """What stands for the results of `op`; they themselves where it was changed in place."""


class Watcher:
    """Is told what the driver does, and changes nothing."""

    match_type: type[Match] = Match
    """What attempts are made with."""

    def begin(self, block: Block) -> None:
        """A function is about to be rewritten, from the start where a rule was left out."""

    def applied(self, application: Applied) -> None:
        """A rule applies."""

    def merged(self, block: Block, count: int) -> None:
        """As many operations were equal to others and are gone."""

    def missed(
        self, miss: NearMiss, op: Operation, match: Match | None, error: Exception | None
    ) -> None:
        """A rule declines: the attempt as it was when `error`, which says why, was raised."""
