"""What is done to images at random so that weights do not learn them by heart."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def flipped(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror each of ``[n, c, h, w]`` images left to right with probability one half."""
    mirrored = torch.rand(len(pixels), generator=generator) < 0.5
    return torch.where(mirrored[:, None, None, None], pixels.flip(3), pixels)


def shifted(pixels: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Move each of ``[n, c, h, w]`` images by up to so many pixels, uniformly, along each side; zeros move in."""
    n, _, height, width = pixels.shape
    down, across = torch.randint(2 * most + 1, (2, n), generator=generator)
    padded = functional.pad(pixels, (most, most, most, most))
    rows = down[:, None, None] + torch.arange(height)[None, :, None]
    columns = across[:, None, None] + torch.arange(width)[None, None, :]
    return padded.permute(0, 2, 3, 1)[torch.arange(n)[:, None, None], rows, columns].permute(0, 3, 1, 2).contiguous()
