"""The core of prior-fitted networks: reads rows whose answers are known, and answers for other rows in one pass.

A transformer without positions whose attention looks at where rows lie: what a row attends to falls with a distance in which
each coordinate has a weight, and the weights are learned from the very rows that are read. After each layer the network sees
how its values change along each coordinate, and weighs the coordinates anew. So neither the order of rows nor that of
coordinates matters, there may be any number of both, and each query is answered as if it were the only one.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import NamedTuple, cast

import torch
from torch import nn

from braess.errors import InputError

_RIDGE = 0.1  # of the linear fit, in squares of the cube's side
_EVEN = 12.0**-0.5  # deviation of a coordinate spread evenly
_BEYOND = 1.5  # sides of the cube, up to which places along the direction of the fit are told apart
_WEIGHT = 8.0  # logarithm of what a coordinate may weigh, more or less


@dataclass(frozen=True)
class Shape:
    """Sizes of a network.

    Parameters
    ----------
    width
        Numbers that a row is known by.
    heads
        Attentions in a layer, which divide the width.
    layers
        Through which known rows go.
    asking
        The last ones of them, through which queries go too.
    hidden
        Units of the perceptron of a layer.
    outputs
        Numbers that answer a query.
    """

    width: int = 96
    heads: int = 8
    layers: int = 8
    asking: int = 2
    hidden: int = 192
    outputs: int = 1

    def __post_init__(self) -> None:
        """Check the sizes."""
        for name, value in asdict(self).items():
            if value < 1:
                raise InputError("impossible size", field=name, found=value, expected="at least 1")
        if self.width % self.heads:
            raise InputError("heads must divide the width", field="heads", found=self.heads, expected=f"part of {self.width}")
        if self.asking > self.layers:
            raise InputError("there are fewer layers", field="asking", found=self.asking, expected=f"at most {self.layers}")


class Known(NamedTuple):
    """Known rows as the attention of a layer needs them."""

    keys: torch.Tensor
    """``[b, heads, width / heads, n]``."""
    values: torch.Tensor
    """``[b, heads, n, width / heads]``."""
    weights: torch.Tensor
    """``[b, heads, 1, d + 1]``, of coordinates in squared distances."""
    places: torch.Tensor
    """``[b, heads, d + 1, n]``, twice where the rows lie, weighted."""
    squares: torch.Tensor
    """``[b, heads, 1, n]``, weighted squares of that."""


class Memory(NamedTuple):
    """What is kept of known rows, for any number of queries."""

    direction: torch.Tensor
    """``[b, d, 1]``, along which answers rise on the whole."""
    layers: tuple[Known, ...]
    """The rows as each of the layers that queries go through sees them."""


class PriorNetwork(nn.Module):
    """A network fitted to a prior.

    Parameters
    ----------
    shape
        Its sizes.

    References
    ----------
    Müller, Hollmann, Pineda Arango, Grabocka and Hutter (2022), "Transformers can do Bayesian inference", arXiv:2112.10510, for
    the idea and the loss. Weights of coordinates from what attention sees are ours.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.answer = nn.Linear(2, shape.width)
        self.query = nn.Parameter(torch.zeros(shape.width))
        self.layers = nn.ModuleList(_Layer(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width)
        self.head = nn.Linear(shape.width, shape.outputs)

    def remember(self, rows: torch.Tensor, answers: torch.Tensor) -> Memory:
        """Read rows ``[b, n, d]`` of the unit cube, more or less, with answers ``[b, n]`` of about unit size."""
        direction = _direction(rows, answers)
        rows = _with_projection(rows, direction)
        state = self.answer(torch.stack([answers, answers.square()], -1))
        weights = rows.new_full((len(rows), self.shape.heads, rows.shape[-1]), -math.log(rows.shape[-1]))
        asked = []
        for number, layer in enumerate(self._layers()):
            normal = layer.before(state)
            known = layer.known(normal, rows, weights)
            if number >= self.shape.layers - self.shape.asking:
                asked.append(known)
            if number + 1 < self.shape.layers:
                state, attention = layer(state, normal, rows, known)
                weights = layer.weighed(state, attention, rows, weights)
        return Memory(direction, tuple(asked))

    def ask(self, memory: Memory, queries: torch.Tensor) -> torch.Tensor:
        """Answer for queries ``[b, m, d]``: ``[b, m, outputs]`` in single precision."""
        queries = _with_projection(queries, memory.direction)
        asked = self.query.expand(*queries.shape[:-1], -1)
        for layer, known in zip(self._layers()[-self.shape.asking :], memory.layers, strict=True):
            asked, _ = layer(asked, layer.before(asked), queries, known)
        answers: torch.Tensor = self.head(self.norm(asked)).float()
        return answers

    def _layers(self) -> list[_Layer]:
        return cast("list[_Layer]", list(self.layers))

    def forward(self, rows: torch.Tensor, answers: torch.Tensor, queries: torch.Tensor) -> torch.Tensor:
        """Read and answer at once."""
        return self.ask(self.remember(rows, answers), queries)


def _direction(rows: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
    """Return the direction of the linear fit of answers, ``[b, d, 1]``, so long that rows along it spread like a coordinate."""
    with torch.autocast(rows.device.type, enabled=False):
        centred = rows - rows.mean(1, keepdim=True)
        moments = centred.transpose(1, 2) @ centred
        ridge = _RIDGE * torch.eye(rows.shape[-1], dtype=rows.dtype, device=rows.device)
        slope = torch.linalg.solve(moments + ridge, centred.transpose(1, 2) @ answers[..., None])
        spread = (centred @ slope).square().mean(1, keepdim=True).sqrt()
        direction: torch.Tensor = slope * (_EVEN / (spread + 1e-6))
        return direction


def _with_projection(rows: torch.Tensor, direction: torch.Tensor) -> torch.Tensor:
    with torch.autocast(rows.device.type, enabled=False):
        centred = rows - 0.5
        return torch.cat([centred, (centred @ direction).clamp(-_BEYOND, _BEYOND)], -1)


class _Layer(nn.Module):
    """Attention by likeness and nearness to known rows, or to none; a perceptron; a look along each coordinate."""

    _SEEN = 16  # numbers that a coordinate is known by

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width, heads = shape.width, shape.heads
        self._heads = heads
        self.before, self._between = nn.LayerNorm(width), nn.LayerNorm(width)
        self._query, self._key = nn.Linear(width, width), nn.Linear(width, 2 * width)
        self._out = nn.Linear(width + heads, width)
        self._perceptron = nn.Sequential(nn.Linear(width, shape.hidden), nn.GELU(), nn.Linear(shape.hidden, width))
        self._nearness = nn.Parameter(torch.linspace(0.0, 4.0, heads)[:, None])
        self._nothing = nn.Parameter(torch.zeros(heads, 1, 1))
        self._row = nn.Linear(width, self._SEEN + heads)
        self._along = nn.Linear(3 + 2 * heads, self._SEEN)
        last = nn.Linear(48, heads)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self._weigh = nn.Sequential(nn.Linear(2 * self._SEEN + heads, 48), nn.ReLU(), last)

    def known(self, normal: torch.Tensor, places: torch.Tensor, weights: torch.Tensor) -> Known:
        """Prepare known rows ``[b, n, width]``, normalised, at places ``[b, n, d]``; log weights are ``[b, heads, d]``."""
        keys, values = self._key(normal).chunk(2, -1)
        weighing = torch.exp(weights + self._nearness)[:, :, None]
        weighted = weighing * places[:, None]
        squares = (weighted * places[:, None]).sum(-1)[:, :, None]
        return Known(
            self._split(keys).transpose(-1, -2), self._split(values), weighing, 2.0 * weighted.transpose(-1, -2), squares
        )

    def forward(
        self, state: torch.Tensor, normal: torch.Tensor, places: torch.Tensor, known: Known
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return rows ``[b, m, width]`` after this layer, and what they attended to, ``[b, heads, m, n]``.

        Parameters
        ----------
        state, normal, places
            Rows before it, the same normalised, and where they lie, ``[b, m, d]``.
        known
            The rows they may attend to.
        """
        queries = self._split(self._query(normal)) / math.sqrt(known.keys.shape[-2])
        near = -_distances(places[:, None], known)
        likely = (queries @ known.keys).float() + near
        nothing = self._nothing.expand(len(likely), -1, likely.shape[2], 1)
        attention = torch.cat([likely, nothing], -1).softmax(-1)[..., :-1]
        found = (attention.to(known.values.dtype) @ known.values).transpose(1, 2).flatten(2)
        crowd = torch.logsumexp(near, -1).transpose(1, 2)
        state = state + self._out(torch.cat([found, crowd.to(found.dtype)], -1))
        return state + self._perceptron(self._between(state)), attention

    def weighed(self, state: torch.Tensor, attention: torch.Tensor, rows: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Return new weights of coordinates from how values that rows show change along each."""
        b, n, d = rows.shape
        shown, values = self._row(state).split([self._SEEN, self._heads], -1)
        carried = torch.stack([values.float(), torch.ones_like(values, dtype=torch.float32)], -1).transpose(1, 2)
        moments = (carried[..., None] * rows[:, None, :, None]).flatten(3)  # value and 1, times each coordinate
        centres = attention @ torch.cat([moments, carried], -1)
        moved = centres[..., : 2 * d].reshape(*centres.shape[:-1], 2, d) - centres[..., 2 * d :, None] * rows[:, None, :, None]
        powers = torch.stack([rows, rows.square(), rows**3], -1)
        along = torch.cat([powers, moved.permute(0, 2, 4, 1, 3).reshape(b, n, d, -1)], -1)
        seen = torch.relu(self._along(along) + shown[:, :, None]).mean(1)
        together = seen.mean(1, keepdim=True).expand_as(seen)
        change = self._weigh(torch.cat([seen, together, weights.transpose(1, 2).to(seen.dtype)], -1))
        changed: torch.Tensor = (weights + change.transpose(1, 2).float()).clamp(-_WEIGHT, _WEIGHT)
        return changed

    def _split(self, rows: torch.Tensor) -> torch.Tensor:
        return rows.reshape(*rows.shape[:-1], self._heads, -1).transpose(1, 2)


def _distances(places: torch.Tensor, known: Known) -> torch.Tensor:
    """Return squared distances ``[b, heads, m, n]`` from places ``[b, 1, m, d]``, in single precision at least."""
    with torch.autocast(places.device.type, enabled=False):
        own = (known.weights * places.square()).sum(-1)[..., None]
        return (own + known.squares - places @ known.places).clamp_min(0.0)
