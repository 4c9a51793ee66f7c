"""Dropout that draws from a generator of its own, so that trainings in several threads do not draw from each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class SeededDropout(nn.Module):
    """In training keeps each element with a probability, divided by it; see `dropping_from`.

    Parameters
    ----------
    keep
        The probability, above 0.
    """

    def __init__(self, keep: float) -> None:
        super().__init__()
        self.keep = keep
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return a tensor of the same shape."""
        if not self.training:
            return x
        return x * torch.empty_like(x).bernoulli_(self.keep, generator=self.generator) / self.keep

    def extra_repr(self) -> str:
        """Write the probability."""
        return f"keep={self.keep}"


@contextmanager
def dropping_from(network: nn.Module, generator: torch.Generator) -> Iterator[None]:
    """Let all dropout of a network draw from one generator for a while; otherwise it draws from torch's own."""
    layers = [module for module in network.modules() if isinstance(module, SeededDropout)]
    for layer in layers:
        layer.generator = generator
    try:
        yield
    finally:
        for layer in layers:
            layer.generator = None
