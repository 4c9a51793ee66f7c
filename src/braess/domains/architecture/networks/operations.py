"""The operations on an edge of a cell, as NAS-Bench-201 defines them; all keep the shape."""

from __future__ import annotations

from torch import Tensor, nn

from braess.errors import InputError, nearest


class Zero(nn.Module):
    """Passes nothing on."""

    def forward(self, x: Tensor) -> Tensor:
        """Return zeros of the shape of the input."""
        return x.new_zeros(x.shape)


class ReLUConvNorm(nn.Sequential):
    """Rectifier, convolution without bias and batch norm, in this order."""

    def __init__(self, before: int, after: int, kernel: int, stride: int = 1, *, affine: bool = True) -> None:
        super().__init__(
            nn.ReLU(),
            nn.Conv2d(before, after, kernel, stride, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(after, affine=affine),
        )


OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")


def operation(name: str, channels: int, *, affine: bool = True) -> nn.Module:
    """Return a fresh operation that keeps ``[n, channels, h, w]`` as it is in shape.

    Parameters
    ----------
    name
        One of `OPERATIONS`.
    channels
        Of what goes in and comes out.
    affine
        Whether batch norms learn a scale and a shift; in a network of shared weights they should not.

    Raises
    ------
    InputError
        There is no such operation.
    """
    if name == "none":
        return Zero()
    if name == "skip_connect":
        return nn.Identity()
    if name == "avg_pool_3x3":
        return nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
    if name in ("nor_conv_1x1", "nor_conv_3x3"):
        return ReLUConvNorm(channels, channels, int(name[-1]), affine=affine)
    expected = f"one of {', '.join(OPERATIONS)}"
    raise InputError(f"no such operation{nearest(name, OPERATIONS)}", field="operation", found=name, expected=expected)
