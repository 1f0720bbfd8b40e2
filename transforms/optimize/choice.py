"""
Which rewrites and which passes that need not run take part: `-O`, `--exactness`, `--enable` and
`--disable`.

A rule takes part from the level of its group on, if its class of exactness is allowed. `enable`
adds one that the level leaves out, `disable` leaves one out; both also know the passes of
`OPTIONAL_PASSES`. What is not in that table and no rule is needed to run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from ...errors import UsageError
from ...ir.nearest import suggestion
from .rewriting import EXACTNESS, MERGE, Rule

LEVELS = {
    0: "only what is needed to run; every operation is as the model has it",
    1: "rules that make an operation simpler or fuse it with its neighbour",
    2: "all rules, and algorithms that take sums apart",
    3: "rules that change numbers within stated bounds, too",
}
"""What each level of optimisation does beyond the one before."""

DEFAULT_LEVEL = 2

LEVEL_OF_GROUP = {"simplify": 1, "fuse": 1, "move": 2, "recognise": 2}


@dataclass(frozen=True)
class OptionalPass:
    """A pass that programs run without: the level that has it, and what it does to numbers."""

    level: int
    exactness: str


ASKED_FOR = 4
"""The level of a pass that runs where it is enabled by name alone."""

OPTIONAL_PASSES = {
    "band-rows": OptionalPass(ASKED_FOR, "rounding"),
    "expand-transposed-conv": OptionalPass(2, "rounding"),
    "late-concats": OptionalPass(ASKED_FOR, "bitwise"),
    "hoist-invariants": OptionalPass(1, "bitwise"),
    MERGE: OptionalPass(1, "bitwise"),
    "order-operations": OptionalPass(1, "bitwise"),
    "promote-half-precision": OptionalPass(1, "rounding"),
    "split-padding": OptionalPass(1, "bitwise"),
    "use-winograd": OptionalPass(2, "rounding"),
}

NEEDED = (
    "assign-layouts",
    "contract-codes",
    "convert-engine-to-kernels",
    "convert-to-engine",
    "keep-roundings",
    "keep-weight-codes",
    "narrow-contractions",
    "optimize",
    "plan-memory",
    "prepare-codes",
    "widen-half-precision",
)
"""Passes that every program needs; the rules of `optimize` go one by one, or by `-O0`."""


def exactness_at(optimization: int, exactness: str | None) -> str:
    """The class that is asked for, or else that of a level: `approximate` at 3."""
    if exactness is not None:
        return exactness
    return "approximate" if optimization >= 3 else "rounding"


@dataclass(frozen=True)
class Choice:
    """
    What takes part.

    Raises:
        UsageError: for a level or an exactness that there is not.
    """

    optimization: int = DEFAULT_LEVEL
    exactness: str = "rounding"
    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.optimization not in LEVELS:
            raise UsageError(f"optimization is {self.optimization}, expected 0, 1, 2 or 3")
        if self.exactness not in EXACTNESS:
            raise UsageError(
                f"exactness is '{self.exactness}', expected one of {', '.join(EXACTNESS)}"
            )

    @property
    def is_plain(self) -> bool:
        """Whether nothing is chosen by name."""
        return not (self.enable or self.disable)

    def takes(self, name: str, level: int, exactness: str) -> bool:
        """Whether what is of a level and a class of exactness takes part."""
        if name in self.disable or EXACTNESS.index(exactness) > EXACTNESS.index(self.exactness):
            return False
        return level <= self.optimization or name in self.enable

    def takes_rule(self, rule: Rule) -> bool:
        """Whether a rule takes part."""
        return self.takes(rule.name, LEVEL_OF_GROUP[rule.group], rule.exactness)

    def takes_pass(self, name: str) -> bool:
        """Whether a pass takes part; one that is not in the table is needed."""
        known = OPTIONAL_PASSES.get(name)
        return known is None or self.takes(name, known.level, known.exactness)

    def allows(self, name: str) -> bool:
        """Whether an optional pass may be enabled: neither it nor its class is forbidden."""
        needed = EXACTNESS.index(OPTIONAL_PASSES[name].exactness)
        return name not in self.disable and needed <= EXACTNESS.index(self.exactness)

    def check(self, rules: Iterable[Rule]) -> None:
        """
        Check the names against the rules there are.

        Raises:
            UsageError: with all that is wrong: names of nothing, each with those nearest to it, of
                what is needed, on both sides, or of what the exactness does not allow.
        """
        classes = {name: known.exactness for name, known in OPTIONAL_PASSES.items()}
        classes.update({rule.name: rule.exactness for rule in rules})
        problems = [
            problem
            for option, names in (("enable", self.enable), ("disable", self.disable))
            for problem in _unknown(option, names, classes)
        ]
        problems += [
            f"'{name}' is both enabled and disabled" for name in self.enable if name in self.disable
        ]
        allowed = EXACTNESS.index(self.exactness)
        for name in self.enable:
            needed = classes.get(name, EXACTNESS[0])
            if EXACTNESS.index(needed) > allowed:
                problems.append(
                    f"enable: '{name}' is of class {needed}, and exactness is {self.exactness}; "
                    f"give exactness {needed}"
                )
        if problems:
            raise UsageError("; ".join(problems))


def _unknown(option: str, names: Sequence[str], known: Collection[str]) -> Iterable[str]:
    for name in names:
        if name in NEEDED:
            yield f"{option}: '{name}' is needed to run and always takes part"
        elif name not in known:
            near = suggestion(name, known, listing="docs/reference/rewrites.md lists all")
            yield f"{option}: there is no rewrite or optional pass '{name}'{near}"
