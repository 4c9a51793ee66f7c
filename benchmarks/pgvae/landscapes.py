"""The landscapes of the benchmark, with their training designs: a mixture of two peaks, and four sites of protein GB1."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from braess.problem import Evaluations, Objective, Problem
from braess.space import Categorical, Designs, Real, Space

AMINO_ACIDS = "ARNDCEQGHILKMFPSTWYV"
SITES, PREFIX = 4, 4
_LOW, _HIGH = (1e-4, 1e-3), (0.1, 0.2)  # scores of training designs, over the maximum
_CROWD = 1000  # low training designs of GB1
_BULK = 200  # low training designs of the mixture


class Mixture(Problem):
    """Two peaks on a line: a narrow one of height 1 at 0, a wide one of height 2.5 at ``centre``.

    Parameters
    ----------
    centre
        Of the higher peak.
    """

    name = "mixture"

    def __init__(self, centre: float) -> None:
        self.centre = centre
        self.space = Space({"x": Real(low=-5.0, high=20.0)})
        self.objectives = (Objective("height", "max"),)

    def evaluate(self, designs: Designs) -> Evaluations:
        """Return the heights."""
        x = designs["x"]
        heights = np.exp(-0.5 * (x / 0.25) ** 2) + 2.5 * np.exp(-0.5 * (x - self.centre) ** 2)
        return Evaluations.of(heights[:, None])

    check = evaluate

    def training(self, ratio: float, rng: np.random.Generator) -> Designs:
        """Draw 200 designs around the low peak, and ``ratio`` times as many beside the high one."""
        low = rng.normal(0.0, 0.6, _BULK)
        high = self.centre + rng.uniform(0.5, 1.0, round(_BULK * ratio))
        return self.space.designs({"x": np.concatenate([low, high])})


class GB1(Problem):
    """Four sites of protein GB1 behind a prefix: of variants that hardly work each has its own, all others have the same.

    A sequence that is not among these scores 0. Prefixes of the low end never end in V, the one of the high end does.

    Parameters
    ----------
    seed
        Of the prefixes.
    """

    name = "gb1"

    def __init__(self, seed: int) -> None:
        variants, scores = _variants()
        rng = np.random.default_rng([seed, 1])
        prefixes = rng.integers(0, 20, (len(variants), PREFIX))
        prefixes[:, -1] = rng.integers(0, 19, len(variants))
        shared = rng.integers(0, 20, PREFIX)
        shared[-1] = 19
        prefixes[scores >= _LOW[1]] = shared
        self._sequences = np.concatenate([prefixes, variants], axis=1)
        self._scores = dict(zip(map(bytes, self._sequences.astype(np.uint8)), scores.tolist(), strict=True))
        self.scores = scores
        self.space = Space({"residue": Categorical(options=tuple(AMINO_ACIDS), size=PREFIX + SITES)})
        self.objectives = (Objective("fitness", "max"),)

    def evaluate(self, designs: Designs) -> Evaluations:
        """Look the scores up, over the maximum."""
        found = [self._scores.get(bytes(row), 0.0) for row in designs["residue"].astype(np.uint8)]
        return Evaluations.of(np.array(found)[:, None])

    check = evaluate

    def training(self, ratio: float, rng: np.random.Generator) -> Designs:
        """Draw 1,000 designs of the low end, and ``ratio`` times as many of the upper one."""
        chosen = []
        for (low, high), n in ((_LOW, _CROWD), (_HIGH, round(_CROWD * ratio))):
            chosen.append(rng.choice(np.flatnonzero((self.scores >= low) & (self.scores < high)), n, replace=False))
        return self.space.designs({"residue": self._sequences[np.concatenate(chosen)]})


@cache
def _variants() -> tuple[Any, Any]:
    """Return residues ``[n, 4]`` and scores ``[n]`` of all variants measured."""
    folder = os.environ.get("BRAESS_DATA")
    if not folder:
        raise SystemExit("BRAESS_DATA must name the folder with sequences/gb1_four_mutations.csv.zip")
    with zipfile.ZipFile(Path(folder) / "sequences" / "gb1_four_mutations.csv.zip") as archive:
        text = archive.read(archive.namelist()[0]).decode()
    rows = [(row["Variants"], float(row["Fitness"])) for row in csv.DictReader(io.StringIO(text))]
    places = {letter: index for index, letter in enumerate(AMINO_ACIDS)}
    scores = np.array([score for _, score in rows])
    return np.array([[places[letter] for letter in word] for word, _ in rows]), scores / scores.max()
