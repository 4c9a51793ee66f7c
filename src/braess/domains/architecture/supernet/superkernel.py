"""A chain in which every block is a part of one largest block: thresholds on the norms of its parts decide what stays.

Single-Path NAS (Stamoulis et al. 2019, arXiv:1904.02877). The choices are nested: a 3x3 kernel within a 5x5 one, half of the
channels within all of them, and nothing at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from braess.domains.architecture.networks.chain import ConvNorm
from braess.domains.architecture.networks.family import Head

BLOCKS = ("k3_e3", "k3_e6", "k5_e3", "k5_e6", "skip")
THRESHOLDS = ("ring", "half", "all")


class _Indicator(torch.autograd.Function):
    """1 where the argument is not negative, else 0; backwards the slope of the sigmoid (arXiv:1904.02877, section 3.2)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        share = torch.sigmoid(x)
        return slopes[0] * share * (1 - share)


def indicator(x: Tensor) -> Tensor:
    """Return 1 where ``x`` is not negative, else 0, with the slope of the sigmoid."""
    found: Tensor = _Indicator.apply(x)  # type: ignore[no-untyped-call]
    return found


@dataclass(frozen=True)
class Decisions:
    """What the thresholds of one layer decide, each 0 or 1 with a slope.

    Parameters
    ----------
    ring
        The outer ring of the 5x5 kernel is there.
    half
        The first half of the channels is there: else the layer is skipped.
    all
        The second half is there too.
    """

    ring: Tensor
    half: Tensor
    all: Tensor

    def times(self, kept: Tensor) -> Decisions:
        """Return decisions times ``[3]`` numbers, as dropout does while weights warm up."""
        return Decisions(self.ring * kept[0], self.half * kept[1], self.all * kept[2])

    def runtime(self, table: Tensor) -> Tensor:
        """Return the time of the layer, eq. 7 of the paper.

        Parameters
        ----------
        table
            ``[5]`` times of `BLOCKS`; that of the smallest is not used but made up of the others, that of ``skip`` is added
            where the layer is skipped.
        """
        channels = table[2] + self.all * (table[3] - table[2])
        share = table[1] / table[3]
        there = channels * share + channels * (1 - share) * self.ring
        return self.half * there + (1 - self.half) * table[4]

    def option(self) -> int:
        """Return the place in `BLOCKS` of what is decided."""
        if self.half.item() == 0:
            return BLOCKS.index("skip")
        return 2 * int(self.ring.item()) + int(self.all.item())


def decide(kernel: Tensor, thresholds: Tensor, *, skippable: bool) -> Decisions:
    """Return what thresholds decide, given the norms of the parts of a depthwise kernel.

    Norms are divided by the root of the number of weights in a part, so that one learning rate suits all.

    Parameters
    ----------
    kernel
        ``[channels, 1, 5, 5]``.
    thresholds
        ``[3]``, of the ring, the first half and the second half of the channels.
    skippable
        Whether the layer can be skipped.
    """
    inner = _inner(kernel)
    rim = kernel * (1 - inner)
    ring = indicator(_size(rim, 16) - thresholds[0])
    first, second = (kernel * inner + ring * rim).chunk(2)
    half = indicator(_size(first, 25) - thresholds[1]) if skippable else torch.ones_like(ring)
    return Decisions(ring, half, indicator(_size(second, 25) - thresholds[2]))


class SuperkernelBlock(nn.Module):
    """An inverted residual of expansion 6 with a 5x5 kernel that holds the smaller ones.

    Unlike in the paper, channels that are decided against are set to 0 after batch norm and not before, where batch norm would
    make a constant of them: so the block is exactly the smaller block.

    Parameters
    ----------
    before, after, stride
        Channels of what goes in and comes out, and stride of the depthwise convolution. A block whose shapes agree adds its
        input and can be skipped.
    """

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        between = 6 * before
        self.wide = ConvNorm(before, between)
        self.depthwise = nn.Conv2d(between, between, 5, stride, padding=2, groups=between, bias=False)
        self.norm = nn.Sequential(nn.BatchNorm2d(between), nn.ReLU())
        self.narrow = ConvNorm(between, after, rectified=False)
        self.skippable = before == after and stride == 1

    def forward(self, x: Tensor, decided: Decisions) -> Tensor:
        """Turn ``[n, before, h, w]`` into ``[n, after, h / stride, w / stride]``."""
        conv = self.depthwise
        inner = _inner(conv.weight)
        kernel = conv.weight * inner + decided.ring * (conv.weight * (1 - inner))
        wide = self.wide(x)
        filtered = self.norm(nn.functional.conv2d(wide, kernel, stride=conv.stride, padding=conv.padding, groups=conv.groups))
        first, second = filtered.chunk(2, dim=1)
        found: Tensor = self.narrow(torch.cat([first, decided.all * second], dim=1))
        return decided.half * found + x if self.skippable else found


class Superkernel(nn.Module):
    """A chain of superkernel blocks.

    Parameters
    ----------
    image
        Channels, height and width of an image.
    classes
        To tell apart.
    layers
        Channels before and after, and stride, of each layer.
    head
        Channels of the last convolution.
    """

    def __init__(
        self,
        image: tuple[int, int, int],
        classes: int,
        layers: tuple[tuple[int, int, int], ...],
        head: int,
    ) -> None:
        super().__init__()
        self.stem = ConvNorm(image[0], layers[0][0], 3)
        self.layers = nn.ModuleList(SuperkernelBlock(*layer) for layer in layers)
        self.last = ConvNorm(layers[-1][1], head)
        self.head = Head(head, classes)

    def blocks(self) -> list[SuperkernelBlock]:
        """Return the layers."""
        return [layer for layer in self.layers if isinstance(layer, SuperkernelBlock)]

    def forward(self, x: Tensor, decided: list[Decisions]) -> Tensor:
        """Turn ``[n, c, h, w]`` images into ``[n, classes]`` scores."""
        x = self.stem(x)
        for layer, decisions in zip(self.layers, decided, strict=True):
            x = layer(x, decisions)
        scores: Tensor = self.head(self.last(x))
        return scores


def _inner(kernel: Tensor) -> Tensor:
    """Return 1 in the inner 3x3 of a 5x5 kernel, else 0."""
    inner = torch.zeros(5, 5, dtype=kernel.dtype, device=kernel.device)
    inner[1:4, 1:4] = 1
    return inner


def _size(part: Tensor, places: int) -> Tensor:
    """Return the root of the mean square of a part of a kernel that has so many places in each channel."""
    size: Tensor = part.norm() / (places * part.shape[0]) ** 0.5
    return size
