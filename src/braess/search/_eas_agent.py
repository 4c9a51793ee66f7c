"""An agent that reads a design element by element and decides how it grows; it learns by REINFORCE (Williams 1992)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from braess.problem import Growth
from braess.problem.evaluations import Bools, Floats
from braess.search._controllers import Path, Place

_EMBEDDING, _HIDDEN = 16, 50  # as published; the decoder is as wide as both directions of the encoder
_FOLLOWS = 0.95  # how far the baseline goes to the mean reward of each round

Choose = Callable[[int, torch.Tensor], torch.Tensor]


class Policy(nn.Module):
    """The probabilities of decisions.

    Parameters
    ----------
    vocabulary, insertions
        As in `Growable`.
    """

    def __init__(self, vocabulary: int, insertions: tuple[int, int, int]) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, _EMBEDDING)
        self.encoder = nn.LSTM(_EMBEDDING, _HIDDEN, batch_first=True, bidirectional=True)
        self.wider = nn.Linear(2 * _HIDDEN, 1)
        self.decoder = nn.LSTMCell(_EMBEDDING, 2 * _HIDDEN)
        self.beginning = nn.Parameter(torch.empty(_EMBEDDING))
        self.decided = nn.ModuleList([nn.Embedding(max(size, 1), _EMBEDDING) for size in insertions[:2]])
        self.heads = nn.ModuleList([nn.Linear(2 * _HIDDEN, max(size, 1)) for size in insertions])

    def encode(self, tokens: Sequence[NDArray[np.int64]]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return what is read of each element ``[n, longest, 100]`` and of the whole: outputs and cells ``[n, 100]``."""
        lengths = torch.tensor([len(row) for row in tokens])
        rows = pad_sequence([torch.tensor(row) for row in tokens], batch_first=True)
        packed = pack_padded_sequence(self.embedding(rows), lengths, batch_first=True, enforce_sorted=False)
        outputs, (last, cells) = self.encoder(packed)
        return pad_packed_sequence(outputs, batch_first=True)[0], torch.cat([*last], dim=1), torch.cat([*cells], dim=1)

    def widening(self, growths: Sequence[Growth]) -> torch.Tensor:
        """Return the log-odds with which each element grows ``[n, longest]``."""
        read: torch.Tensor = self.wider(self.encode([growth.tokens for growth in growths])[0])
        return read.squeeze(-1)

    def inserting(self, growths: Sequence[Growth], choose: Choose) -> tuple[torch.Tensor, torch.Tensor]:
        """Let block, position and sort be chosen in turn, among those that can be.

        Parameters
        ----------
        growths
            ``n`` designs in which something can be inserted.
        choose
            Called with 0, 1 or 2 and the logarithms of probabilities ``[n, options]``; returns choices ``[n]``.

        Returns
        -------
        tuple
            The logarithm of the probability of the choices ``[n]``, and the entropy of the three distributions ``[n]``.
        """
        _, hidden, cell = self.encode([growth.tokens for growth in growths])
        open_ = torch.tensor(np.stack([growth.insert for growth in growths]))
        rows = torch.arange(len(growths))
        given = self.beginning.expand(len(growths), -1)
        total = entropy = torch.zeros(len(growths))
        for which, head in enumerate(self.heads):
            hidden, cell = self.decoder(given, (hidden, cell))
            able = open_.flatten(2).any(2) if which < 2 else open_
            logs = torch.log_softmax(head(hidden).masked_fill(~able, -torch.inf), dim=1)
            chosen = choose(which, logs)
            total = total + logs[rows, chosen]
            entropy = entropy - (logs.exp() * logs.masked_fill(~able, 0.0)).sum(1)
            open_ = open_[rows, chosen]
            if which < 2:
                given = self.decided[which](chosen)
        return total, entropy


class Agent:
    """A controller that learns: policy, baseline and optimiser.

    Parameters
    ----------
    vocabulary, insertions
        As in `Growable`.
    rng
        Where the first weights come from.
    rate, entropy
        As in `EAS`.
    """

    def __init__(
        self, vocabulary: int, insertions: tuple[int, int, int], rng: np.random.Generator, *, rate: float, entropy: float
    ) -> None:
        with torch.device("meta"):
            policy = Policy(vocabulary, insertions)
        self.policy = policy.to_empty(device="cpu")
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        with torch.no_grad():
            for weights in self.policy.parameters():
                weights.uniform_(-(_HIDDEN**-0.5), _HIDDEN**-0.5, generator=generator)
        self._optimiser = torch.optim.Adam(self.policy.parameters(), lr=rate)
        self._entropy = entropy
        self._baseline: float | None = None

    @torch.no_grad()
    def widen(self, growths: Sequence[Growth], rng: np.random.Generator) -> list[Bools]:
        """Draw which elements grow, among those that can."""
        odds = torch.sigmoid(self.policy.widening(growths)).double().numpy()
        return [
            growth.widen & (rng.random(len(growth.widen)) < row[: len(growth.widen)])
            for growth, row in zip(growths, odds, strict=True)
        ]

    @torch.no_grad()
    def insert(self, growths: Sequence[Growth], rng: np.random.Generator) -> list[Place]:
        """Draw what is inserted where."""
        drawn: list[torch.Tensor] = []

        def choose(_: int, logs: torch.Tensor) -> torch.Tensor:
            ends = logs.double().exp().cumsum(1).numpy()
            places = rng.random((len(ends), 1)) * ends[:, -1:]
            drawn.append(torch.from_numpy((ends <= places).sum(axis=1)))
            return drawn[-1]

        self.policy.inserting(growths, choose)
        return [(block, position, sort) for block, position, sort in torch.stack(drawn, dim=1).tolist()]

    def learn(self, paths: Sequence[Path], rewards: Floats) -> None:
        """Go one step of Adam up the expected reward, as estimated from these paths ``[n]``."""
        mean = float(rewards.mean())
        before = mean if self._baseline is None else self._baseline
        self._baseline = before + _FOLLOWS * (mean - before)
        self._optimiser.zero_grad()
        loss = -self.gain(paths, (rewards - self._baseline) / len(paths))
        if loss.requires_grad:
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimiser.step()

    def gain(self, paths: Sequence[Path], advantages: Floats) -> torch.Tensor:
        """Return what the gradient is taken of: the log-probability of each path times its advantage, and entropy.

        For paths drawn by this policy and advantages that are rewards less a constant, divided by the number of paths, its
        gradient is in expectation that of the expected reward.
        """
        total = torch.zeros(())
        weights = torch.tensor(advantages, dtype=torch.float32)
        wider = [(growth, elements, i) for i, path in enumerate(paths) for growth, elements in path.widened]
        if wider:
            growths, chosen, owners = zip(*wider, strict=True)
            odds = self.policy.widening(growths)
            grow = pad_sequence([torch.tensor(row) for row in chosen], batch_first=True)
            able = pad_sequence([torch.tensor(growth.widen) for growth in growths], batch_first=True)
            yes, no = nn.functional.logsigmoid(odds), nn.functional.logsigmoid(-odds)
            logs, spread = torch.where(grow, yes, no), -(yes.exp() * yes + no.exp() * no)
            each = weights[list(owners)][:, None] * logs + self._entropy * spread
            total = total + torch.where(able, each, 0.0).sum()
        more = [(growth, place, i) for i, path in enumerate(paths) for growth, place in path.inserted]
        if more:
            growths, places, owners = zip(*more, strict=True)
            taken = torch.tensor(places)
            logs, spread = self.policy.inserting(growths, lambda which, _: taken[:, which])
            total = total + (weights[list(owners)] * logs + self._entropy * spread).sum()
        return total
