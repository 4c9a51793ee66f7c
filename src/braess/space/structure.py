"""The variables that open sub-spaces: a choice whose option brings decisions of its own, and a repeat of a sub-space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from braess.errors import InputError
from braess.space.discrete import Categorical, Integer

if TYPE_CHECKING:
    from braess.space.space import Space


@dataclass(frozen=True, eq=False)
class Choice:
    """One of several options, each of which may open a sub-space that is decided only when the option is taken.

    Parameters
    ----------
    options
        Name of the option to its sub-space, or ``None`` where it opens nothing. The leaves of an option's sub-space
        are called ``choice.option.name``.
    """

    options: Mapping[str, Space | None]
    kind: ClassVar[str] = "choice"

    def __post_init__(self) -> None:
        """Check the options and copy them."""
        object.__setattr__(self, "options", dict(self.options))
        if not self.options:
            raise InputError("a choice needs options", field="options")

    @property
    def selector(self) -> Categorical:
        """The plain variable that holds which option is taken."""
        return Categorical(options=tuple(self.options))


@dataclass(frozen=True, eq=False)
class Repeat:
    """A sub-space decided once per repetition, where the number of repetitions is itself decided.

    Parameters
    ----------
    space
        What each repetition decides. The leaves of repetition ``i`` are called ``repeat.i.name``.
    low, high
        Fewest and most repetitions, both included.
    """

    space: Space
    low: int
    high: int
    kind: ClassVar[str] = "repeat"

    def __post_init__(self) -> None:
        """Check the bounds."""
        if not 0 <= self.low <= self.high or self.high == 0:
            raise InputError(
                "impossible number of repetitions",
                field="low, high",
                found=(self.low, self.high),
                expected="0 <= low <= high, high > 0",
            )

    @property
    def count(self) -> Integer:
        """The plain variable that holds the number of repetitions."""
        return Integer(low=self.low, high=self.high)
