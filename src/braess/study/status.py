"""Why a study ended, in words; there is no silent success."""

from __future__ import annotations

from enum import Enum


class Status(Enum):
    """Why a study ended, or that it has not."""

    UNFINISHED = "The study has not ended: it is running, or it was killed. Resume it to go on."
    TARGET_REACHED = "A design as good as the target was found."
    BUDGET_SPENT = "The budget is spent."
    STAGNATED = "There was no improvement for as long as the budget allows."
    EXHAUSTED = "The search has nothing more to ask."
    STOPPED = "A callback stopped the study."
    INTERRUPTED = "The study was interrupted; what was found so far is kept. Resume it to go on."
    FAILED = "The study broke off with an error; what was found so far is kept."

    @property
    def message(self) -> str:
        """The reason in words."""
        return self.value
