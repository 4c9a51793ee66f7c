"""What models see of a design: its place in the unit cube, each category in a coordinate of its own."""

from __future__ import annotations

import torch

from braess.space import Categorical, Space


class Encoding:
    """Points of the unit cube as rows of numbers in [0, 1] among which distances make sense.

    Parameters
    ----------
    space
        Of the designs.

    Attributes
    ----------
    width
        Numbers in a row.
    """

    def __init__(self, space: Space) -> None:
        self._columns = [
            (column, leaf.variable.levels if isinstance(leaf.variable, Categorical) else 0)
            for leaf in space.leaves
            for column in range(leaf.columns.start, leaf.columns.stop)
        ]
        self.width = sum(max(levels, 1) for _, levels in self._columns)

    def __call__(self, points: torch.Tensor) -> torch.Tensor:
        """Write points ``[..., d]`` as rows ``[..., width]``; slopes of numbers survive."""
        parts = []
        for column, levels in self._columns:
            value = points[..., column : column + 1]
            if levels:
                value = ((value * levels).floor() == torch.arange(levels)).to(points.dtype)
            parts.append(value)
        return torch.cat(parts, dim=-1)
