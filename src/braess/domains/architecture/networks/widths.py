"""Residual networks and perceptrons whose widths are designed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from torch import Tensor, nn

from braess.domains.architecture.networks.chain import ConvNorm
from braess.domains.architecture.networks.family import Family, Head, Network, check_counts
from braess.errors import InputError
from braess.space import Designs, Integer, Space


def width_of(full: int, level: int, levels: int) -> int:
    """Return the share ``level / levels`` of a full width, rounded up, so at least 1."""
    return -(-full * level // levels)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut, which is a pointwise convolution where the shape changes.

    Parameters
    ----------
    before, between, after
        Channels of what goes in, of what is between the convolutions, and of what comes out.
    stride
        Of the first convolution and the shortcut.
    """

    def __init__(self, before: int, between: int, after: int, stride: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(ConvNorm(before, between, 3, stride), ConvNorm(between, after, 3, rectified=False))
        same = before == after and stride == 1
        self.shortcut = nn.Identity() if same else ConvNorm(before, after, 1, stride, rectified=False)
        self.rectifier = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Turn ``[n, before, h, w]`` into ``[n, after, h / stride, w / stride]``."""
        found: Tensor = self.rectifier(self.layers(x) + self.shortcut(x))
        return found


class ResNet(Network):
    """Stem, stages of basic blocks, each stage but the first at half the size, and a linear layer on the means.

    Parameters
    ----------
    image, classes
        As in `Family`.
    stages
        Width of each stage.
    between
        Width between the two convolutions of each block, in order; equally many in each stage.
    """

    def __init__(self, image: tuple[int, int, int], classes: int, stages: Sequence[int], between: Sequence[int]) -> None:
        super().__init__()
        self.stem = ConvNorm(image[0], stages[0], 3)
        each, before, layers = len(between) // len(stages), stages[0], []
        self.shapes: list[tuple[int, int, int]] = []  # channels between and after, and stride, of each block
        for i, inner in enumerate(between):
            after, stride = stages[i // each], 2 if i % each == 0 and i else 1
            self.shapes.append((inner, after, stride))
            layers.append(BasicBlock(before, inner, after, stride))
            before = after
        self.layers = nn.Sequential(*layers)
        self.head = Head(before, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Turn ``[n, c, h, w]`` images into ``[n, classes]`` scores."""
        scores: Tensor = self.head(self.layers(self.stem(x)))
        return scores

    def blocks(self) -> Iterator[tuple[str, nn.Module]]:
        """Yield stem, residual blocks and head."""
        yield f"stem to {self.stem[0].out_channels}", self.stem
        for layer, shape in zip(self.layers, self.shapes, strict=True):
            yield "residual {} to {}/{}".format(*shape), layer
        yield "head", self.head


@dataclass(frozen=True, kw_only=True)
class ResNetFamily(Family):
    """Residual networks of designed widths. With the defaults the widest is ResNet-20 for CIFAR-10.

    A stage has one width, which its shortcuts add; each block has another between its convolutions.

    Parameters
    ----------
    stages
        Full width of each stage.
    depth
        Blocks in each stage.
    levels
        A width is one of so many equal shares of the full one.

    References
    ----------
    He et al., "Deep residual learning for image recognition", CVPR 2016, section 4.2; shortcuts that change the shape are
    convolutions.
    """

    stages: tuple[int, ...] = (16, 32, 64)
    depth: int = 3
    levels: int = 8

    def __post_init__(self) -> None:
        """Check the sizes."""
        super().__post_init__()
        check_counts(stages=min(self.stages, default=0), depth=self.depth, levels=self.levels)

    @cached_property
    def space(self) -> Space:
        """The share of the full width, in levels, of each stage and between the convolutions of each block."""
        return Space(
            {
                "stage": Integer(low=1, high=self.levels, size=len(self.stages)),
                "block": Integer(low=1, high=self.levels, size=len(self.stages) * self.depth),
            }
        )

    def network(self, design: Designs) -> ResNet:
        """Put the network of a design together."""
        full = [width for width in self.stages for _ in range(self.depth)]
        return ResNet(
            self.image,
            self.classes,
            _widths(self.stages, design["stage"][0].tolist(), self.levels),
            _widths(full, design["block"][0].tolist(), self.levels),
        )


class MLP(Network):
    """A perceptron: rectified linear layers on the pixels.

    Parameters
    ----------
    image, classes
        As in `Family`.
    widths
        Of the hidden layers.
    """

    def __init__(self, image: tuple[int, int, int], classes: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.widths = tuple(widths)
        sizes = [image[0] * image[1] * image[2], *widths]
        self.layers = nn.Sequential(
            nn.Flatten(), *(nn.Sequential(nn.Linear(before, after), nn.ReLU()) for before, after in pairwise(sizes))
        )
        self.head = nn.Linear(sizes[-1], classes)

    def forward(self, x: Tensor) -> Tensor:
        """Turn ``[n, c, h, w]`` images into ``[n, classes]`` scores."""
        scores: Tensor = self.head(self.layers(x))
        return scores

    def blocks(self) -> Iterator[tuple[str, nn.Module]]:
        """Yield the layers."""
        for width, layer in zip(self.widths, list(self.layers)[1:], strict=True):
            yield f"linear to {width}", layer
        yield "head", self.head


@dataclass(frozen=True, kw_only=True)
class MLPFamily(Family):
    """Perceptrons of designed widths.

    Parameters
    ----------
    hidden
        Full width of each hidden layer.
    levels
        A width is one of so many equal shares of the full one.
    """

    hidden: tuple[int, ...] = (256, 256)
    levels: int = 16

    def __post_init__(self) -> None:
        """Check the sizes."""
        super().__post_init__()
        check_counts(hidden=min(self.hidden, default=0), levels=self.levels)

    @cached_property
    def space(self) -> Space:
        """The share of the full width, in levels, of each hidden layer."""
        return Space({"layer": Integer(low=1, high=self.levels, size=len(self.hidden))})

    def network(self, design: Designs) -> MLP:
        """Put the network of a design together."""
        return MLP(self.image, self.classes, _widths(self.hidden, design["layer"][0].tolist(), self.levels))


def _widths(full: Sequence[int], levels: Sequence[int], most: int) -> list[int]:
    if len(full) != len(levels):
        raise InputError("a level for each width", field="levels", found=len(levels), expected=str(len(full)))
    return [width_of(width, level, most) for width, level in zip(full, levels, strict=True)]
