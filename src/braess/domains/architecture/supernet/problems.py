"""Trained networks whose designs can be mixed in one supernet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from braess.domains.architecture.costs.additive import LatencyTable
from braess.domains.architecture.costs.counting import flops, parameters
from braess.domains.architecture.costs.latency import latency
from braess.domains.architecture.costs.memory import inference_memory, training_memory
from braess.domains.architecture.networks import CellFamily, ChainFamily, Family, MLPFamily, ResNetFamily, initialise
from braess.domains.architecture.networks.cells import edges_of
from braess.domains.architecture.supernet.cell import CellSupernet
from braess.domains.architecture.supernet.chain import ChainSupernet
from braess.domains.architecture.supernet.nested import SuperkernelRelaxation
from braess.domains.architecture.supernet.relaxation import SupernetRelaxation
from braess.domains.architecture.supernet.superkernel import BLOCKS, Superkernel
from braess.domains.architecture.supernet.widths import MLPSupernet, ResNetSupernet
from braess.domains.architecture.training.problem import TrainedNetworks
from braess.errors import InputError
from braess.learn.bilevel import Halves
from braess.learn.relaxation import Reading
from braess.space import Designs

_SHARE = 0.5  # of the training images, for weights; the others for logits
_MIXED = (CellFamily, ChainFamily, ResNetFamily, MLPFamily)
_CONTEXTS = 2  # random designs for each one that differs in a single choice, when costs are parted


class MixedNetworks(TrainedNetworks):
    """Trained networks with a supernet: see `TrainedNetworks` for the parameters.

    The supernet sees the images for training alone: weights learn from one half, logits from the other. Its cost is what is
    limited first, or else the second objective, as a sum over choices; for widths that is an approximation.
    """

    def relaxation(self, rng: np.random.Generator) -> SupernetRelaxation:
        """Return the supernet; see `Relaxable`."""
        return self.mixture(rng)

    def mixture(self, rng: np.random.Generator, *, part: int = 1) -> SupernetRelaxation:
        """Return the supernet; see `Mixable`.

        Raises
        ------
        InputError
            ``part`` is more than 1, and these are no cells.
        """
        weights, logits, halves = _generators(rng, 3)
        module, own = _supernet(self.family, part)
        options = self.options
        costs, base, limit = self._costs(rng) if self._priced_by() else (None, 0.0, None)
        return SupernetRelaxation(
            _ready(module, weights),
            self._halves(halves),
            torch.ones(self.space.width, options, dtype=torch.bool),
            costs,
            base,
            Reading(self.space),
            own,
            edges=part > 1,
            nodes=_nodes(self.family),
            limit=limit,
            generator=logits,
        )

    @property
    def options(self) -> int:
        """Options of each choice."""
        low, high = self.space.bounds
        return int((high - low)[0]) + 1

    def _priced_by(self) -> str | None:
        """Return the name of what a design costs."""
        costs = [*self.most, *(objective.name for objective in self.objectives[1:])]
        return costs[0] if costs and costs[0] != "error" else None

    def _costs(self, rng: np.random.Generator) -> tuple[torch.Tensor, float, float | None]:
        """Return what each option of each choice adds to the cost ``[choices, options]``, the rest, and the limit."""
        name = self._priced_by()
        assert name is not None
        designs = self._probes(rng)
        found = np.array([self._cost(name, design) for design in designs])
        codes = self.space.flatten(designs)[0] - self.space.bounds[0]
        one_hot = (codes[:, :, None] == np.arange(1, self.options)).reshape(len(designs), -1)
        inputs = np.column_stack([np.ones(len(designs)), one_hot])
        base, *parts = np.linalg.lstsq(inputs, found, rcond=None)[0]
        costs = np.column_stack([np.zeros(self.space.width), np.reshape(parts, (self.space.width, -1))])
        return torch.tensor(costs, dtype=torch.float32), float(base), self.most.get(name)

    def _probes(self, rng: np.random.Generator) -> Designs:
        """Return designs that differ from the first option everywhere in a single choice, and random ones."""
        low, _ = self.space.bounds
        single: NDArray[np.float64] = np.zeros((1 + self.space.width * (self.options - 1), self.space.width))
        rows = np.arange(1, len(single))
        single[rows, (rows - 1) // (self.options - 1)] = (rows - 1) % (self.options - 1) + 1
        return self.space.concatenate([self.space.unflatten(single + low), self.space.sample(_CONTEXTS * len(single), rng)])

    def _cost(self, name: str, design: Designs) -> float:
        network, image = self.family.blank(design), self.family.image
        if name == "latency":
            return self.table.latency(network, image) if isinstance(self.table, LatencyTable) else self._measured(design)
        if name == "flops":
            return float(flops(network, image))
        if name == "parameters":
            return float(parameters(network))
        if name == "memory":
            return float(inference_memory(network, image, device="meta"))
        return float(training_memory(network, image, batch=self.training.batch, device="meta"))

    def _measured(self, design: Designs) -> float:
        network = self.family.build(design, torch.Generator().manual_seed(self.seed))
        return latency(network, self.family.image, self.timing)

    def _halves(self, generator: torch.Generator) -> Halves:
        images = self.source.load().training
        pixels, labels = torch.from_numpy(images.pixels), torch.from_numpy(images.labels)
        return Halves.split(pixels, labels, share=_SHARE, size=self.training.batch, generator=generator)


class NestedNetworks(MixedNetworks):
    """Chains whose blocks are the parts of a superkernel: see `TrainedNetworks` for the parameters."""

    family: ChainFamily

    def nested(self, rng: np.random.Generator) -> SuperkernelRelaxation:
        """Return a chain of superkernels; see `Nestable`.

        Raises
        ------
        InputError
            There is no cost.
        """
        if not self._priced_by():
            raise InputError("superkernels need a cost", field="objectives", found=[one.name for one in self.objectives])
        weights, halves = _generators(rng, 2)
        costs, base, _ = self._costs(rng)
        places = [self.family.blocks.index(name) for name in BLOCKS]
        skipped = costs[:, places[-1], None]
        family = self.family
        module = Superkernel(family.image, family.classes, family.layers, family.head)
        times, rest = (costs - skipped)[:, places], base + float(skipped.sum())
        return SuperkernelRelaxation(
            _ready(module, weights), self._halves(halves), times, rest, _Blocks(Reading(self.space), tuple(places))
        )


class _Blocks:
    """Reads designs of places in `BLOCKS`."""

    def __init__(self, reading: Reading, places: tuple[int, ...]) -> None:
        self._reading, self._places = reading, np.array(places)

    def __call__(self, options: NDArray[np.int64]) -> Designs:
        return self._reading(self._places[options])


def trained_networks(name: str, family: Family, source: Any, **settings: Any) -> TrainedNetworks:
    """Return the problem of a family with all that it can do; parameters as of `TrainedNetworks`."""
    if not isinstance(family, _MIXED):
        return TrainedNetworks(name, family, source, **settings)
    nested = isinstance(family, ChainFamily) and set(BLOCKS) <= set(family.blocks)
    return (NestedNetworks if nested else MixedNetworks)(name, family, source, **settings)


def _supernet(family: Family, part: int) -> tuple[nn.Module, str]:
    """Return the supernet of a family, and what is in the names of the weights of one choice."""
    if isinstance(family, CellFamily):
        return CellSupernet(replace(family, affine=False), part), ".edges.{}."
    if part != 1:
        raise InputError("only a part of a cell can be mixed", field="part", found=part, expected="1")
    if isinstance(family, ChainFamily):
        return ChainSupernet(family), ".layers.{}."
    if isinstance(family, ResNetFamily):
        return ResNetSupernet(family), ".masks.{}."
    assert isinstance(family, MLPFamily)
    return MLPSupernet(family), ".masks.{}."


def _nodes(family: Family) -> tuple[list[int], int] | None:
    """Return the node that each edge of a cell leads to, and the place of the operation that passes nothing on."""
    if not isinstance(family, CellFamily) or "none" not in family.operations:
        return None
    return [to for to, _ in edges_of(family.nodes)], family.operations.index("none")


def _ready(module: Any, generator: torch.Generator) -> Any:
    initialise(module, generator)
    return module


def _generators(rng: np.random.Generator, n: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(int(seed)) for seed in rng.integers(2**62, size=n)]
