"""Perceptrons of equal sizes side by side: the networks left when units are taken away, what they say, how they learn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Perceptron:
    """``k`` networks of the same sizes: rectified linear units in the hidden layers, none after the last.

    Parameters
    ----------
    weights
        ``[k, inputs, outputs]`` of each layer.
    biases
        ``[k, 1, outputs]`` of each layer.
    """

    weights: tuple[Numbers, ...]
    biases: tuple[Numbers, ...]

    @staticmethod
    def initial(widths: Sequence[int], rng: np.random.Generator, dtype: type[np.floating[Any]] = np.float32) -> Perceptron:
        """Draw one network of these widths, inputs first, as He et al. (2015), arXiv:1502.01852, do; biases are 0."""
        weights = [rng.standard_normal((1, a, b)) * np.sqrt(2.0 / a) for a, b in pairwise(widths)]
        biases = [np.zeros((1, 1, b)) for b in widths[1:]]
        return Perceptron(tuple(w.astype(dtype) for w in weights), tuple(b.astype(dtype) for b in biases))

    def without(self, kept: Sequence[Ints], *, rescaled: bool = False) -> Perceptron:
        """Return the smaller networks that inherit the weights of the units kept.

        Parameters
        ----------
        kept
            ``[n, k_l]`` units kept in each hidden layer of the first of the networks.
        rescaled
            Whether weights of units that lost inputs grow by the root of how many they had over how many are left, so that
            what arrives keeps its variance.
        """
        n = len(kept[0])
        sizes = [w.shape[1] for w in self.weights]
        columns = [np.tile(np.arange(sizes[0]), (n, 1)), *kept, np.tile(np.arange(self.biases[-1].shape[2]), (n, 1))]
        weights, biases = [], []
        for layer, (before, after) in enumerate(pairwise(columns)):
            factor = np.sqrt(sizes[layer] / before.shape[1]) if rescaled else 1.0
            whole = self.weights[layer][0]
            weights.append(whole[before[:, :, None], after[:, None, :]] * whole.dtype.type(factor))
            biases.append(self.biases[layer][0, 0][after][:, None, :])
        return Perceptron(tuple(weights), tuple(biases))

    def logits(self, pixels: Numbers, masks: Sequence[Numbers] | None = None) -> Numbers:
        """Return what the networks say of pictures ``[b, inputs]``, ``[k, b, classes]``.

        ``masks`` ``[k, 1, units]`` of each hidden layer switch off units where they are 0.
        """
        return self._layers(pixels, masks)[-1]

    def _layers(self, pixels: Numbers, masks: Sequence[Numbers] | None = None) -> list[Numbers]:
        """Return what enters each layer, and what leaves the last."""
        entering: list[Numbers] = [pixels[None]]
        last = len(self.weights) - 1
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            found = entering[-1] @ weight + bias
            if layer < last:
                found = np.maximum(found, 0.0)
                found = found if masks is None else found * masks[layer]
            entering.append(found)
        return entering

    def gradients(self, pixels: Numbers, labels: Ints) -> tuple[tuple[Numbers, ...], tuple[Numbers, ...]]:
        """Return the derivatives of each network's mean cross-entropy by its weights and biases."""
        entering = self._layers(pixels)
        back = softmax(entering[-1])
        back[:, np.arange(len(labels)), labels] -= 1.0
        back /= len(labels)
        weights, biases = [], []
        for layer in range(len(self.weights) - 1, -1, -1):
            weights.append(np.swapaxes(entering[layer], 1, 2) @ back)
            biases.append(back.sum(axis=1, keepdims=True))
            if layer:
                back = (back @ np.swapaxes(self.weights[layer], 1, 2)) * (entering[layer] > 0.0)
        return tuple(weights[::-1]), tuple(biases[::-1])


def softmax(logits: Numbers) -> Numbers:
    """Return the probabilities of classes, the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    found: Numbers = raised / raised.sum(axis=-1, keepdims=True)
    return found


def cross_entropy(logits: Numbers, labels: Ints) -> NDArray[np.float64]:
    """Return the mean of minus the log probability of the labels ``[b]`` by each of ``k`` networks, in nats, ``[k]``."""
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    totals = np.log(np.exp(shifted).sum(axis=-1))
    return np.asarray((totals - shifted[:, np.arange(len(labels)), labels]).mean(axis=1))


def accuracy(logits: Numbers, labels: Ints) -> NDArray[np.float64]:
    """Return how many of the labels ``[b]`` each of ``k`` networks finds, in %, ``[k]``."""
    return np.asarray(100.0 * (logits.argmax(axis=-1) == labels).mean(axis=1))


@dataclass(frozen=True)
class Training:
    """Stochastic gradient descent with momentum.

    Parameters
    ----------
    epochs
        Passes over the pictures.
    batch
        Pictures in a step.
    rate, momentum
        Learning rate, and the share of a step that the next one goes on with.
    """

    epochs: int = 12
    batch: int = 64
    rate: float = 0.05
    momentum: float = 0.9

    def run(self, networks: Perceptron, pixels: Numbers, labels: Ints, rng: np.random.Generator) -> Iterator[Perceptron]:
        """Yield the networks after each epoch; all see the same pictures in the same order.

        Parameters
        ----------
        networks
            To start from; they stay as they are.
        pixels, labels
            ``[n, inputs]`` and ``[n]``.
        rng
            Where the order of pictures comes from.
        """
        parts = [*networks.weights, *networks.biases]
        speeds = [np.zeros_like(part) for part in parts]
        layers = len(networks.weights)
        for _ in range(self.epochs):
            order = rng.permutation(len(pixels))
            for start in range(0, len(order), self.batch):
                some = order[start : start + self.batch]
                now = Perceptron(tuple(parts[:layers]), tuple(parts[layers:]))
                weights, biases = now.gradients(pixels[some], labels[some])
                for i, slope in enumerate((*weights, *biases)):
                    speeds[i] = self.momentum * speeds[i] - self.rate * slope
                    parts[i] = parts[i] + speeds[i]
            yield Perceptron(tuple(parts[:layers]), tuple(parts[layers:]))
