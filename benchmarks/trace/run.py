"""Counts what a trace is worth on random graphs: gradients from it against PyTorch's Adam, and against masked search."""

from __future__ import annotations

import json
import statistics
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.search import find
from braess.space import Real
from braess.trace import Adjoint, Parameter, ReplayDifference, TraceWarning, Workflow, WorkflowProblem, bundle, improve
from results import write_result

GRAPHS, SEEDS, RUNS = 30, 10, 30
LOW, HIGH = -2.0, 2.0
STEP = 0.05  # of Adam, as a share of the range
MOST = 3000  # runs after which a masked search is given up
MASKED = ("cma-es", "differential-evolution", "random")
CLOSE = 1e-6  # what counts as the same value
TRACED = {
    "adjoint": lambda workflow: Adjoint(workflow, step=STEP),
    "replay": lambda workflow: ReplayDifference(workflow, step=STEP),
    "adjoint, line search": lambda workflow: Adjoint(workflow, rule="line-search", step=STEP),
    "replay, line search": lambda workflow: ReplayDifference(workflow, rule="line-search", step=STEP),
}

bounded = bundle(
    lambda x: np.exp(np.tanh(x)), name="bounded", vjp=lambda adjoint, output, x: (adjoint * output * (1.0 - np.tanh(x) ** 2),)
)
OURS = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "bounded": bounded,
    "tanh": np.tanh,
    "square": np.square,
}
THEIRS = {name: getattr(torch, name) for name in OURS if name != "bounded"} | {"bounded": lambda x: torch.exp(torch.tanh(x))}
TWO = ("add", "subtract", "multiply")


class Graph:
    """A random graph of 5 to 12 operators on 1 to 4 parameters; the last operator is the output.

    Each operator takes first what was not used yet, so that little of the graph is beside the output.
    """

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.parameters = int(rng.integers(1, 5))
        self.steps: list[tuple[str, list[int]]] = []
        unused = list(range(self.parameters))
        for step in range(int(rng.integers(5, 13))):
            name = str(rng.choice(list(OURS)))
            first = int(rng.choice(unused)) if unused else int(rng.integers(self.parameters + step))
            sources = [first, int(rng.integers(self.parameters + step))] if name in TWO else [first]
            self.steps.append((name, sources))
            unused = [one for one in [*unused, self.parameters + step] if one not in sources]

    def output(self, values: Any, operators: Any) -> Any:
        """Compute the output with some operators."""
        made = list(values)
        for name, sources in self.steps:
            made.append(operators[name](*(made[source] for source in sources)))
        return made[-1]

    def workflow(self, start: Any) -> Workflow:
        """Return the graph as a workflow that begins with some values."""
        parameters = {f"p{k}": Parameter(float(value), Real(low=LOW, high=HIGH)) for k, value in enumerate(start)}
        return Workflow(lambda **given: self.output(given.values(), OURS), parameters)


def reference(graph: Graph, start: Any) -> list[float]:
    """Return the values that PyTorch's Adam meets, in the unit cube as ours."""
    unit = torch.tensor((np.asarray(start) - LOW) / (HIGH - LOW), requires_grad=True)
    optimiser = torch.optim.Adam([unit], lr=STEP)
    values = []
    for _ in range(RUNS):
        optimiser.zero_grad()
        out = graph.output(list(LOW + (HIGH - LOW) * unit), THEIRS)
        values.append(float(out.detach()))
        if out.requires_grad:
            out.backward()
            optimiser.step()
            with torch.no_grad():
                unit.clamp_(0.0, 1.0)
    return values


def masked(method: str, workflow: Workflow, wanted: list[float], seed: int) -> list[int | None]:
    """Return after how many runs a search that sees values only is as good as each value, ``None`` where it never is."""
    problem = WorkflowProblem(workflow)
    running = find(method)().start(problem, np.random.default_rng(seed))
    values = np.empty(0)
    while len(values) < MOST and not (len(values) and values.min() <= min(wanted) + CLOSE):
        batch = running.ask(min(50, MOST - len(values)))
        found = problem.evaluate(batch)
        running.tell(batch, found)
        values = np.concatenate([values, found.objectives[:, 0]])
    reached = [np.flatnonzero(values <= value + CLOSE) for value in wanted]
    return [int(good[0]) + 1 if good.size else None for good in reached]


