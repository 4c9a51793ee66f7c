"""The settings of problems whose weights are trained, as the ``[problem]`` table of a study file writes them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from braess.domains.architecture.costs.timing import Timing
from braess.domains.architecture.training.recipe import Training

if TYPE_CHECKING:
    from braess.domains.architecture.networks import Family
    from braess.domains.architecture.training.problem import TrainedNetworks


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The most that a network may cost.

    Parameters
    ----------
    flops
        Multiplications with an addition for one image.
    parameters
        Weights.
    memory
        Bytes while one image is scored.
    training_memory
        Bytes in a step of training.
    latency
        Milliseconds for one image.
    """

    flops: float | None = None
    parameters: float | None = None
    memory: float | None = None
    training_memory: float | None = None
    latency: float | None = None

    def given(self) -> dict[str, float]:
        """Return what is limited, by the name of its objective."""
        return {name.replace("_", "-"): limit for name, limit in vars(self).items() if limit is not None}


@dataclass(frozen=True, kw_only=True)
class TrainedSettings(ABC):
    """What every problem is told whose weights are trained.

    Parameters
    ----------
    images
        ``fashion-mnist``, ``cifar-10`` or ``stripes``, which is made up and needs no file.
    training_images
        Images that weights are trained on; 0: all that are left.
    validation_images
        Images that the error is counted on.
    pooled
        Squares of so many pixels a side are averaged: 2 makes 14 x 14 of 28 x 28.
    objectives
        Some of ``error``, ``flops``, ``parameters``, ``memory``, ``training-memory`` and ``latency``.
    most
        The most that a network may cost.
    training
        How weights are trained.
    repeats
        Trainings from different seeds, whose mean error counts.
    seed
        Of weights and orders of images.
    timing
        How latency is measured.
    latency_table
        File of `braess profile` that latency is taken from, in place of measuring each network.
    checkpoints
        Folder where trainings under way are kept, so that an interrupted one goes on.
    """

    images: str = "fashion-mnist"
    training_images: int = 6_000
    validation_images: int = 2_000
    pooled: int = 2
    objectives: tuple[str, ...] = ("error", "flops")
    most: Limits = field(default_factory=Limits)
    training: Training = field(default_factory=Training)
    repeats: int = 1
    seed: int = 0
    timing: Timing = field(default_factory=Timing)
    latency_table: str | None = None
    checkpoints: str | None = None

    @abstractmethod
    def family(self, image: tuple[int, int, int], classes: int) -> Family:
        """Return the networks for images of this shape with so many classes."""

    def build(self, folder: Path) -> TrainedNetworks:
        """Build the problem; relative paths start at ``folder``."""
        from braess.domains.architecture.costs.additive import LatencyTable
        from braess.domains.architecture.supernet.problems import trained_networks
        from braess.domains.architecture.training.problem import ImageSource

        source = ImageSource(
            name=self.images,
            training=self.training_images or None,
            validation=self.validation_images,
            test=None,
            pooled=self.pooled,
        )
        images = source.load()
        return trained_networks(
            f"{self.images} networks",
            self.family(images.shape, images.classes),
            source,
            training=self.training,
            objectives=self.objectives,
            most=self.most.given(),
            repeats=self.repeats,
            seed=self.seed,
            timing=self.timing,
            table=None if self.latency_table is None else LatencyTable.read(folder / self.latency_table),
            checkpoints=None if self.checkpoints is None else folder / self.checkpoints,
        )


@dataclass(frozen=True, kw_only=True)
class CellSettings(TrainedSettings):
    """Settings of networks whose cells are designed.

    Parameters
    ----------
    nodes
        Of a cell, input and output counted: 4 have 6 edges, 3 have 3.
    operations
        To choose from for an edge; left out: the five of NAS-Bench-201.
    channels
        Of the first stage; each reduction doubles them.
    cells
        In each stage.
    stages
        With a reduction between two.
    """

    nodes: int = 4
    operations: tuple[str, ...] | None = None
    channels: int = 8
    cells: int = 1
    stages: int = 3

    def family(self, image: tuple[int, int, int], classes: int) -> Family:
        """Return the networks."""
        from braess.domains.architecture.networks import OPERATIONS, CellFamily

        return CellFamily(
            image=image,
            classes=classes,
            nodes=self.nodes,
            operations=self.operations or OPERATIONS,
            channels=self.channels,
            cells=self.cells,
            stages=self.stages,
        )


@dataclass(frozen=True, kw_only=True)
class ChainSettings(TrainedSettings):
    """Settings of chains whose blocks are designed.

    Parameters
    ----------
    blocks
        To choose from for a layer: ``k<kernel>_e<expansion>``, with ``_g<groups>`` where wanted, or ``skip``.
    stages
        Channels, layers and stride of the first layer of each stage.
    stem
        Channels of the first convolution.
    stem_stride
        Of the first convolution.
    head
        Channels of the last convolution.
    """

    blocks: tuple[str, ...] = ("skip", "k3_e3", "k5_e6")
    stages: tuple[tuple[int, int, int], ...] = ((8, 2, 2), (16, 3, 2), (32, 3, 1))
    stem: int = 8
    stem_stride: int = 1
    head: int = 64

    def family(self, image: tuple[int, int, int], classes: int) -> Family:
        """Return the networks."""
        from braess.domains.architecture.networks import ChainFamily

        return ChainFamily(
            image=image,
            classes=classes,
            blocks=self.blocks,
            stages=self.stages,
            stem=self.stem,
            stem_stride=self.stem_stride,
            head=self.head,
        )


@dataclass(frozen=True, kw_only=True)
class ResNetSettings(TrainedSettings):
    """Settings of residual networks whose widths are designed.

    Parameters
    ----------
    stages
        Full width of each stage.
    depth
        Blocks in each stage.
    levels
        A width is one of so many equal shares of the full one.
    """

    stages: tuple[int, ...] = (8, 16, 32)
    depth: int = 1
    levels: int = 8

    def family(self, image: tuple[int, int, int], classes: int) -> Family:
        """Return the networks."""
        from braess.domains.architecture.networks import ResNetFamily

        return ResNetFamily(image=image, classes=classes, stages=self.stages, depth=self.depth, levels=self.levels)


@dataclass(frozen=True, kw_only=True)
class MLPSettings(TrainedSettings):
    """Settings of perceptrons whose widths are designed.

    Parameters
    ----------
    hidden
        Full width of each hidden layer.
    levels
        A width is one of so many equal shares of the full one.
    """

    hidden: tuple[int, ...] = (256, 256)
    levels: int = 16

    def family(self, image: tuple[int, int, int], classes: int) -> Family:
        """Return the networks."""
        from braess.domains.architecture.networks import MLPFamily

        return MLPFamily(image=image, classes=classes, hidden=self.hidden, levels=self.levels)
