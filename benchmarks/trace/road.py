"""Times improvements of a day of traffic: derivatives, partial replays, whole runs, independent parts, no trace."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains import road
from braess.domains.workflow import load
from braess.search.cma_es import CMAES
from braess.trace import Adjoint, ReplayDifference, Run, Structure, Workflow, WorkflowProblem
from results import add_row, kept_rows, key_of

HERE = Path(__file__).resolve()
FILE = HERE.parents[2] / "examples" / "toll_workflow.py"
RESULT = HERE.with_name("road.json")
SEEDS = 10
SECONDS = 15.0  # of processor time that each may take
LITTLE = 1e-4  # of welfare
NAMES = ("method", "seed")


class Counted(road.Assignment):
    """Counts the equilibria solved."""

    solved = 0

    def solve(self, **given: Any) -> Any:
        """Solve, and count."""
        self.solved += 1
        return super().solve(**given)


class WholeRuns(ReplayDifference):
    """The same differences, each from a run of the whole workflow."""

    def repeat(self, run: Run, changes: Mapping[str, Any]) -> Run:
        """Run everything again."""
        return run.workflow.run(run.values | dict(changes))


PROPOSERS: dict[str, Callable[[Workflow], Any]] = {
    "adjoint": lambda workflow: Adjoint(workflow, rule="line-search", step=0.1),
    "replay": lambda workflow: ReplayDifference(workflow, rule="line-search", step=0.1),
    "whole runs": lambda workflow: WholeRuns(workflow, rule="line-search", step=0.1),
    "structure": lambda workflow: Structure(workflow, step=0.1),
}


class Watch:
    """What was reached after how much work."""

    def __init__(self, assignment: Counted) -> None:
        self._assignment, self._began = assignment, time.process_time()
        assignment.solved = 0
        self.steps: list[list[float]] = []

    def facts(self) -> dict[str, Any]:
        """Return how many improvements there were, the last, and those that gained more than a little since the one before."""
        kept: list[list[float]] = []
        for step in self.steps:
            if not kept or step[2] - kept[-1][2] > LITTLE:
                kept.append(step)
        return {"improvements": len(self.steps) - 1, "last": self.steps[-1], "steps": kept}

    @property
    def seconds(self) -> float:
        """Processor time so far."""
        return time.process_time() - self._began

    def look(self, welfare: float) -> None:
        """Keep a welfare if it is the best."""
        if not self.steps or welfare > self.steps[-1][2]:
            self.steps.append([round(self.seconds, 4), self._assignment.solved, welfare])


def traced(workflow: Workflow, proposer: Any, start: Mapping[str, Any], watch: Watch) -> int:
    """Follow a proposer; return the runs."""
    run, runs = workflow.run(start), 1
    while True:
        watch.look(-run.score)
        values = proposer.propose(run).values
        if not values or watch.seconds > SECONDS:
            return runs
        run, runs = workflow.run(run.values | dict(values)), runs + 1


def masked(workflow: Workflow, seed: int, watch: Watch) -> int:
    """Search by values alone; return the runs."""
    problem = WorkflowProblem(workflow)
    running, runs = CMAES().start(problem, np.random.default_rng(seed)), 0
    while watch.seconds <= SECONDS:
        design = running.ask(1)
        found = problem.evaluate(design)
        running.tell(design, found)
        watch.look(float(found.objectives[0, 0]))
        runs += 1
    return runs


def main() -> None:
    workflow = load(FILE)
    module: Any = sys.modules[workflow.function.__module__]
    module.ASSIGNMENT = assignment = Counted(module.NETWORK, module.DEMAND)
    problem = WorkflowProblem(workflow)
    for warm in PROPOSERS.values():  # compile
        warm(workflow).propose(workflow.run())
    done = {key_of(row, NAMES) for row in kept_rows(RESULT)}
    for seed in range(SEEDS):
        start = problem.values(problem.space.sample(1, np.random.default_rng(seed)))
        for method in (*PROPOSERS, "masked"):
            if (method, seed) in done:
                continue
            watch = Watch(assignment)
            if method == "masked":
                runs = masked(workflow, seed, watch)
            else:
                runs = traced(workflow, PROPOSERS[method](workflow), start, watch)
            row = {"method": method, "seed": seed, "runs": runs, "equilibria": assignment.solved, "seconds": watch.seconds}
            add_row(RESULT, {**row, **watch.facts()}, NAMES)
            print(method, seed, runs, assignment.solved, f"{watch.seconds:.2f} s", watch.steps[-1], flush=True)


if __name__ == "__main__":
    main()
