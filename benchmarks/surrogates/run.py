"""Fits every model to the same examples of Sioux Falls for the same time, and measures what each predicts."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.road import LaneAddition, load
from braess.domains.road.formats import as_published_madadi2023
from braess.learn import Epoch, Examples, Limits, Model, find_model, models, read_samples, sample
from braess.learn.calibration import Conformal, accuracy, ranking
from braess.learn.surrogate import Surrogate
from braess.search import find
from braess.space import Designs
from braess.study import Budget, Study
from results import stamp, whole

EXAMPLES, SHARES = 20_000, (0.9, 0.05, 0.05)  # as published: 18,000 to learn from, 1,000 each to validate and to test
SEED, THREADS = 0, 2
DESIGNS, NEIGHBOURS, FLIPS = 500, 500, 3
SPEED = 1_000  # designs predicted and solved in a row
_HERE = Path(__file__).resolve().parent
_RESULT = _HERE / "result.json"


def measure(name: str, problem: LaneAddition, examples: Examples, times: np.ndarray, seconds: float) -> dict[str, Any]:
    """Fit one model, and compare its predictions with equilibria that it has not seen."""
    training, validation, test = examples.split(*SHARES)
    model = find_model(name)()
    fit = model.fit(training, validation, seed=SEED, limits=Limits(epochs=100_000, seconds=seconds), progress=_say(name))
    held, exact = times[-len(test) - len(validation) : -len(test)], times[-len(test) :]
    flow = model.predict(test.graph)
    predicted = _travel_time(problem, flow, test)
    intervals = Conformal.of(_travel_time(problem, model.predict(validation.graph), validation), held)
    low, high = intervals.interval(predicted)
    rows = {
        "model": name,
        "fit": dataclasses.asdict(fit),
        "flow": dataclasses.asdict(accuracy(flow, test.target)),
        "test": dataclasses.asdict(ranking(predicted, exact)),
        "conformal": {"radius": intervals.radius, "covered": float(((low <= exact) & (exact <= high)).mean())},
    }
    for where, designs in (("designs", _anywhere(problem)), ("neighbourhood", _near_the_best(problem))):
        predicted = Surrogate(problem, model).evaluate(designs).objectives[:, 0]
        rows[where] = dataclasses.asdict(ranking(predicted, problem.evaluate(designs).objectives[:, 0]))
    return rows | _speed(problem, model)


def _travel_time(problem: LaneAddition, flow: np.ndarray, examples: Examples) -> np.ndarray:
    capacity = examples.graph.edge_features[:, :, 0].astype(np.float64)
    return (flow * problem.network.travel_time(flow, capacity)).sum(axis=1)


def _anywhere(problem: LaneAddition) -> Designs:
    rng = np.random.default_rng(1)
    return problem.repair(problem.space.sample(DESIGNS, rng), rng)


def _near_the_best(problem: LaneAddition) -> Designs:
    """Change up to so many lanes of the best design that a search finds in ten seconds."""
    study = Study(problem, find("local")(), budget=Budget(seconds=10), seed=0, workers=THREADS, progress="off")
    found = whole(study.run())
    rng = np.random.default_rng(2)
    lanes = np.repeat(found.best_design["lanes"], NEIGHBOURS, axis=0)
    for row in lanes:
        row[rng.choice(lanes.shape[1], rng.integers(1, FLIPS, endpoint=True), replace=False)] ^= 1
    return problem.space.designs({"lanes": lanes})


def _speed(problem: LaneAddition, model: Model) -> dict[str, float]:
    """Measure how long a design takes to predict, in a batch, and to solve, on one thread."""
    rng = np.random.default_rng(3)
    designs = problem.space.sample(SPEED, rng)
    surrogate, taken = Surrogate(problem, model), {"predict_seconds": list[float](), "solve_seconds": list[float]()}
    for _ in range(3):
        for which, asked in (("predict_seconds", surrogate), ("solve_seconds", problem)):
            began = time.perf_counter()
            asked.evaluate(designs)
            taken[which].append((time.perf_counter() - began) / SPEED)
    return {which: float(np.median(values)) for which, values in taken.items()}


def _say(name: str) -> Any:
    def say(epoch: Epoch) -> None:
        print(f"{name}: epoch {epoch.number}, validation {epoch.validation:.6g}, {epoch.left:.0f} s left", flush=True)

    return say


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=list(models()), help="left out: all")
    parser.add_argument("--seconds", type=float, default=1800.0, help="that each model may learn")
    parser.add_argument("--samples", type=Path, default=_HERE / "samples.parquet", help="file that keeps the examples")
    arguments = parser.parse_args()
    network, demand = load("sioux-falls")
    problem = LaneAddition(as_published_madadi2023(network), demand, budget_share=0.5, relative_gap=1e-6)
    began = time.perf_counter()
    drawn = sample(problem, EXAMPLES, arguments.samples, seed=SEED, threads=THREADS)
    drawing = time.perf_counter() - began
    found = read_samples(arguments.samples)
    examples = Examples(problem.graph_of(found.columns), found.columns[problem.response])
    old = json.loads(_RESULT.read_text(encoding="utf-8")) if _RESULT.exists() else {"rows": [], "sampling": {}}
    rows = {row["model"]: row for row in old["rows"]}
    sampling = {"examples": drawn.n, "seconds": drawing} | stamp() if drawn.solved == EXAMPLES else old["sampling"]
    for name in arguments.models:
        rows[name] = measure(name, problem, examples, found.columns["total_travel_time"], arguments.seconds) | stamp()
        print(rows[name], flush=True)
        _write([rows[key] for key in sorted(rows)], sampling)


def _write(rows: list[dict[str, Any]], sampling: dict[str, Any]) -> None:
    _RESULT.write_text(json.dumps({"sampling": sampling, "rows": rows}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
