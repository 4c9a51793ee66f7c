"""What all networks of one kind share, and how one of them is built from a design."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from braess.errors import InputError
from braess.space import Designs, Space


class Network(nn.Module, ABC):
    """A network for images that knows the blocks it is put together from."""

    @abstractmethod
    def blocks(self) -> Iterator[tuple[str, nn.Module]]:
        """Yield the blocks whose time is thought to add up to that of the network, with what tells their kinds apart."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the design decides of the training: name of a setting of `Training` to its value."""
        return {}


@dataclass(frozen=True, kw_only=True)
class Family(ABC):
    """What all networks of one kind share, and what a design decides.

    Parameters
    ----------
    image
        Channels, height and width of an image.
    classes
        To tell apart.
    """

    image: tuple[int, int, int] = (3, 32, 32)
    classes: int = 10

    def __post_init__(self) -> None:
        """Check the sizes."""
        if len(self.image) != 3 or min(self.image) < 1:
            raise InputError("no size of an image", field="image", found=self.image, expected="channels, height and width")
        if self.classes < 2:
            raise InputError("nothing to tell apart", field="classes", found=self.classes, expected="at least 2")

    @cached_property
    @abstractmethod
    def space(self) -> Space:
        """What is decided."""

    def describe(self) -> dict[str, Any]:
        """Describe what all networks share, for the record."""
        return asdict(self)

    @abstractmethod
    def network(self, design: Designs) -> Network:
        """Put the network of a batch of one design together; torch draws its weights from the global generator."""

    def build(self, design: Designs, generator: torch.Generator) -> Network:
        """Build the network of a design with weights drawn from a generator alone.

        Parameters
        ----------
        design
            A batch of one design of `space`.
        generator
            What the weights are drawn from, on the processor.

        Raises
        ------
        InputError
            The batch does not hold exactly one design.
        """
        network = self.blank(design).to_empty(device="cpu")
        initialise(network, generator)
        return network

    def blank(self, design: Designs) -> Network:
        """Put the network of a design together without weights: on torch's device ``meta``, where only shapes are."""
        if len(design) != 1:
            raise InputError("a network is built of one design", field="design", found=len(design), expected="a batch of one")
        with torch.device("meta"):
            return self.network(design)


def initialise(network: nn.Module, generator: torch.Generator) -> None:
    """Draw all weights anew as torch does by default, but from the generator given.

    Weights and biases of convolutions and linear layers are uniform within ``1 / sqrt(fan in)`` of 0, batch norms change
    nothing.

    Raises
    ------
    InputError
        A module has weights of another kind, of which it is not known how to draw them.
    """
    for module in network.modules():
        own = list(module.parameters(recurse=False))
        if isinstance(module, nn.Conv2d | nn.Linear):
            reach = 1.0 / math.sqrt(module.weight[0].numel())
            with torch.no_grad():
                for values in own:
                    values.uniform_(-reach, reach, generator=generator)
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.reset_parameters()  # draws nothing
        elif own:
            raise InputError("weights of a kind that nobody knows how to draw", field="network", found=type(module).__name__)


class Head(nn.Module):
    """Turns ``[n, channels, h, w]`` features into ``[n, classes]`` scores: mean over the places, then a linear layer."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.classifier = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Score the classes."""
        scores: Tensor = self.classifier(x.mean(dim=(2, 3)))
        return scores


def check_counts(**counts: int) -> None:
    """Raise `InputError` where one of the named numbers is not at least 1."""
    for field, found in counts.items():
        if found < 1:
            raise InputError("a network needs some", field=field, found=found, expected="at least 1")