def measure(graph_seed: int, seed: int) -> dict[str, Any]:
    """Run everything on one graph from one start."""
    graph = Graph(graph_seed)
    start = np.random.default_rng([graph_seed, seed]).uniform(LOW, HIGH, graph.parameters)
    workflow = graph.workflow(start)
    run = workflow.run()
    facts = {"parameters": graph.parameters, "operators": run.calls, "start": run.score}
    row: dict[str, Any] = {"graph": graph_seed, "seed": seed, **facts, "torch": min(reference(graph, start))}
    for name, made in TRACED.items():
        found = improve(workflow, made(workflow), runs=RUNS)
        scores = [score for _, score in found.ranks]
        best = next(i for i, score in enumerate(scores) if score <= min(scores) + CLOSE)
        row[name] = {"value": min(scores), "calls": found.calls[best], "runs": best + 1}
    for method in MASKED:
        runs = masked(method, workflow, [row[name]["value"] for name in TRACED], seed)
        for name, count in zip(TRACED, runs, strict=True):
            row[name][method] = None if count is None else count * run.calls
    return row


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return medians over all graphs and seeds, and how often masked search needs three times the calls."""
    found: dict[str, Any] = {"start": statistics.median(row["start"] for row in rows)}
    found["torch"] = statistics.median(row["torch"] for row in rows)
    for name in TRACED:
        apart = [row[name]["value"] - row["torch"] for row in rows]
        gained = [row for row in rows if row[name]["runs"] > 1]  # where there was something to gain
        found[name] = {
            "value": statistics.median(row[name]["value"] for row in rows),
            "apart": max(map(abs, apart)),
            "as_good": sum(one <= CLOSE for one in apart),
            "gained": len(gained),
            "masked": {method: ratios(gained, name, method) for method in MASKED},
        }
    return found


def ratios(rows: list[dict[str, Any]], name: str, method: str) -> dict[str, Any]:
    """Say how many times the operator calls a masked search needs; one that never gets there counts with all it made."""
    counts = [(row[name][method] or MOST * row["operators"]) / row[name]["calls"] for row in rows]
    sizes = sorted({row["parameters"] for row in rows})
    return {
        "median": statistics.median(counts),
        "threefold": sum(count >= 3.0 for count in counts),
        "missed": sum(row[name][method] is None for row in rows),
        "by_parameters": {
            str(size): statistics.median(count for count, row in zip(counts, rows, strict=True) if row["parameters"] == size)
            for size in sizes
        },
    }


def main() -> None:
    warnings.simplefilter("ignore", TraceWarning)  # some graphs do not use a parameter
    torch.set_num_threads(1)
    began, rows = time.perf_counter(), []
    for graph in range(GRAPHS):
        rows += [measure(graph, seed) for seed in range(SEEDS)]
        print(graph, json.dumps(rows[-1]), flush=True)
    found = summary(rows)
    apart, known = found["adjoint"], found["adjoint, line search"]["masked"]["cma-es"]
    text = (
        f"{GRAPHS} random graphs, {SEEDS} starts, {RUNS} runs: PyTorch's Adam to {apart['apart']:.0e}; without the trace "
        f"CMA-ES needs {known['median']:.1f} times the operator calls (median) for what a line search reaches"
    )
    settings = {
        "graphs": GRAPHS,
        "seeds": SEEDS,
        "runs": RUNS,
        "step": STEP,
        "most": MOST,
        "seconds": time.perf_counter() - began,
    }
    write_result(__file__, {"methods": {"traced": text}, **settings, "summary": found, "rows": rows})


if __name__ == "__main__":
    main()
