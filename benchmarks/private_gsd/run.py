"""Fits synthetic tables to noisy answers about Adult by several methods, and keeps errors and seconds of each run."""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from peers import GraphicalModel, independent, relaxed

from braess.domains.tabular import (
    Adaptive,
    Budget,
    HalfSpaces,
    Marginals,
    PrivateTable,
    Table,
    TableDomain,
    fit,
    private_problem,
    read_domain,
    read_table,
    workloads_of,
)
from braess.domains.tabular.problem import cells_of
from braess.search.genetic import Genetic
from braess.search.private_gsd import PrivateGSD
from results import add_row, kept_rows, key_of

FOLDER = Path(os.environ["BRAESS_DATA"]) / "tabular"
CATEGORIES = (
    "workclass",
    "education-num",
    "marital-status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "income>50K",
)
NUMBERS = ("age", "fnlwgt", "education-num", "capital-gain", "capital-loss", "hours-per-week")
LABEL = CATEGORIES.index("income>50K")
_MODELS = {"mbi": 1000, "mbi, 300 steps": 300}  # of mirror descent: the default, and fewer, which fit less noise
TASKS: dict[str, tuple[tuple[str, ...], Any]] = {
    "marginals": (CATEGORIES, Marginals(way=2)),
    "half-spaces": (NUMBERS, HalfSpaces(number=1000, seed=0)),
    "three-way": (CATEGORIES, Marginals(way=3)),
    "held out": (CATEGORIES, Marginals(way=2)),
}
METHODS = {
    "marginals": ("noisy answers", "independent", "private-gsd", "stopped at noise", "blind", *_MODELS),
    "half-spaces": ("noisy answers", "independent", "private-gsd", "stopped at noise", "blind", "relaxed"),
    "three-way": ("noisy answers", "independent", "private-gsd", "adaptive"),
    "held out": ("secret", "independent", "private-gsd", *_MODELS),
}
EPSILONS = ("0.23", "1", "inf")
SEEDS = 10
NAMES = ("task", "epsilon", "method", "seed")  # of what tells one run from others
_BLIND_SECONDS = 10.0
_ONLY = {"stopped at noise": ("0.23", "1"), "blind": ("1",)}  # what is not run at every epsilon
_ROUNDS = 14  # a quarter of the 56 workloads
_DRAWN = 40_000  # rows drawn from a graphical model
_TEST = 5  # one row in so many is held out
_RESULT = Path(__file__).resolve().parent / "result.json"


@dataclass
class Task:
    """One task of the benchmark: a secret table, what is asked of it, and rows that were never in it."""

    name: str
    secret: Table
    queries: Any
    test: Table | None

    @classmethod
    def load(cls, name: str) -> Task:
        """Read the secret table of a task, and what is held out of it."""
        columns, queries = TASKS[name]
        public = read_domain(FOLDER / "adult-domain.json")
        domain = TableDomain(tuple(public.columns[at] for at in public.positions(columns)))
        whole = read_table(FOLDER / "adult.csv.gz", domain)
        if name != "held out":
            return cls(name, whole, queries, None)
        chosen = np.random.default_rng(0).permutation(len(whole)) % _TEST == 0
        return cls(name, Table(domain, whole.cells[~chosen]), queries, Table(domain, whole.cells[chosen]))

    def problem(self, epsilon: float, seed: int, adaptive: Adaptive | None = None) -> PrivateTable:
        """Measure the secret: the same noise for every method with this seed."""
        noise, rows = np.random.default_rng([seed, 1]), 1000 if math.isfinite(epsilon) else 2000
        return private_problem(self.secret, [self.queries], Budget(epsilon), rows=rows, noise=noise, adaptive=adaptive)


def blind(problem: PrivateTable, rng: np.random.Generator) -> tuple[Table, int]:
    """Let a genetic algorithm that sees values only search for so many seconds; return its best table and the evaluations."""
    running, began = Genetic().start(problem, rng), time.perf_counter()
    best, least, evaluations = None, math.inf, 0
    while time.perf_counter() - began < _BLIND_SECONDS:
        batch = running.ask(100)
        found = problem.evaluate(batch)
        running.tell(batch, found)
        evaluations += len(batch)
        at = int(found.objectives[:, 0].argmin())
        if found.objectives[at, 0] < least:
            best, least = Table(problem.domain, cells_of(batch, at)), float(found.objectives[at, 0])
    assert best is not None
    return best, evaluations


