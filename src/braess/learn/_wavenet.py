"""A network that forecasts series of sensors: gated convolutions in time, diffusions over real and virtual nodes.

Nodes come first, then windows, then steps of time: features are ``[v + m, n, t, w]``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch
from torch import nn

from braess.learn._semi_adaptive import Adjacency, DiffusionConvolution, Operator, Variant

INPUTS = 3  # of each sensor in each step: its reading, and the time of day as sine and cosine
_DILATIONS = (1, 2)  # in turns, as in Graph WaveNet


@dataclass(frozen=True)
class Layout:
    """How a network is made; all but the horizon as in `Forecaster`."""

    horizon: int
    width: int
    skip: int
    blocks: int
    kernel: int
    steps: int
    dropout: float

    @property
    def dilations(self) -> list[int]:
        """Steps of time between what the convolution of each block reads."""
        return [_DILATIONS[at % len(_DILATIONS)] for at in range(self.blocks)]

    @property
    def field(self) -> int:
        """Steps of time that a forecast depends on."""
        return 1 + (self.kernel - 1) * sum(self.dilations)


class GatedConvolution(nn.Module):
    """Causal convolution in time: the hyperbolic tangent of one, times the sigmoid of another.

    Parameters
    ----------
    width
        Features of a node, before and after.
    kernel, dilation
        How many steps of time are read, and how far they are apart.
    """

    def __init__(self, width: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.kernel, self.dilation = kernel, dilation
        self.mix = nn.Linear(kernel * width, 2 * width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the steps that have all others before them, ``[..., t - (kernel - 1) * dilation, w]``."""
        length = x.shape[-2] - (self.kernel - 1) * self.dilation
        read = torch.cat([x.narrow(-2, at * self.dilation, length) for at in range(self.kernel)], dim=-1)
        value, gate = self.mix(read).chunk(2, dim=-1)
        return torch.tanh(value) * torch.sigmoid(gate)


class Block(nn.Module):
    """A gated convolution in time, a diffusion over nodes, what was known before, and batch normalisation."""

    def __init__(self, layout: Layout, dilation: int) -> None:
        super().__init__()
        self.gated = GatedConvolution(layout.width, layout.kernel, dilation)
        self.diffusion = DiffusionConvolution(layout.width, layout.steps)
        self.dropout = nn.Dropout(layout.dropout)
        self.norm = nn.BatchNorm1d(layout.width)

    def forward(self, x: torch.Tensor, ways: list[Operator]) -> torch.Tensor:
        """Return features of fewer steps of time."""
        passed = self.dropout(self.diffusion(self.gated(x), ways))
        total = passed + x[:, :, -passed.shape[2] :]
        normed: torch.Tensor = self.norm(total.flatten(0, 2)).view_as(total)
        return normed


class WaveNet(nn.Module):
    """Blocks, each with a skip connection to the head, which forecasts all steps at once.

    Parameters
    ----------
    real, virtual, variant
        As in `Adjacency`. Random numbers for it are drawn last, so that networks that differ in it alone are alike elsewhere.
    layout
        The rest.

    References
    ----------
    Wu et al., "Graph WaveNet for deep spatial-temporal graph modeling", IJCAI 2019, arXiv:1906.00121. There skip connections
    leave before the diffusion, so that the last one has no use; here they leave after it.
    """

    def __init__(self, real: torch.Tensor, virtual: int, variant: Variant, layout: Layout) -> None:
        super().__init__()
        self.field = layout.field
        self.start = nn.Linear(INPUTS, layout.width)
        self.blocks = nn.ModuleList(Block(layout, dilation) for dilation in layout.dilations)
        self.skips = nn.ModuleList(nn.Linear(layout.width, layout.skip) for _ in layout.dilations)
        self.head = nn.Sequential(
            nn.ReLU(), nn.Linear(layout.skip, layout.skip), nn.ReLU(), nn.Linear(layout.skip, layout.horizon)
        )
        self.adjacency = Adjacency(real, virtual, variant)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return scaled forecasts ``[v, n, horizon]`` from inputs ``[v, n, t, 3]``."""
        read = [skip(features[:, :, -1]) for skip, features in zip(self.skips, self.hidden(x), strict=True)]
        found: torch.Tensor = self.head(torch.stack(read).sum(dim=0))
        return found

    def hidden(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Return the features of the real nodes ``[v, n, t', w]`` after each block; virtual nodes have inputs of zero."""
        real = len(x)
        ways: list[Operator] = [partial(torch.tensordot, way, dims=1) for way in self.adjacency()]
        everywhere = torch.cat([x, x.new_zeros(self.adjacency.virtual, *x.shape[1:])])
        at = self.start(nn.functional.pad(everywhere, (0, 0, max(self.field - x.shape[2], 0), 0)))
        found = []
        for block in self.blocks:
            at = block(at, ways)
            found.append(at[:real])
        return found
