"""Variational autoencoders of many seeds in one stack, over categories and numbers; latent spaces ordered by a property."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

import torch
from torch import nn

from braess.learn._stacked import draws, perceptron

_WIDEST = 20.0  # logarithm of a variance, more or less: rows far out would make it infinite


@dataclass(frozen=True)
class Columns:
    """What a row holds: each category by as many columns as it has levels, one of which is 1; then the numbers.

    Parameters
    ----------
    levels
        Of each category; equal ones side by side are handled together.
    numbers
        Columns of numbers, of about unit variance.
    """

    levels: tuple[int, ...] = ()
    numbers: int = 0

    @cached_property
    def width(self) -> int:
        """Numbers in a row."""
        return sum(self.levels) + self.numbers

    @cached_property
    def groups(self) -> list[tuple[int, int, int]]:
        """First column, categories and levels of each group of categories with equal levels."""
        found, start = [], 0
        for levels, group in groupby(self.levels):
            count = len(list(group))
            found.append((start, count, levels))
            start += count * levels
        return found

    def split(self, rows: torch.Tensor) -> list[torch.Tensor]:
        """Return the categories ``[..., count, levels]`` of each group, then the numbers ``[..., numbers]``."""
        parts = [
            rows[..., start : start + count * levels].reshape(*rows.shape[:-1], count, levels)
            for start, count, levels in self.groups
        ]
        return [*parts, rows[..., self.width - self.numbers :]]

    def log_likelihood(self, rows: torch.Tensor, decoded: torch.Tensor) -> torch.Tensor:
        """Return the log probability ``[...]`` of rows ``[..., width]``: of each category, and minus each squared error."""
        seen, shown = self.split(rows), self.split(decoded)
        total = -(seen[-1] - shown[-1]).square().sum(-1)
        for one, scores in zip(seen[:-1], shown[:-1], strict=True):
            total = total + (one * scores.log_softmax(-1)).sum((-1, -2))
        return total


@dataclass(frozen=True)
class VAERecipe:
    """Sizes of an autoencoder, and how it is trained.

    Parameters
    ----------
    latent
        Numbers in a code.
    hidden
        Units of the hidden layers of the encoder; the decoder has the same in reverse.
    beta
        Weight of the distance of codes from the prior.
    epochs
        Passes over the rows.
    minibatch
        Rows in a step of Adam.
    rate
        Learning rate.
    """

    latent: int
    hidden: tuple[int, ...]
    beta: float
    epochs: int
    minibatch: int
    rate: float


@dataclass(frozen=True)
class Ordering:
    """How strongly codes are ordered.

    Parameters
    ----------
    tau
        Difference in the log density of codes for a difference of 1 in the property.
    strength
        Weight of the loss, which is over ``(tau + 1)^2`` besides.
    """

    tau: float
    strength: float = 1.0


class Codes(NamedTuple):
    """What an encoder says of rows."""

    means: torch.Tensor
    """``[s, n, latent]``."""
    log_variances: torch.Tensor
    """``[s, n, latent]``."""

    @property
    def log_density(self) -> torch.Tensor:
        """Log density ``[s, n]`` of the means under the prior, up to a constant."""
        return -0.5 * self.means.square().sum(-1)


def ordering_loss(log_density: torch.Tensor, worth: torch.Tensor, tau: float) -> torch.Tensor:
    r"""Return how far differences in log density are from ``tau`` times differences in worth, ``[s]``.

    It is the sum of ``((l_i - l_j) - tau (y_i - y_j))^2`` over all ordered pairs, over ``n^2 + n`` (Ghaffari et al. 2024).
    With ``d = l - tau y`` that sum is ``2 n^2`` times the variance of ``d``, so no pair is ever formed and none left out.

    Parameters
    ----------
    log_density, worth
        ``[s, n]``.
    tau
        As in `Ordering`.
    """
    missed = log_density - tau * worth
    n = missed.shape[-1]
    return (2.0 * n / (n + 1.0)) * missed.var(-1, correction=0)


class StackedVAE(nn.Module):
    """Autoencoders of ``s`` seeds, each with weights and rows of its own.

    Parameters
    ----------
    columns
        Of the rows.
    recipe
        Sizes and training.
    generators
        ``s`` of them, for the first weights.

    References
    ----------
    Kingma and Welling (2014), "Auto-encoding variational Bayes", arXiv:1312.6114. The loss that orders codes: Ghaffari et al.
    (2024), "Robust model-based optimization for challenging fitness landscapes", arXiv:2305.13650.
    """

    def __init__(self, columns: Columns, recipe: VAERecipe, generators: Sequence[torch.Generator]) -> None:
        super().__init__()
        self.columns, self.recipe = columns, recipe
        self._encoder = perceptron((columns.width, *recipe.hidden, 2 * recipe.latent), generators)
        self._decoder = perceptron((recipe.latent, *recipe.hidden[::-1], columns.width), generators)

    def encode(self, rows: torch.Tensor) -> Codes:
        """Return the codes of rows ``[s, n, width]``."""
        means, log_variances = self._encoder(rows).chunk(2, -1)
        return Codes(means, log_variances.clamp(-_WIDEST, _WIDEST))

    def decode(self, codes: torch.Tensor) -> torch.Tensor:
        """Return scores of categories and numbers ``[s, n, width]`` for codes ``[s, n, latent]``."""
        decoded: torch.Tensor = self._decoder(codes)
        return decoded

    def losses(
        self, rows: torch.Tensor, worth: torch.Tensor, weights: torch.Tensor, noise: torch.Tensor, ordering: Ordering | None
    ) -> torch.Tensor:
        """Return the loss ``[s]``: error of what is decoded, mean over variables; distance from the prior; disorder.

        Parameters
        ----------
        rows
            ``[s, n, width]``.
        worth
            ``[s, n]``, larger is better.
        weights
            ``[s, n]`` of the rows in the first two.
        noise
            ``[s, n, latent]`` standard normal.
        ordering
            ``None`` for none.
        """
        codes = self.encode(rows)
        decoded = self.decode(codes.means + torch.exp(0.5 * codes.log_variances) * noise)
        variables = len(self.columns.levels) + self.columns.numbers
        error = -self.columns.log_likelihood(rows, decoded) / variables
        spread = codes.log_variances.exp() - 1.0 - codes.log_variances
        distance = 0.5 * (codes.means.square() + spread).mean(-1)
        loss = (weights * (error + self.recipe.beta * distance)).mean(-1)
        if ordering is not None:
            scale = ordering.strength / (ordering.tau + 1.0) ** 2
            loss = loss + scale * ordering_loss(codes.log_density, worth, ordering.tau)
        return loss

    def take(self, seed: int) -> StackedVAE:
        """Return the autoencoder of one seed, a copy."""
        return self._of([parameter[seed : seed + 1] for parameter in self.parameters()])

    @staticmethod
    def join(models: Sequence[StackedVAE]) -> StackedVAE:
        """Return one stack of the seeds of several, which have the same columns and recipe."""
        return models[0]._of([torch.cat(parts) for parts in zip(*(one.parameters() for one in models), strict=True)])

    def _of(self, parameters: Sequence[torch.Tensor]) -> StackedVAE:
        made = copy.deepcopy(self)
        for parameter, values in zip(made.parameters(), parameters, strict=True):
            parameter.data = values.detach().clone()
        return made


def train(
    model: StackedVAE,
    rows: torch.Tensor,
    worth: torch.Tensor,
    weights: torch.Tensor,
    generators: Sequence[torch.Generator],
    ordering: Ordering | None = None,
) -> None:
    """Train all seeds at once, by Adam for the epochs of the recipe; each goes as it would alone.

    Parameters
    ----------
    model
        Trained further from the weights that it has.
    rows, worth, weights, ordering
        As in `StackedVAE.losses`.
    generators
        ``s`` of them, for the order of rows and the noise.
    """
    recipe, (seeds, n, _) = model.recipe, rows.shape
    optimiser = torch.optim.Adam(model.parameters(), lr=recipe.rate, fused=True)
    size = math.ceil(n / math.ceil(n / recipe.minibatch))
    each = torch.arange(seeds)[:, None]
    for _ in range(recipe.epochs):
        order = torch.stack([torch.randperm(n, generator=one) for one in generators])
        noise = draws((n, recipe.latent), generators)
        for start in range(0, n, size):
            some = order[:, start : start + size]
            optimiser.zero_grad(set_to_none=True)
            loss = model.losses(
                rows[each, some], worth[each, some], weights[each, some], noise[:, start : start + size], ordering
            )
            loss.sum().backward()  # type: ignore[no-untyped-call]
            optimiser.step()
