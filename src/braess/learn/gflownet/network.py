"""A generative flow network: the policy, the size of its flow, and how both learn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from braess.learn._stacked import perceptron
from braess.learn.gflownet.construction import Construction
from braess.learn.gflownet.slots import Ints
from braess.learn.gflownet.trajectories import Trajectories, backward, forward
from braess.problem.evaluations import Bools, Floats

Loss = Callable[[torch.Tensor], torch.Tensor]
_CLIP = 10.0  # norm of the gradient


@dataclass(frozen=True)
class Shape:
    """How large a network is, and how it learns.

    Parameters
    ----------
    hidden
        Units of each of the hidden layers.
    layers
        Number of these.
    rate
        Learning rate of the policy.
    flow_rate
        Learning rate of the size of the flow, which has far to go.
    decay
        Weight decay of the policy.
    """

    hidden: int = 128
    layers: int = 2
    rate: float = 1e-3
    flow_rate: float = 1e-1
    decay: float = 0.0


class GFlowNet:
    """A policy that builds designs, given a condition such as a preference.

    Trajectory balance (Malkin, Jain, Bengio, Sun and Bengio 2022, arXiv:2201.13259): along every way the size of the flow times
    the probability to go it equals the reward at its end times the probability to go it back, and then designs are drawn in
    proportion to their rewards. All parents are as likely on the way back.

    Parameters
    ----------
    construction
        How designs are built.
    condition
        Numbers that make up a condition; 0: there is none.
    shape
        How large the network is, and how it learns.
    rng
        Where the first weights come from.
    """

    def __init__(self, construction: Construction, condition: int, shape: Shape, rng: np.random.Generator) -> None:
        self.construction = construction
        self.condition = condition
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        sizes = [construction.width + condition, *[shape.hidden] * shape.layers, construction.actions]
        self._policy = perceptron(sizes, [generator])
        self._flow = perceptron([max(condition, 1), *[shape.hidden] * bool(condition), 1], [generator])
        self._optimiser = torch.optim.AdamW(
            [
                {"params": self._policy.parameters(), "lr": shape.rate, "weight_decay": shape.decay},
                {"params": self._flow.parameters(), "lr": shape.flow_rate, "weight_decay": 0.0},
            ]
        )

    def sample(self, conditions: NDArray[np.float32], *, explore: float = 0.0, rng: np.random.Generator) -> Trajectories:
        """Draw one way for each condition ``[m, condition]``; with probability ``explore`` a step is a random legal one."""

        def policy(features: NDArray[np.float32], legal: Bools, owner: Ints) -> Floats:
            with torch.no_grad():
                found = self._log_policy(features, legal, conditions[owner])
            return np.asarray(found.numpy(), dtype=np.float64)

        return forward(self.construction, policy, len(conditions), explore=explore, rng=rng)

    def replay(self, ends: Ints, rng: np.random.Generator) -> Trajectories:
        """Draw a way to each complete state ``[m, s]``."""
        return backward(self.construction, ends, rng)

    def log_policy(self, states: Ints, condition: NDArray[np.float32]) -> Floats:
        """Return the logarithm of the probability of each action in states under one condition, ``[n, actions]``."""
        conditions = np.broadcast_to(condition, (len(states), self.condition))
        with torch.no_grad():
            found = self._log_policy(self.construction.features(states), self.construction.legal(states), conditions)
        return np.asarray(found.numpy(), dtype=np.float64)

    def log_rewards(self, ways: Trajectories, conditions: NDArray[np.float32]) -> torch.Tensor:
        """Return the logarithm of the reward that balance gives the end of each way, ``[m]``."""
        steps = self._log_policy(ways.features, ways.legal, conditions[ways.owner])
        taken = steps[torch.arange(len(steps)), torch.from_numpy(ways.actions)]
        total = torch.zeros(len(ways)).index_add(0, torch.from_numpy(ways.owner), taken)
        return total + self.log_flow(conditions) - torch.from_numpy(ways.log_backward).float()

    def log_flow(self, conditions: NDArray[np.float32]) -> torch.Tensor:
        """Return the logarithm of the size of the flow under each condition, ``[m]``."""
        given = torch.ones(len(conditions), 1) if not self.condition else torch.from_numpy(np.ascontiguousarray(conditions))
        return torch.as_tensor(self._flow(given[None])[0, :, 0])

    def update(self, ways: Trajectories, conditions: NDArray[np.float32], loss: Loss) -> float:
        """Take one step down a loss of the log-rewards ``[m]`` of ways; return what it was."""
        self._optimiser.zero_grad(set_to_none=True)
        value = loss(self.log_rewards(ways, conditions))
        value.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._policy.parameters(), _CLIP)
        self._optimiser.step()
        return float(value.detach())

    def _log_policy(self, features: NDArray[np.float32], legal: Bools, conditions: NDArray[np.float32]) -> torch.Tensor:
        read = np.concatenate([features, conditions], axis=1) if self.condition else features
        scores = self._policy(torch.from_numpy(read)[None])[0].masked_fill(~torch.from_numpy(legal), -torch.inf)
        return torch.log_softmax(scores, dim=1)


def balance_loss(log_targets: Floats) -> Loss:
    """Return the loss of trajectory balance: the mean squared difference from the logarithms of the rewards ``[m]``."""
    wanted = torch.from_numpy(log_targets).float()
    return lambda found: ((found - wanted) ** 2).mean()
