"""The settings of networks that a program describes, as the ``[problem]`` table of a study file writes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from braess.domains.architecture.training.settings import TrainedSettings
from braess.errors import InputError

if TYPE_CHECKING:
    from braess.domains.architecture.networks import Family
    from braess.domains.architecture.training.problem import TrainedNetworks
    from braess.space import Designs

_TRIED = 100  # random designs, of which one must be possible


@dataclass(frozen=True, kw_only=True)
class ProgramSettings(TrainedSettings):
    """Settings of networks that a program describes.

    Parameters
    ----------
    file
        A Python file, which is executed: from then on it may do whatever its reader may.
    program
        What in it is the program: a `braess.domains.architecture.language.Module`, or a function without arguments that
        returns one. It turns images into one score for each class.
    """

    file: str
    program: str = "program"

    def family(self, image: tuple[int, int, int], classes: int) -> Family:
        """Execute the file and return the networks."""
        from braess.domains.architecture.language.family import FileProgram, ProgramFamily

        return ProgramFamily(image=image, classes=classes, program=FileProgram(Path(self.file), self.program))

    def build(self, folder: Path) -> TrainedNetworks:
        """Build the problem; relative paths start at ``folder``."""
        placed = replace(self, file=str(folder / self.file))
        problem = TrainedSettings.build(placed, folder)
        _check_some(problem)
        return problem


def _check_some(problem: TrainedNetworks) -> None:
    """Raise `InputError` where none of some random designs can be built."""
    designs = problem.space.sample(_TRIED, np.random.default_rng(0))
    reason: InputError | None = None
    for design in designs:
        reason = _reason(problem, design)
        if reason is None:
            return
    assert reason is not None
    raise reason


def _reason(problem: TrainedNetworks, design: Designs) -> InputError | None:
    """Return why a design is impossible."""
    try:
        problem.training.with_choices(problem.family.blank(design).settings)
    except InputError as error:
        return error
    return None
