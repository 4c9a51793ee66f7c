"""Architectures judged before they are trained: a problem whose objectives are scores of the untrained network."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from braess.domains.architecture.networks import Family
from braess.errors import InputError
from braess.learn.proxies import Normalisation, find_proxy
from braess.problem import (
    Bounded,
    Canonical,
    Differentiable,
    Evaluations,
    GraphView,
    Illustrated,
    Incremental,
    Objective,
    Problem,
    Relaxable,
    Sampleable,
    Traced,
    WarmStart,
    Wrapper,
    evaluate_each,
)
from braess.problem.evaluations import Floats
from braess.space import Designs, Space

# What says something of the objectives of the problem inside, which are others here.
_OF_THE_TRAINED: tuple[type[Any], ...] = (
    Bounded,
    Canonical,  # cells of the same function differ in their weights
    Differentiable,
    GraphView,
    Illustrated,
    Incremental,
    Relaxable,
    Sampleable,
    Traced,
    WarmStart,
)


class Proxied(Wrapper):
    """A problem asked about the network of a design before anybody trains it.

    Scores take the place of the objectives of the problem inside, except for those that are kept. A design is scored
    with the same few sets of first weights and batches of images as all others, and gets the mean. Constraints and what is kept
    are evaluated by the problem inside, which is not asked where there are none. No evaluation is exact.

    Parameters
    ----------
    problem
        The problem inside.
    family
        Builds the networks of its designs: the same variables in the same order, whatever they are called.
    pixels, labels
        ``[m, channels, height, width]`` and ``[m]`` images to draw batches from.
    scores
        Names of `braess.learn.proxies.PROXIES`.
    keep
        Names of objectives of the problem inside that stay.
    initialisations
        First weights, with a batch of images each, to average over.
    batch
        Images in a batch.
    seed
        Of first weights and batches.
    normalisation
        What batch normalisation does; ``None``: what each score is published with.

    Raises
    ------
    InputError
        No such score, normalisation or objective; impossible numbers; a family of other designs.
    """

    hides = _OF_THE_TRAINED

    def __init__(
        self,
        problem: Problem,
        family: Family,
        pixels: NDArray[np.float32],
        labels: NDArray[np.int64],
        *,
        scores: Sequence[str] = ("gradsign",),
        keep: Sequence[str] = (),
        initialisations: int = 1,
        batch: int = 32,
        seed: int = 0,
        normalisation: Normalisation | None = None,
    ) -> None:
        super().__init__(problem)
        for field, found, most in (("initialisations", initialisations, np.inf), ("batch", batch, len(labels))):
            if not 1 <= found <= most:
                raise InputError("not so many", field=field, found=found, expected=f"at least 1, at most {most:g}")
        if not scores or len({*scores, *keep}) != len(scores) + len(keep):
            raise InputError("scores must be named once each", field="scores", found=[*scores, *keep])
        _require_match(problem.space, family.space)
        self.name = f"untrained {problem.name}"
        self.family, self.seed = family, seed
        self.proxies = tuple(find_proxy(name).normalised_by(normalisation) for name in scores)
        self._kept = _places(problem, keep)
        own = tuple(Objective(proxy.name, proxy.better) for proxy in self.proxies)
        self.objectives = (*(problem.objectives[place] for place in self._kept), *own)
        rng = np.random.default_rng(seed)
        self._seeds = [int(drawn) for drawn in rng.integers(2**62, size=initialisations)]
        rows = np.stack([rng.permutation(len(labels))[:batch] for _ in self._seeds])
        self._images, self._labels = torch.from_numpy(pixels[rows]), torch.from_numpy(labels[rows])

    def evaluate(self, designs: Designs) -> Evaluations:
        """Score ``n`` designs; a score that is no number is a failed evaluation."""
        return self._joined(designs, self.problem.evaluate, torch.float32)

    def check(self, designs: Designs) -> Evaluations:
        """Score the designs in double precision, and let the problem inside check the rest.

        Signs of gradients that are next to nothing may differ, so scores agree to about a hundredth.
        """
        return self._joined(designs, self.problem.check, torch.float64)

    def _joined(self, designs: Designs, inside: Any, dtype: torch.dtype) -> Evaluations:
        batches = list(designs)
        rest: Evaluations | None = inside(designs) if self._kept or self.constraints else None

        def answer(i: int) -> tuple[Floats, Floats, None]:
            scores = self.scores(batches[i], dtype)
            if rest is None:
                return scores, np.empty(0), None
            if rest.errors[i] is not None:
                raise RuntimeError(rest.errors[i])
            return np.concatenate([rest.objectives[i, self._kept], scores]), rest.constraints[i], None

        found = evaluate_each(self, designs, answer)
        seconds = found.seconds if rest is None else found.seconds + rest.seconds
        return dataclasses.replace(found, seconds=seconds, exact=np.zeros(len(designs), dtype=np.bool_))

    def scores(self, design: Designs, dtype: torch.dtype = torch.float32) -> Floats:
        """Return the scores of one design, means over first weights, ``[s]``."""
        row = self.family.space.unflatten(self.space.flatten(design)[0])
        found = []
        for seed, images, labels in zip(self._seeds, self._images.to(dtype), self._labels, strict=True):
            network = self.family.build(row, torch.Generator().manual_seed(seed)).to(dtype)
            found.append([proxy(network, images, labels) for proxy in self.proxies])
            if not any(proxy.random for proxy in self.proxies):
                break
        means: Floats = np.mean(found, axis=0)
        return means

    def describe(self) -> dict[str, Any]:
        """Describe the problem inside, what it is scored by and on what."""
        return {
            "name": self.name,
            "inside": super().describe(),
            "scores": [proxy.describe() for proxy in self.proxies],
            "networks": {"family": type(self.family).__name__, **dataclasses.asdict(self.family)},
            "seed": self.seed,
            "initialisations": len(self._seeds),
            "batch": self._labels.shape[1],
            "images": hashlib.blake2b(self._images.numpy().tobytes(), digest_size=16).hexdigest(),
        }


def _places(problem: Problem, names: Sequence[str]) -> list[int]:
    known = [objective.name for objective in problem.objectives]
    for name in names:
        if name not in known:
            raise InputError("no such objective", field="keep", found=name, expected=f"one of {', '.join(known)}")
    return [known.index(name) for name in names]


def _require_match(problem: Space, networks: Space) -> None:
    """Refuse networks of other designs than those of a problem."""
    kinds = [[(leaf.variable.kind, leaf.variable.width) for leaf in space.leaves] for space in (problem, networks)]
    if kinds[0] != kinds[1] or not np.array_equal(problem.bounds, networks.bounds):
        raise InputError(
            "these networks have other designs than the problem",
            field="networks",
            found=networks.describe(),
            expected=str(problem.describe()),
        )
