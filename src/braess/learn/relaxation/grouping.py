"""Which options may share one set of weights: those whose gradients agree. The best cut parts them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Grouping:
    """Options parted into two groups.

    Parameters
    ----------
    groups
        Options of each group, the group of the first option first.
    cost
        Mean agreement between options of different groups: the lower, the better the cut.
    """

    groups: tuple[tuple[int, ...], tuple[int, ...]]
    cost: float


def agreement(gradients: Floats) -> Floats:
    """Return how far the gradients of options agree: cosines, averaged over batches, ``[options, options]``.

    An option without any gradient agrees with nothing but itself (Hu et al. 2022, arXiv:2203.15207, eq. 3, leave that open).

    Parameters
    ----------
    gradients
        By the shared weights, ``[batches, options, weights]``.
    """
    sizes = np.linalg.norm(gradients, axis=2, keepdims=True)
    units = np.divide(gradients, sizes, out=np.zeros_like(gradients), where=sizes > 0)
    cosines: Floats = np.einsum("bik,bjk->ij", units, units) / len(gradients)
    np.fill_diagonal(cosines, 1.0)
    return cosines


def best_split(cosines: Floats, options: Sequence[int]) -> Grouping:
    """Return the balanced cut of some options into two groups that agree least with one another.

    Balanced: sizes that differ by one at most. The mean over pairs and not the sum is what counts, so that cuts of choices with
    different numbers of options compare (arXiv:2203.15207, section 4.2, cuts by the sum). Every cut is looked at: there are at
    most some dozens.

    Parameters
    ----------
    cosines
        `agreement`, ``[all options, all options]``.
    options
        Those to part, two at least.
    """
    return min(
        (Grouping(groups, split_cost(cosines, groups)) for groups in _balanced(tuple(options))), key=lambda found: found.cost
    )


def split_cost(cosines: Floats, groups: tuple[Sequence[int], Sequence[int]]) -> float:
    """Return the mean agreement between options of different groups."""
    return float(cosines[np.ix_(groups[0], groups[1])].mean())


def _balanced(options: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Go through the ways to part options into two groups of nearly one size, each way once."""
    first, rest = options[0], options[1:]
    for size in {len(options) // 2, len(options) - len(options) // 2}:
        for others in itertools.combinations(rest, size - 1):
            group = (first, *others)
            yield group, tuple(option for option in rest if option not in others)
