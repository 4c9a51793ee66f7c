"""From logits to what each option weighs in a mixture: all at once, by noise, or one at a time behind a gate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from braess.errors import InputError


@dataclass(frozen=True)
class Mixed:
    """What each option of each choice weighs, and which have to be computed.

    Parameters
    ----------
    weights
        ``[choices, options]``; a gradient runs through them to the logits.
    active
        ``[choices, options]``, boolean: an option that is not active weighs nothing and takes no gradient.
    shares
        ``[choices, options]`` by which costs are counted, with their gradient.
    """

    weights: Tensor
    active: Tensor
    shares: Tensor

    def without(self, choice: int, option: int) -> Mixed:
        """Return the mixture in which one option of one choice weighs nothing and the others weigh what they weighed.

        The rest is not brought back to a sum of one (Wang et al. 2021, arXiv:2108.04392, section 4).
        """
        kept = torch.ones_like(self.active)
        kept[choice, option] = False
        return Mixed(self.weights * kept, self.active & kept, self.shares)


class Mixing(Protocol):
    """A way to weigh options."""

    def __call__(self, logits: Tensor, allowed: Tensor, generator: torch.Generator) -> Mixed:
        """Weigh options.

        Parameters
        ----------
        logits
            ``[choices, options]``.
        allowed
            ``[choices, options]``, boolean, at least one of each choice; the others never weigh anything.
        generator
            Where randomness comes from.
        """


@dataclass(frozen=True)
class Softmax:
    """Every option at once, by the softmax of the logits (DARTS; Liu, Simonyan and Yang 2019, arXiv:1806.09055, eq. 2)."""

    def __call__(self, logits: Tensor, allowed: Tensor, generator: torch.Generator) -> Mixed:  # noqa: ARG002 -- draws nothing
        """Weigh options."""
        shares = torch.softmax(_barred(logits, allowed), dim=1)
        return Mixed(shares, allowed, shares)


@dataclass(frozen=True)
class Gumbel:
    """Every option at once, by a softmax of noisy logits that comes near to one option as the temperature falls.

    Source: Wu et al. 2019, arXiv:1812.03443 (FBNet), eq. 7, whose cost is that of the noisy weights; after Jang, Gu and Poole
    2017, arXiv:1611.01144. With a temperature near 0 the weights are a draw from the softmax of the logits.

    Parameters
    ----------
    temperature
        Of the softmax, above 0.
    """

    temperature: float = 1.0

    def __post_init__(self) -> None:
        """Check the temperature."""
        if not self.temperature > 0:
            raise InputError("not a temperature", field="temperature", found=self.temperature, expected="more than 0")

    def __call__(self, logits: Tensor, allowed: Tensor, generator: torch.Generator) -> Mixed:
        """Weigh options."""
        noise = torch.empty_like(logits).exponential_(generator=generator).log().neg()
        weights = torch.softmax(_barred(logits + noise, allowed) / self.temperature, dim=1)
        return Mixed(weights, allowed, weights)


@dataclass(frozen=True)
class Gates:
    """One option of each choice, drawn by the softmax of the logits (ProxylessNAS; Cai, Zhu and Han 2019, arXiv:1812.00332).

    The weights are a draw, ones and zeros. Backwards they pass as the probabilities would: the slope by a logit is
    ``sum_j dL/dg_j p_j (1[i = j] - p_i)`` (eq. 4). Where ``paths`` is less than the number of options, so many different ones
    are drawn first, and the probabilities are those among them (section 3.2.1); only these have to be computed.

    Parameters
    ----------
    paths
        Options of each choice that take part: 1 for training weights, 2 for training logits in the paper, 0: all.
    """

    paths: int = 2

    def __post_init__(self) -> None:
        """Check the number of paths."""
        if self.paths < 0:
            raise InputError("not a number of paths", field="paths", found=self.paths, expected="0 (all) or more")

    def __call__(self, logits: Tensor, allowed: Tensor, generator: torch.Generator) -> Mixed:
        """Weigh options."""
        barred = _barred(logits, allowed)
        active = allowed
        if 0 < self.paths < logits.shape[1]:
            # the largest of noisy logits are a draw without replacement in proportion to the softmax
            noise = torch.empty_like(logits).exponential_(generator=generator).log().neg()
            order = torch.topk((barred + noise).detach(), self.paths, dim=1).indices
            active = torch.zeros_like(allowed).scatter(1, order, value=True) & allowed
        shares = torch.softmax(_barred(logits, active), dim=1)
        taken = torch.multinomial(shares.detach(), 1, generator=generator)
        gates = torch.zeros_like(shares).scatter(1, taken, 1.0)
        return Mixed(gates + (shares - shares.detach()), active, torch.softmax(barred, dim=1))

    @staticmethod
    def settle(before: Tensor, after: Tensor, active: Tensor) -> Tensor:
        """Return logits after a step in which the options that took part share among them what they shared before.

        So the probabilities of options that took no part stay as they were (arXiv:1812.00332, section 3.2.1).

        Parameters
        ----------
        before, after
            Logits, ``[choices, options]``.
        active
            ``[choices, options]``, which took part.
        """
        gone = torch.logsumexp(_barred(after, active), dim=1) - torch.logsumexp(_barred(before, active), dim=1)
        return torch.where(active, after - gone[:, None], before)


def hard(options: Tensor, among: int) -> Mixed:
    """Return the mixture that is one design: option ``options[i]`` of choice ``i`` and nothing else.

    Parameters
    ----------
    options
        ``[choices]``, whole numbers.
    among
        Number of options.
    """
    weights = torch.nn.functional.one_hot(options, among)
    return Mixed(weights.float(), weights.bool(), weights.float())


def _barred(logits: Tensor, allowed: Tensor) -> Tensor:
    """Return logits by which what is not allowed has no probability."""
    return logits.masked_fill(~allowed, -torch.inf)
