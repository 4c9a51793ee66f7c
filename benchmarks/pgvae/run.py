"""Runs `pgvae` and models that weigh designs on landscapes whose good designs are rare and far, and keeps each run."""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from landscapes import GB1, PREFIX, Mixture
from mutation import MutationOnly

from braess.problem import Problem
from braess.search import find
from braess.search._vae_run import VAERun, learn_together
from braess.space import Designs
from results import add_row, kept_rows, key_of

SEEDS, ROUNDS, SIZE = 10, 10, 100
EPOCHS = 1000  # of each round
WEIGHTS = ("cbas", "dbas", "rwr", "cem-pi")
METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "pgvae": ("pgvae", {}),
    **{name: ("weighted-vae", {"weights": name}) for name in (*WEIGHTS, "none")},
    "rwr, alpha 1": ("weighted-vae", {"weights": "rwr", "alpha": 1.0}),
    **{f"{name}, weighed first": ("weighted-vae", {"weights": name, "first": "weighed"}) for name in WEIGHTS},
}
PEER = "mutation only"  # on sequences
CENTRES, MIXED = (4, 6, 8, 10, 12), (0.05, 0.1, 0.2, 0.4, 0.8, 1.0)
RARE = (0.0125, 0.05, 0.2)
SETTINGS: dict[str, dict[str, Any]] = {
    "mixture": {"latent": 2, "hidden": (64, 64), "minibatch": 128},
    "gb1": {"latent": 20, "hidden": (64,), "minibatch": 256},
}
NAMES = ("landscape", "case", "ratio", "method", "seed")  # of what tells one run from others
_FOLDER = Path(__file__).resolve().parent


def problem_of(landscape: str, case: int, seed: int) -> Mixture | GB1:
    """Return a landscape; the case is where the high peak of the mixture is, or the residues before those of GB1."""
    return Mixture(float(case)) if landscape == "mixture" else GB1(seed)


def write_examples(path: Path, problem: Problem, designs: Designs) -> None:
    """Write designs as `braess export` does."""
    rows = np.array([np.ravel(list(row.values())) for row in designs.rows()])
    values = problem.evaluate(designs).objectives[:, 0]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*problem.space.column_labels(), problem.objectives[0].name])
        writer.writerows([*row, repr(float(value))] for row, value in zip(rows.tolist(), values, strict=True))


def started(method: str, landscape: str, problem: Problem, training: Designs, seed: int, epochs: int) -> Any:
    """Start a method from labelled designs."""
    rng = np.random.default_rng([seed, 2])
    if method == PEER:
        return MutationOnly(problem, training, problem.evaluate(training), rng)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.csv"
        write_examples(path, problem, training)
        kind, own = METHODS[method]
        search: Any = find(kind)
        return search(examples=str(path), size=SIZE, epochs=epochs, **own, **SETTINGS[landscape]).start(problem, rng)


def measure(landscape: str, ratio: float, method: str, runs: list[tuple[int, int]], epochs: int) -> Iterator[dict[str, Any]]:
    """Run a method on some pairs of case and seed, all models as one stack."""
    problems = [problem_of(landscape, case, seed) for case, seed in runs]
    trained = [one.training(ratio, np.random.default_rng([seed, 0])) for one, (_, seed) in zip(problems, runs, strict=True)]
    running = [
        started(method, landscape, *both, seed, epochs) for *both, (_, seed) in zip(problems, trained, runs, strict=True)
    ]
    asked: list[list[Designs]] = [[] for _ in runs]
    began = time.process_time()
    for _ in range(ROUNDS):
        if isinstance(running[0], VAERun):
            learn_together(running)
        for problem, search, batches in zip(problems, running, asked, strict=True):
            batches.append(search.ask(SIZE))
            search.tell(batches[-1], problem.evaluate(batches[-1]))
    seconds = (time.process_time() - began) / len(runs)
    for (case, seed), problem, known, batches in zip(runs, problems, trained, asked, strict=True):
        names = dict(zip(NAMES, (landscape, case, ratio, method, seed), strict=True))
        yield names | found(problem, known, batches) | {"seconds": seconds}


def found(problem: Problem, known: Designs, batches: list[Designs]) -> dict[str, Any]:
    """Say how good the designs of each round were, how many are as good as any known, and how far the best is from those."""
    values = [problem.evaluate(batch).objectives[:, 0] for batch in batches]
    before, rows = problem.evaluate(known).objectives[:, 0].max(), np.concatenate(values)
    best = problem.space.concatenate(batches).take([int(rows.argmax())])
    apart = np.abs(problem.space.flatten(best)[0] - problem.space.flatten(known)[0])
    sequence = problem.space.kinds == {"categorical"}
    return {
        "training": float(before),
        "best_after": np.maximum.accumulate([round(float(one.max()), 6) for one in values]).tolist(),
        "hits": int((rows >= before).sum()),
        "distance": float(((apart > 0) if sequence else apart).sum(axis=1).min()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("landscapes", nargs="*", default=["gb1", "mixture"], help="gb1, mixture; left out: both")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--ratios", type=float, nargs="*", help="left out: all")
    parser.add_argument("--methods", nargs="*", default=[*METHODS, PEER], help="left out: all")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="of each round")
    options = parser.parse_args()
    path = _FOLDER / ("result.json" if options.epochs == EPOCHS else f"epochs_{options.epochs}.json")
    torch.set_num_threads(1)
    for landscape in options.landscapes:
        gb1 = landscape == "gb1"
        for ratio in options.ratios or (RARE if gb1 else MIXED):
            for method in options.methods:
                if method == PEER and not gb1:
                    continue
                done = {key_of(row, NAMES) for row in kept_rows(path)}
                runs = [(case, seed) for case in ((PREFIX,) if gb1 else CENTRES) for seed in range(options.seeds)]
                missing = [run for run in runs if (landscape, run[0], ratio, method, run[1]) not in done]
                rows = list(measure(landscape, ratio, method, missing, options.epochs)) if missing else []
                for row in rows:
                    add_row(path, row, NAMES)
                if rows:
                    best = np.median([row["best_after"][-1] for row in rows])
                    print(landscape, ratio, method, f"{best:.3f}", f"{rows[0]['seconds']:.1f} s", flush=True)


if __name__ == "__main__":
    main()
