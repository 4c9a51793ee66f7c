"""Which units of the hidden layers are kept, so many of each: the network left is judged untrained, or trained."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from braess.domains.architecture.sparse.perceptron import (
    Ints,
    Numbers,
    Perceptron,
    Training,
    accuracy,
    cross_entropy,
)
from braess.domains.architecture.training import Images, Labelled
from braess.errors import InputError
from braess.problem import Constraint, Evaluations, Objective, Problem
from braess.problem.evaluations import Floats
from braess.problem.problem import evaluate_each
from braess.space import Binary, Designs, Space

Score = Literal["initial-loss", "trained-accuracy"]


class SparseNetwork(Problem):
    """Choose the units of an untrained perceptron that stay; the smaller network inherits their first weights.

    Every hidden layer keeps ``round((1 - sparsity) * units)`` of its units, one at least: designs with another number are not
    feasible, and repair takes away or adds units by chance, so that repaired uniform designs are uniform among all sets of
    that size.

    Parameters
    ----------
    parent
        The untrained network.
    images
        To train with, to select by (``validation``), to measure on (``test``).
    sparsity
        Share of the units of each hidden layer that go.
    score
        ``"initial-loss"``: cross-entropy of the untrained network on the images to select by; ``"trained-accuracy"``: its
        accuracy after training on the images to measure on, which no search could know: with it a harness must find a
        difference.
    training
        How networks are trained.
    seed
        Of the order in which all of them see the images.
    rescaled
        As in `Perceptron.without`.

    References
    ----------
    Farahani (2024), "Random search as a baseline for sparse neural network architecture search", arXiv:2403.08265.
    """

    name = "sparse-network"

    def __init__(
        self,
        parent: Perceptron,
        images: Images,
        *,
        sparsity: float,
        score: Score = "initial-loss",
        training: Training | None = None,
        seed: int = 0,
        rescaled: bool = False,
    ) -> None:
        if not 0.0 <= sparsity < 1.0:
            raise InputError("impossible share", field="sparsity", found=sparsity, expected="at least 0, less than 1")
        if score not in ("initial-loss", "trained-accuracy"):
            raise InputError("unknown score", field="score", found=score, expected="initial-loss or trained-accuracy")
        self.parent, self.images, self.sparsity, self.score, self.rescaled = parent, images, sparsity, score, rescaled
        self.training, self.seed = training or Training(), seed
        units = [weight.shape[2] for weight in parent.weights[:-1]]
        self.kept = [max(1, round((1.0 - sparsity) * one)) for one in units]
        self.space = Space({f"layer_{i}": Binary(size=one) for i, one in enumerate(units, start=1)})
        untrained = score == "initial-loss"
        self.objectives = (Objective("initial_loss", "min", "nat") if untrained else Objective("accuracy", "max", "%"),)
        self.constraints = tuple(Constraint(f"{path}_size", "units") for path in self.space.variables)

    def evaluate(self, designs: Designs) -> Evaluations:
        """Judge the network left of each design by itself."""
        violations = self._violations(designs)

        def answer(i: int) -> tuple[Any, Any, Any]:
            network = self.network(designs.take([i]))
            if self.score == "initial-loss":
                value = self._loss(network.logits(_rows(self.images.validation)))
            else:
                value = self._curves(network)[:, -1]
            return value, violations[i], None

        return evaluate_each(self, designs, answer)

    def check(self, designs: Designs) -> Evaluations:
        """Judge the parent with units switched off, where it is not trained; trained networks are trained again."""
        if self.score != "initial-loss":
            return self.evaluate(designs)
        losses = [self._loss(self._masked(one).logits(_rows(self.images.validation), self._masks(one))) for one in designs]
        return Evaluations.of(np.array(losses).reshape(-1, 1), self._violations(designs))

    def repair(self, designs: Designs, rng: np.random.Generator) -> Designs:
        """Take away or add units by chance until every layer has as many as it must; what has stays as it is."""
        arrays: dict[str, NDArray[np.int8]] = {}
        for path, size in zip(self.space.variables, self.kept, strict=True):
            order = np.argsort(-(designs[path] + rng.random(designs[path].shape)), axis=1)
            arrays[path] = np.zeros(order.shape, dtype=np.int8)
            np.put_along_axis(arrays[path], order[:, :size], 1, axis=1)
        return self.space.designs(arrays)

    def network(self, designs: Designs) -> Perceptron:
        """Return the untrained networks left of designs that keep as many units of each layer."""
        return self.parent.without([_places(designs[path]) for path in self.space.variables], rescaled=self.rescaled)

    def curves(self, designs: Designs) -> Floats:
        """Train the networks left of feasible designs; return their accuracy on the test images after each epoch, in %.

        ``[n, epochs]``, all by the same order of images.
        """
        return self._curves(self.network(designs))

    def dense_curve(self) -> Floats:
        """Return the same of the parent, ``[epochs]``."""
        curve: Floats = self._curves(self.parent)[0]
        return curve

    def describe(self) -> dict[str, Any]:
        """Describe the sizes, the images and the training."""
        sizes = {part: len(getattr(self.images, part)) for part in ("training", "validation", "test")}
        facts = {"kept": self.kept, "score": self.score, "seed": self.seed, "rescaled": self.rescaled}
        return super().describe() | facts | {"images": {"name": self.images.name} | sizes, "training": asdict(self.training)}

    def _curves(self, networks: Perceptron) -> Floats:
        learned, held = self.images.training, self.images.test
        steps = self.training.run(networks, _rows(learned), learned.labels, np.random.default_rng(self.seed))
        return np.stack([accuracy(one.logits(_rows(held)), held.labels) for one in steps], axis=1)

    def _loss(self, logits: Numbers) -> Floats:
        return cross_entropy(logits, self.images.validation.labels)

    def _masks(self, design: Designs) -> list[Numbers]:
        return [design[path].astype(np.float32)[:, None, :] for path in self.space.variables]

    def _masked(self, design: Designs) -> Perceptron:
        """Return the parent, with the weights of units that lose inputs rescaled as those of the network left."""
        if not self.rescaled:
            return self.parent
        shares = [float(design[path].mean()) for path in self.space.variables]
        first, *others = self.parent.weights
        grown = [weight / np.float32(np.sqrt(share)) for weight, share in zip(others, shares, strict=True)]
        return Perceptron((first, *grown), self.parent.biases)

    def _violations(self, designs: Designs) -> Floats:
        sizes = np.stack([designs[path].sum(axis=1, dtype=np.int64) for path in self.space.variables], axis=1)
        wrong: Floats = np.abs(sizes - np.array(self.kept)).astype(np.float64)
        return wrong


def _rows(images: Labelled) -> Numbers:
    """Return images as rows of numbers."""
    return images.pixels.reshape(len(images), -1)


def _places(masks: NDArray[np.generic]) -> Ints:
    """Return the places of ones ``[n, k]`` in masks ``[n, units]`` with as many each."""
    return np.nonzero(masks)[1].reshape(len(masks), -1)
