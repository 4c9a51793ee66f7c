"""A network that grows as a problem: the leader picks layers, the follower trains the weights, from those of a smaller one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn

from braess.domains.architecture.growing.plain_forward import plain_error
from braess.domains.architecture.growing.settings import GrowingNetworkSettings
from braess.domains.architecture.growing.space import PlainSpace
from braess.domains.architecture.training.fit import error_of, fit, one_thread
from braess.domains.architecture.training.images import Images
from braess.domains.architecture.training.problem import OBJECTIVES, ImageSource
from braess.learn.morph import build_plain, grow, steps_between
from braess.problem import Evaluations, Growth, Problem, evaluate_each
from braess.problem.evaluations import Bools
from braess.space import Designs

_BATCH = 256  # images that inserted batch norms take their statistics from


@dataclass(frozen=True, eq=False)
class Trained:
    """The state of a follower: a network with its weights.

    Parameters
    ----------
    design
        The packed design.
    weights
        Its parameters and statistics by name.
    """

    design: bytes
    weights: dict[str, torch.Tensor]


class GrowingNetwork(Problem):
    """Plain convolutional networks, trained on images for some epochs; a grown network keeps what a smaller one has learned.

    Evaluated alone, a design is trained from random weights. Evaluated from the state of a design that it can grow out of, its
    weights are those of that one, made wider and deeper so that the network computes the same at first; from the state of any
    other design it is trained from random weights too.

    Parameters
    ----------
    settings
        Images, widths, depths and training.

    References
    ----------
    Cai, Chen, Zhang, Yu and Wang (2018), "Efficient architecture search by network transformation", arXiv:1707.04873.
    """

    name = "growing-network"
    objectives = (OBJECTIVES["error"],)

    def __init__(self, settings: GrowingNetworkSettings) -> None:
        self.settings = settings
        self.plain = PlainSpace(
            settings.filters, settings.kernels, settings.units, settings.blocks, settings.depth, settings.dense
        )
        self.space = self.plain.space
        self.vocabulary, self.insertions = self.plain.vocabulary, self.plain.insertions
        sizes = {"training": settings.training_images, "validation": settings.validation_images}
        self._source = ImageSource(name=settings.images, **sizes, test=None, pooled=settings.pooled)
        build_plain(self.plain.layers_of(self.smallest()), self.images.shape, self.images.classes, torch.Generator())

    @property
    def images(self) -> Images:
        """The images; a process reads them once."""
        return self._source.load()

    def evaluate(self, designs: Designs) -> Evaluations:
        """Train each network from random weights and count its errors on the validation images."""
        return self._evaluated(designs, [None] * len(designs), keep_states=False)

    def evaluate_from(self, designs: Designs, states: Sequence[Trained | None]) -> Evaluations:
        """Train each network from the weights of a smaller one, where it can grow out of that."""
        return self._evaluated(designs, states, keep_states=True)

    def train(self, design: Designs, state: Trained | None = None) -> nn.Sequential:
        """Return the trained network of one design, begun from the weights of a smaller one or at random."""
        generator = torch.Generator().manual_seed(_seed(design, self.settings.seed))
        with one_thread():
            network = self._begun(design, state, generator)
            fit(network, self.images.training, self.settings.training, generator)
        return network

    def network(self, state: Trained) -> nn.Sequential:
        """Return the network that a state is of."""
        layers = self.plain.layers_of(self.space.unpack([state.design]))
        network = build_plain(layers, self.images.shape, self.images.classes, torch.Generator())
        network.load_state_dict(state.weights)
        return network

    def check(self, designs: Designs) -> Evaluations:
        """Train again, and compute what the network says in plain numpy."""

        def answer(row: int) -> tuple[Any, Any, None]:
            design = designs.take([row])
            weights = {name: values.double().numpy() for name, values in self.train(design).state_dict().items()}
            return 100.0 * plain_error(self.plain.layers_of(design), weights, self.images.validation), [], None

        return evaluate_each(self, designs, answer)

    def describe(self) -> dict[str, Any]:
        """Describe the problem as plain data."""
        return {"name": self.name} | asdict(self.settings)

    def smallest(self) -> Designs:
        """Return the network that growth begins with."""
        return self.plain.smallest()

    def growth(self, design: Designs) -> Growth:
        """Say which layers can be widened and where one can be inserted."""
        return self.plain.growth(design)

    def widened(self, design: Designs, elements: Bools) -> Designs:
        """Bring some layers to the next width."""
        return self.plain.widened(design, elements)

    def inserted(self, design: Designs, block: int, position: int, sort: int) -> Designs:
        """Insert a layer after another."""
        return self.plain.inserted(design, block, position, sort)

    def _evaluated(self, designs: Designs, states: Sequence[Trained | None], *, keep_states: bool) -> Evaluations:
        def answer(row: int) -> tuple[Any, Any, Trained]:
            design = designs.take([row])
            network = self.train(design, states[row])
            with one_thread():
                error = 100.0 * error_of(network, self.images.validation)
            return error, [], Trained(design.pack()[0], network.state_dict())

        return evaluate_each(self, designs, answer, keep_states=keep_states)

    def _begun(self, design: Designs, state: Trained | None, generator: torch.Generator) -> nn.Sequential:
        """Return a network before it is trained."""
        layers = self.plain.layers_of(design)
        before = None if state is None else self.plain.layers_of(self.space.unpack([state.design]))
        if state is None or before is None or steps_between(before, layers) is None:
            return build_plain(layers, self.images.shape, self.images.classes, generator)
        batch = torch.from_numpy(self.images.training.pixels[:_BATCH])
        return grow(self.network(state), before, layers, generator=generator, batch=batch, noise=self.settings.noise)


def _seed(design: Designs, seed: int) -> int:
    """Return a seed of the design's own, the same in any process."""
    return (int.from_bytes(design.hashes()[0][:7], "little") ^ seed * 0x9E3779B1) % 2**62
