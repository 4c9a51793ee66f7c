"""The settings of the engineering problems, as the ``[problem]`` table of a study file writes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from braess.domains.engineering.problems import PROBLEMS, EngineeringProblem
from braess.errors import InputError, nearest


@dataclass(frozen=True, kw_only=True)
class EngineeringSettings:
    """Settings of an engineering problem.

    Parameters
    ----------
    name
        Which problem, such as ``welded-beam``.
    variant
        ``published``: as in the code of the benchmark, mistakes included; ``corrected``: as in the sources.
    """

    name: str
    variant: str = "published"

    def build(self, folder: Path) -> EngineeringProblem:  # noqa: ARG002 -- there are no files to find
        """Build the problem."""
        return load(self.name, self.variant)


def load(name: str, variant: str = "published") -> EngineeringProblem:
    """Return a problem by name.

    Raises
    ------
    InputError
        There is no such problem or variant; the nearest is suggested.
    """
    if name not in PROBLEMS:
        raise InputError(
            f"no such problem{nearest(str(name), PROBLEMS)}", field="name", found=name, expected=f"one of {', '.join(PROBLEMS)}"
        )
    return PROBLEMS[name](variant)
