"""The variables that open sub-spaces: a choice whose option brings decisions of its own, and a repeat of a sub-space."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
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

    @classmethod
    def optional(cls, space: Space) -> Choice:
        """Return the choice between nothing (``no``) and a sub-space (``yes``)."""
        return cls({"no": None, "yes": space})

    @property
    def selector(self) -> Categorical:
        """The plain variable that holds which option is taken."""
        return Categorical(options=tuple(self.options))


@dataclass(frozen=True, eq=False)
class Repeat:
    """A sub-space that is repeated, where the number of repetitions is itself decided.

    Parameters
    ----------
    space
        What each repetition decides. The leaves of repetition ``i`` are called ``repeat.i.name``.
    low, high
        Fewest and most repetitions, both included.
    among
        The numbers of repetitions that are possible, growing from ``low`` to ``high``; ``None`` for all between.
    tied
        Whether all repetitions are alike: the sub-space is decided once, where there is a repetition, and its leaves are
        called ``repeat.each.name``.
    """

    space: Space
    low: int
    high: int
    among: tuple[int, ...] | None = None
    tied: bool = False
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
        if self.among is not None:
            object.__setattr__(self, "among", among := tuple(self.among))
            if among != tuple(sorted(set(among))) or (among[:1], among[-1:]) != ((self.low,), (self.high,)):
                raise InputError(
                    "impossible numbers of repetitions",
                    field="among",
                    found=among,
                    expected=f"whole numbers that grow from {self.low} to {self.high}",
                )

    @property
    def counts(self) -> Sequence[int]:
        """The possible numbers of repetitions, in order."""
        return range(self.low, self.high + 1) if self.among is None else self.among

    @property
    def count(self) -> Integer | Categorical:
        """The plain variable that holds the number of repetitions."""
        if self.among is not None:
            return Categorical(options=self.among, ordered=True)
        return Integer(low=self.low, high=self.high)

    def stored(self, count: int) -> int:
        """Return how `count` stores so many repetitions or, where they are impossible, the next greater number that is not."""
        return count if self.among is None else bisect_left(self.among, count)
