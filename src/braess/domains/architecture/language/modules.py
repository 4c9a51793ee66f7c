"""The basic modules: layers with lists of values for each of their hyper-parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from braess.domains.architecture.language.program import Module, Shape, Values, Variables, as_map
from braess.errors import InputError
from braess.space import Categorical

if TYPE_CHECKING:
    from torch import nn


def among(values: Sequence[Any]) -> Categorical:
    """Return the choice of one of some values; growing numbers have an order."""
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return Categorical(options=tuple(values), ordered=numbers and list(values) == sorted(values))


@dataclass(frozen=True)
class Affine(Module):
    """A linear map with an offset of all that comes in, flattened, to one of some numbers of ``units``."""

    units: Sequence[int]

    def variables(self) -> Variables:
        """Return what may be chosen."""
        return {"units": among(self.units)}

    def build(self, values: Values, shape: Shape) -> tuple[nn.Module, Shape]:
        """Return the module and the shape that it gives."""
        from torch import nn

        from braess.domains.architecture.language.torch_parts import Layer

        units = values["units"]
        return Layer(nn.Flatten(), nn.Linear(math.prod(shape), units)), (units,)


@dataclass(frozen=True)
class Conv2D(Module):
    """A convolution.

    Parameters
    ----------
    filters, sizes, strides
        Values to choose from: channels out, sides of the kernel, steps.
    paddings
        Among ``"same"`` (as many positions as the input over the stride, rounded up) and ``"valid"`` (no padding).
    """

    filters: Sequence[int]
    sizes: Sequence[int]
    strides: Sequence[int] = (1,)
    paddings: Sequence[str] = ("same",)

    def variables(self) -> Variables:
        """Return what may be chosen."""
        return {
            "filters": among(self.filters),
            "size": among(self.sizes),
            "stride": among(self.strides),
            "padding": among(self.paddings),
        }

    def build(self, values: Values, shape: Shape) -> tuple[nn.Module, Shape]:
        """Return the module and the shape that it gives."""
        from torch import nn

        from braess.domains.architecture.language.torch_parts import Layer

        channels, *sides = as_map(shape, "a convolution")
        filters, size, stride = values["filters"], values["size"], values["stride"]
        pads, out = _window(sides, size, stride, values["padding"])
        return Layer(nn.ZeroPad2d(pads), nn.Conv2d(channels, filters, size, stride)), (filters, *out)


@dataclass(frozen=True)
class Pool(Module):
    """The greatest or mean value of each window.

    Parameters
    ----------
    sizes, strides, paddings
        As in `Conv2D`.
    kinds
        Among ``"max"`` and ``"mean"``.
    """

    sizes: Sequence[int]
    strides: Sequence[int]
    paddings: Sequence[str] = ("same",)
    kinds: Sequence[str] = ("max",)

    def variables(self) -> Variables:
        """Return what may be chosen."""
        return {
            "size": among(self.sizes),
            "stride": among(self.strides),
            "padding": among(self.paddings),
            "kind": among(self.kinds),
        }

    def build(self, values: Values, shape: Shape) -> tuple[nn.Module, Shape]:
        """Return the module and the shape that it gives."""
        from torch import nn

        from braess.domains.architecture.language.torch_parts import Layer

        channels, *sides = as_map(shape, "pooling")
        size, stride = values["size"], values["stride"]
        pads, out = _window(sides, size, stride, values["padding"])
        if values["kind"] == "max":
            return Layer(nn.ConstantPad2d(pads, -math.inf), nn.MaxPool2d(size, stride)), (channels, *out)
        return Layer(nn.ZeroPad2d(pads), nn.AvgPool2d(size, stride)), (channels, *out)


@dataclass(frozen=True)
class Dropout(Module):
    """Elements are kept with one of some probabilities ``keep``."""

    keep: Sequence[float]

    def variables(self) -> Variables:
        """Return what may be chosen."""
        return {"keep": among(self.keep)}

    def build(self, values: Values, shape: Shape) -> tuple[nn.Module, Shape]:
        """Return the module and the shape that it gives."""
        from braess.domains.architecture.networks.dropout import SeededDropout

        return SeededDropout(values["keep"]), shape


class _Plain(Module):
    """A module of which nothing is to be chosen."""

    def variables(self) -> Variables:
        """Return what may be chosen: nothing."""
        return {}


@dataclass(frozen=True)
class BatchNorm(_Plain):
    """Normalisation over the batch, of each channel or feature."""

    def build(self, values: Values, shape: Shape) -> tuple[nn.Module, Shape]:  # noqa: ARG002 -- nothing is chosen
        """Return the module and the shape that it gives."""
        from torch import nn

        return nn.BatchNorm2d(shape[0]) if len(shape) == 3 else nn.BatchNorm1d(shape[0]), shape


@dataclass(frozen=True)
class ReLU(_Plain):
    """The positive part."""

    def build(self, values: Values, shape: Shape) -> tuple[nn.Module, Shape]:  # noqa: ARG002 -- nothing is chosen
        """Return the module and the shape that it gives."""
        from torch import nn

        return nn.ReLU(), shape


@dataclass(frozen=True)
class Empty(_Plain):
    """Nothing."""

    def build(self, values: Values, shape: Shape) -> tuple[nn.Module, Shape]:  # noqa: ARG002 -- nothing is chosen
        """Return the module and the shape that it gives."""
        from torch import nn

        return nn.Identity(), shape


@dataclass(frozen=True)
class Settings(Module):
    """Choices that are no part of the network, such as those of its training: name to values.

    Names of settings of `braess.domains.architecture.training.recipe.Training`, such as ``rate``, decide how a `ProgramFamily`
    is trained; others are read from the design by whoever knows them.
    """

    choices: Mapping[str, Sequence[Any]]

    def variables(self) -> Variables:
        """Return what may be chosen."""
        return {name: among(values) for name, values in self.choices.items()}

    def build(self, values: Values, shape: Shape) -> tuple[nn.Module, Shape]:
        """Return the module and the shape that it gives: nothing changes."""
        from braess.domains.architecture.language.torch_parts import Chosen

        return Chosen(values), shape


def _window(sides: Sequence[int], size: int, stride: int, padding: str) -> tuple[tuple[int, int, int, int], list[int]]:
    """Return the zeros left, right, above and below, and height and width of what comes out.

    With ``"same"`` the smaller half of the zeros is left and above.
    """
    if padding == "valid":
        pads, out = [0, 0], [(side - size) // stride + 1 for side in sides]
    elif padding == "same":
        out = [-(-side // stride) for side in sides]
        pads = [max((positions - 1) * stride + size - side, 0) for side, positions in zip(sides, out, strict=True)]
    else:
        raise InputError("unknown padding", field="padding", found=padding, expected="'same' or 'valid'")
    if min(out) < 1:
        raise InputError("a window larger than the map", field="size", found=size, expected=f"at most {min(sides)}")
    (above, below), (left, right) = ((pad // 2, pad - pad // 2) for pad in pads)
    return (left, right, above, below), out
