"""`-O`, `--exactness`, `--enable`, `--disable`, `--precision`: what takes part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict


class ChoiceKeywords(TypedDict):
    """As `compile`, `lower` and `options_of` take them."""

    optimization: int
    exactness: str | None
    enable: tuple[str, ...]
    disable: tuple[str, ...]
    precision: str | None


@dataclass(frozen=True)
class ChoiceOption:
    """What the command line says; what it does not say is None or empty."""

    optimization: int | None = None
    exactness: str | None = None
    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    precision: str | None = None

    @staticmethod
    def of(
        optimization: int | None,
        exactness: str | None,
        enable: Sequence[str] | None,
        disable: Sequence[str] | None,
        precision: str | None = None,
    ) -> ChoiceOption:
        """The options as they were given; a name may be a list of names with commas."""
        names = _names(enable), _names(disable)
        return ChoiceOption(optimization, exactness, *names, precision)

    @property
    def is_given(self) -> bool:
        """Whether anything was chosen."""
        return self != ChoiceOption()

    @property
    def keywords(self) -> ChoiceKeywords:
        """The same as keywords of `compile`."""
        return ChoiceKeywords(
            optimization=DEFAULT_LEVEL if self.optimization is None else self.optimization,
            exactness=self.exactness,
            enable=self.enable,
            disable=self.disable,
            precision=self.precision,
        )


DEFAULT_LEVEL = 2
"""As in `transforms/optimize/choice.py`, which takes long to import."""

NO_CHOICE = ChoiceOption()


def _names(given: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(name for text in given or () for name in text.split(",") if name)