def measure(task: Task, epsilon: float, method: str, seed: int) -> dict[str, Any]:
    """Run one method once."""
    adaptive = Adaptive(_ROUNDS) if method == "adaptive" else None
    rng = np.random.default_rng([seed, 2])
    began = time.perf_counter()
    problem = task.problem(epsilon, seed, adaptive)
    workloads = workloads_of([task.queries], task.secret.domain)
    exact = [workload.answers(task.secret.cells) for workload in workloads]
    facts: dict[str, Any] = {"scale": problem.measurements[0].scale}
    if method == "adaptive":
        found = fit(problem, PrivateGSD(), rng)
        seconds = time.perf_counter() - began  # fits between rounds included
    elif method == "noisy answers":
        return facts | _errors([np.clip(one.answers, 0.0, 1.0) for one in problem.measurements], exact)
    elif method in _MODELS:
        model = GraphicalModel(problem, _MODELS[method])
        facts |= _errors(model.answers(workloads), exact)
        triples = _triples(task)
        found = model.table(problem, _DRAWN)
        facts["three_way"] = _variation(model.answers(triples), task, triples)
        return facts | _classified(found, task) | {"seconds": model.seconds}
    else:
        began = time.perf_counter()
        found, more = _table(task, problem, method, seed, rng)
        facts |= more
        seconds = time.perf_counter() - began
    facts |= (
        {"seconds": seconds, "fitted": float(problem.evaluate(_designs(problem, found)).objectives[0, 0])}
        if _searched(method)
        else {"seconds": seconds}
    )
    facts |= _errors([workload.answers(found.cells) for workload in workloads], exact)
    if task.name != "half-spaces":
        triples = _triples(task)
        facts["three_way"] = _variation([one.answers(found.cells) for one in triples], task, triples)
    return facts | _classified(found, task)


def _searched(method: str) -> bool:
    return method in ("private-gsd", "stopped at noise", "blind", "relaxed")


def _designs(problem: PrivateTable, table: Table) -> Any:
    return problem.space.unflatten(table.cells.T.reshape(1, -1))


def _table(task: Task, problem: PrivateTable, method: str, seed: int, rng: np.random.Generator) -> tuple[Table, dict[str, Any]]:
    if method == "secret":
        return task.secret, {}
    if method == "independent":
        return independent(task.secret, problem.budget["rho"], np.random.default_rng([seed, 3]), rng), {}
    if method == "relaxed":
        return relaxed(problem, seed), {}
    if method == "blind":
        found, evaluations = blind(problem, rng)
        return found, {"evaluations": evaluations}
    return fit(problem, PrivateGSD(noise=1.0 if method == "stopped at noise" else 0.0), rng), {}


def _errors(answers: list[np.ndarray], exact: list[np.ndarray]) -> dict[str, float]:
    """Return mean and largest absolute error over all queries."""
    off = np.abs(np.concatenate(answers) - np.concatenate(exact))
    return {"mean_error": float(off.mean()), "largest_error": float(off.max())}


def _triples(task: Task) -> Any:
    return workloads_of([Marginals(way=3)], task.secret.domain)


def _variation(answers: list[np.ndarray], task: Task, workloads: Any) -> float:
    """Return the mean total variation distance of marginals."""
    pairs = zip(answers, workloads, strict=True)
    return float(np.mean([0.5 * np.abs(found - one.answers(task.secret.cells)).sum() for found, one in pairs]))


def _classified(table: Table, task: Task) -> dict[str, float]:
    """Return the area under the curve of a logistic regression that learns from a table, on rows that were held out."""
    if task.test is None:
        return {}
    features = np.arange(len(CATEGORIES)) != LABEL
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression(max_iter=1000))
    model.fit(table.cells[:, features], table.cells[:, LABEL])
    scores = model.predict_proba(task.test.cells[:, features])[:, 1]
    return {"auc": float(roc_auc_score(task.test.cells[:, LABEL], scores))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", nargs="*", default=list(TASKS), help="left out: all")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--methods", nargs="*", help="left out: all")
    options = parser.parse_args()
    for seed in range(options.seeds):
        for name in options.tasks:
            task = Task.load(name)
            for epsilon in EPSILONS:
                for method in METHODS[name]:
                    if epsilon not in _ONLY.get(method, EPSILONS):
                        continue
                    key = (name, epsilon, method, seed)
                    wanted = options.methods is None or method in options.methods
                    if not wanted or key in {key_of(row, NAMES) for row in kept_rows(_RESULT)}:
                        continue
                    row = dict(zip(NAMES, key, strict=True)) | measure(task, float(epsilon), method, seed)
                    add_row(_RESULT, row, NAMES)
                    print(*key, {name: f"{value:.5g}" for name, value in row.items() if name not in NAMES}, flush=True)


if __name__ == "__main__":
    main()
