"""What the network of values foretells: a mixture of normal distributions, and what Bayesian optimisation asks of one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

_LEAST = 1e-4  # standard deviation of a part: how exactly values between -3 and 3 can be foretold
_DIRECT, _FAR = 1.0, 1e3  # standard deviations below the incumbent, from where on improvement is computed in other ways


@dataclass(frozen=True)
class Mixture:
    """Mixtures of normal distributions, one for each entry of the leading dimensions; everything has slopes.

    Parameters
    ----------
    log_weights, means, deviations
        ``[..., k]``; the weights sum to 1.
    """

    log_weights: torch.Tensor
    means: torch.Tensor
    deviations: torch.Tensor

    @classmethod
    def of(cls, raw: torch.Tensor) -> Mixture:
        """Read what a network says, ``[..., 3 k]``."""
        weights, means, deviations = raw.chunk(3, -1)
        return cls(weights.log_softmax(-1), means, torch.nn.functional.softplus(deviations) + _LEAST)

    def double(self) -> Mixture:
        """Return the same in double precision, as improbable events need."""
        return Mixture(self.log_weights.double(), self.means.double(), self.deviations.double())

    def __getitem__(self, chosen: int | slice) -> Mixture:
        """Return some along the first dimension."""
        return Mixture(self.log_weights[chosen], self.means[chosen], self.deviations[chosen])

    def log_density(self, values: torch.Tensor) -> torch.Tensor:
        """Return the logarithm of the density at values ``[...]``."""
        z = (values[..., None] - self.means) / self.deviations
        parts = -0.5 * z.square() - self.deviations.log() - 0.5 * math.log(2.0 * math.pi)
        return torch.logsumexp(self.log_weights + parts, -1)

    def mean(self) -> torch.Tensor:
        """Return the means ``[...]``."""
        return (self.log_weights.exp() * self.means).sum(-1)

    def deviation(self) -> torch.Tensor:
        """Return the standard deviations ``[...]``."""
        second = (self.log_weights.exp() * (self.deviations.square() + self.means.square())).sum(-1)
        return (second - self.mean().square()).clamp_min(_LEAST**2).sqrt()

    def log_below(self, limit: torch.Tensor) -> torch.Tensor:
        """Return the logarithm of the probability to be below limits ``[...]``; finite however improbable that is."""
        z = (limit[..., None] - self.means) / self.deviations
        return torch.logsumexp(self.log_weights + _log_probability(z), -1)

    def log_improvement(self, incumbent: torch.Tensor) -> torch.Tensor:
        """Return the logarithm of the expected improvement on incumbents ``[...]``, below which values are better.

        That of a normal distribution is ``s (density(z) + z probability(z))`` with ``z`` the mean's distance below the
        incumbent in standard deviations ``s``; a mixture's is the mean of those of its parts.
        """
        z = (incumbent[..., None] - self.means) / self.deviations
        return torch.logsumexp(self.log_weights + self.deviations.log() + _log_improvement(z), -1)


def _log_probability(z: torch.Tensor) -> torch.Tensor:
    """Return the logarithm of the standard normal distribution's probability below ``z``, with a slope wherever that is."""
    beyond = z.clamp_max(-_FAR)
    return torch.where(z > -_FAR, torch.special.log_ndtr(z.clamp_min(-_FAR)), _log_density(beyond) - torch.log(-beyond))


def _log_improvement(z: torch.Tensor) -> torch.Tensor:
    """Return ``log(density(z) + z probability(z))`` of the standard normal distribution, without cancellation far below 0.

    References
    ----------
    Ament, Daulton, Eriksson, Balandat and Bakshy (2023), arXiv:2310.20708, equation 9.
    """
    near = z.clamp_min(-_DIRECT)
    direct = torch.log(_density(near) + near * torch.special.ndtr(near))
    below = -z.clamp(-_FAR, -_DIRECT)
    ratio = math.sqrt(0.5 * math.pi) * torch.special.erfcx(below / math.sqrt(2.0))  # probability over density
    middle = _log_density(below) + torch.log1p(-below * ratio)
    beyond = z.clamp_max(-_FAR)
    far = _log_density(beyond) - 2.0 * torch.log(-beyond)
    return torch.where(z > -_DIRECT, direct, torch.where(z > -_FAR, middle, far))


def _log_density(z: torch.Tensor) -> torch.Tensor:
    return -0.5 * z.square() - 0.5 * math.log(2.0 * math.pi)


def _density(z: torch.Tensor) -> torch.Tensor:
    return torch.exp(_log_density(z))
