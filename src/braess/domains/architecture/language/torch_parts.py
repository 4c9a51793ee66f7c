"""The torch modules of the language that torch does not have."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from braess.domains.architecture.language.program import Shape, Values


class Added(nn.Module):
    """A module whose input is added to its output.

    Parameters
    ----------
    module
        From ``inner`` to ``outer`` shapes.
    inner, outer
        Shapes of examples that go in and come out of it.
    wide
        The greater of the two in each dimension: what both are padded to with zeros, behind the last element.
    """

    def __init__(self, module: nn.Module, inner: Shape, outer: Shape, wide: Shape) -> None:
        super().__init__()
        self.module = module
        self._inner, self._outer = _missing(inner, wide), _missing(outer, wide)

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """Return ``[n, *wide]`` for ``[n, *inner]``."""
        return functional.pad(batch, self._inner) + functional.pad(self.module(batch), self._outer)


class Layer(nn.Sequential):
    """A few modules of torch that are one part of a program, and are timed as one block."""

    def __repr__(self) -> str:
        """Write the modules in a line."""
        return ", ".join(repr(part) for part in self)


class Chosen(nn.Identity):
    """Changes nothing, and knows what was chosen beside the network: name to value."""

    def __init__(self, values: Values) -> None:
        super().__init__()
        self.values = dict(values)


def _missing(shape: Shape, wide: Shape) -> list[int]:
    """Return zeros before and behind each dimension, the last one first, as `torch.nn.functional.pad` reads them."""
    return [zeros for a, b in reversed(list(zip(shape, wide, strict=True))) for zeros in (0, b - a)]
