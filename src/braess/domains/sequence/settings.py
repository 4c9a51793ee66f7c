"""The settings of problems over sequences and grids, as the ``[problem]`` table of a study file writes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from braess.domains.sequence.problems import GB1, Binding, Grid, NGrams
from braess.domains.sequence.tables import load_affinities, load_gb1


@dataclass(frozen=True, kw_only=True)
class BindingSettings:
    """Settings of a binding problem.

    Parameters
    ----------
    bind
        Factors whose score is to be large: names of shipped tables (ARX, BCL6, CRX, PAX4, POU6F2, SIX6, VSX1, WT1) or paths of
        tables of one's own, tab-separated, words in the first column and scores in ``E-score``.
    avoid
        Factors whose score is to be small.
    """

    bind: tuple[str, ...]
    avoid: tuple[str, ...] = ()

    def build(self, folder: Path) -> Binding:
        """Build the problem; relative paths start at ``folder``."""
        bind = [load_affinities(factor, folder, "bind") for factor in self.bind]
        return Binding(bind, [load_affinities(factor, folder, "avoid") for factor in self.avoid])


@dataclass(frozen=True, kw_only=True)
class GB1Settings:
    """Settings of the GB1 problem: there are none."""

    def build(self, folder: Path) -> GB1:  # noqa: ARG002 -- there are no files to name
        """Build the problem."""
        return GB1(load_gb1())


@dataclass(frozen=True, kw_only=True)
class NGramsSettings:
    """Settings of an n-gram problem.

    Parameters
    ----------
    words
        What is counted.
    shortest
        Fewest letters of a sequence.
    longest
        Most letters of a sequence.
    """

    words: tuple[str, ...] = ("AV", "VC")
    shortest: int = 32
    longest: int = 36

    def build(self, folder: Path) -> NGrams:  # noqa: ARG002 -- there are no files to name
        """Build the problem."""
        return NGrams(self.words, self.shortest, self.longest)


@dataclass(frozen=True, kw_only=True)
class GridSettings:
    """Settings of a grid problem.

    Parameters
    ----------
    landscapes
        Some of ``branin``, ``currin``, ``shubert`` and ``beale``.
    cells
        Along each side.
    """

    landscapes: tuple[str, ...] = ("branin", "currin")
    cells: int = 32

    def build(self, folder: Path) -> Grid:  # noqa: ARG002 -- there are no files to name
        """Build the problem."""
        return Grid(self.landscapes, self.cells)
