"""Perceptrons of many seeds trained as one: a layer holds the weights of all of them, and each sees its own rows only."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn


class StackedLinear(nn.Module):
    """One linear layer for each seed, ``[s, n, inputs]`` to ``[s, n, outputs]``.

    Parameters
    ----------
    inputs, outputs
        Numbers in a row before and after.
    generators
        ``s`` of them, one for each seed: first weights and biases are uniform within ``1 / sqrt(inputs)``.
    """

    def __init__(self, inputs: int, outputs: int, generators: Sequence[torch.Generator]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.stack([_uniform(inputs, outputs, inputs, one) for one in generators]))
        self.bias = nn.Parameter(torch.stack([_uniform(1, outputs, inputs, one) for one in generators]))

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Apply each layer to the rows of its seed."""
        return torch.baddbmm(self.bias, rows, self.weight)


def perceptron(sizes: Sequence[int], generators: Sequence[torch.Generator]) -> nn.Sequential:
    """Return stacked layers between these sizes, leaky rectifiers between the layers, nothing after the last."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [StackedLinear(inputs, outputs, generators), nn.LeakyReLU()]
    return nn.Sequential(*layers[:-1])


def draws(shape: tuple[int, ...], generators: Sequence[torch.Generator]) -> torch.Tensor:
    """Return standard normal numbers ``[s, *shape]``, those of each seed from its generator."""
    return torch.stack([torch.randn(shape, generator=one) for one in generators])


def _uniform(rows: int, columns: int, inputs: int, generator: torch.Generator) -> torch.Tensor:
    bound = float(inputs) ** -0.5
    return torch.empty(rows, columns).uniform_(-bound, bound, generator=generator)
