"""Best validation error against epochs trained: networks that grow from trained ones, and networks trained from nothing."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.architecture.growing.problem import GrowingNetwork, Trained
from braess.domains.architecture.growing.settings import GrowingNetworkSettings
from braess.domains.architecture.training.fit import error_of
from braess.domains.architecture.training.recipe import Training
from braess.problem.evaluations import Evaluations
from braess.search import Search
from braess.search.capabilities import Inheriting
from braess.search.eas import EAS
from braess.search.random import Random
from braess.space import Designs
from results import go_through

SEEDS = range(1, 6)
EPOCHS = 80  # of each run
LAST = 16  # for which the chosen network is trained anew
IMAGES = {"training_images": 3_000, "validation_images": 2_000}
_LITTLE = (0.01, 0.001)  # noise of copies and of inserted layers, which nearly keeps what a network computes
_EVOLUTION = EAS(controller="evolution", nets=5, changes=3)
_RANDOM = EAS(controller="random", nets=5, widenings=1, deepenings=1, stage=2)
METHODS: dict[str, tuple[Search, int]] = {  # search, and epochs for which each network is trained
    "reinforce": (EAS(controller="reinforce", nets=5, widenings=1, deepenings=1, stage=2, reward="tan"), 2),
    "evolution": (_EVOLUTION, 2),
    "evolution, little noise": (_EVOLUTION, 2),
    "evolution, weights anew": (_EVOLUTION, 2),
    "random growth": (_RANDOM, 2),
    "random growth, little noise": (_RANDOM, 2),
    "random growth, weights anew": (_RANDOM, 2),
    "from nothing, 2 epochs": (Random(), 2),
    "from nothing, 8 epochs": (Random(), 8),
}
OUT = Path(__file__).with_name("result.json")


class Runner:
    """Evaluates what a search asks for, each network from the weights of its parent or, with ``anew``, from nothing."""

    def __init__(self, problem: GrowingNetwork, anew: bool) -> None:
        self.problem, self.anew = problem, anew
        self.states: dict[bytes, Trained] = {}

    def evaluate(self, designs: Designs, running: object) -> Evaluations:
        """Train the networks of a batch."""
        inherits = isinstance(running, Inheriting) and not self.anew
        parents = running.parents(designs) if inherits else [None] * len(designs)
        starts = [None if parent is None else self.states[parent] for parent in parents]
        found = self.problem.evaluate_from(designs, starts)
        if found.failed.any():
            raise RuntimeError(found.errors)
        self.states |= dict(zip(designs.hashes(), found.states or (), strict=True))
        return found


def measure(seed: int, method: str) -> dict[str, Any]:
    """Search until the epochs are spent; judge what is found by the test images, as it is and trained anew."""
    search, epochs = METHODS[method]
    noise = {"noise": _LITTLE} if method.endswith("little noise") else {}
    networks = GrowingNetwork(GrowingNetworkSettings(**IMAGES, training=_training(epochs), seed=seed, **noise))
    runner = Runner(networks, anew=method.endswith("weights anew"))
    problem = runner.problem
    running = search.start(problem, np.random.default_rng(seed))
    began, best, chosen, curve = time.process_time(), np.inf, problem.smallest(), []
    for spent in range(epochs, EPOCHS + 1, epochs):
        design = running.ask(1)
        found = runner.evaluate(design, running)
        running.tell(design, found)
        error = float(found.objectives[0, 0]) / 100.0
        if error < best:
            best, chosen = error, design
            curve.append([spent, round(time.process_time() - began, 1), error])
    seconds = time.process_time() - began
    state = runner.states[chosen.hashes()[0]]
    network = problem.network(state)
    anew = GrowingNetwork(GrowingNetworkSettings(**IMAGES, training=_training(LAST), seed=100 + seed))
    return {
        "epochs": EPOCHS,
        "networks": EPOCHS // epochs,
        "validation_error": best,
        "test_error": error_of(network, problem.images.test),
        "anew_test_error": error_of(anew.train(chosen), problem.images.test),
        "parameters": sum(values.numel() for values in network.parameters()),
        "layers": len(problem.plain.layers_of(chosen)),
        "seconds": round(seconds, 1),
        "curve": curve,
    }


def _training(epochs: int) -> Training:
    return Training(epochs=epochs, rate=0.05, decay=1e-4)


def main() -> None:
    go_through(OUT, ("seed", "method"), [(seed, method) for seed in SEEDS for method in METHODS], measure)


if __name__ == "__main__":
    main()
