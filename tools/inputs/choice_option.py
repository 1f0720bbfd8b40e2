"""`-O`, `--exactness`, `--enable` and `--disable`: which rewrites and passes take part."""

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


@dataclass(frozen=True)
class ChoiceOption:
    """What the command line says; what it does not say is None or empty."""

    optimization: int | None = None
    exactness: str | None = None
    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()

    @staticmethod
    def of(
        optimization: int | None,
        exactness: str | None,
        enable: Sequence[str] | None,
        disable: Sequence[str] | None,
    ) -> ChoiceOption:
        """The options as they were given; a name may be a list of names with commas."""
        return ChoiceOption(optimization, exactness, _names(enable), _names(disable))

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
        )


DEFAULT_LEVEL = 2
"""As in `transforms/optimize/choice.py`, which takes long to import."""

NO_CHOICE = ChoiceOption()


def _names(given: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(name for text in given or () for name in text.split(",") if name)
