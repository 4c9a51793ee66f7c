"""How time is measured, as a study file writes it."""

from __future__ import annotations

from dataclasses import dataclass

from braess.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Timing:
    """How time is measured: on one core, after warming up, as the mean of repeated runs without the extremes.

    Parameters
    ----------
    batch
        Images scored at once.
    warm
        Runs before the clock is looked at.
    repeats
        Runs that are timed; one that takes less than a millisecond is several.
    trim
        Share of the shortest and of the longest runs that are left out of the mean.
    """

    batch: int = 1
    warm: int = 5
    repeats: int = 30
    trim: float = 0.2

    def __post_init__(self) -> None:
        """Check the numbers."""
        bounds = {
            "batch": (self.batch >= 1, "at least 1"),
            "warm": (self.warm >= 1, "at least 1"),
            "repeats": (self.repeats >= 1, "at least 1"),
            "trim": (0 <= self.trim < 0.5, "from 0 to below 0.5"),
        }
        for field, (right, expected) in bounds.items():
            if not right:
                raise InputError("impossible setting", field=field, found=getattr(self, field), expected=expected)
