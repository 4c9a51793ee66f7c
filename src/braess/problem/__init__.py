"""What is asked (`Problem`, with objectives and constraints), what comes back (`Evaluations`), what more a problem can do."""

from braess.problem.capabilities import (
    Answers,
    Artifact,
    Bound,
    Bounded,
    Columns,
    Differentiable,
    DifferentiableConstraints,
    Graph,
    GraphView,
    Illustrated,
    Incremental,
    Increments,
    Relaxable,
    Repairable,
    Sampleable,
    Traced,
    WarmStart,
    capability,
)
from braess.problem.evaluations import Evaluations
from braess.problem.problem import Constraint, Objective, Problem, evaluate_each
from braess.problem.wrappers import Cached, Parallel, Wrapper

__all__ = [
    "Answers",
    "Artifact",
    "Bound",
    "Bounded",
    "Cached",
    "Columns",
    "Constraint",
    "Differentiable",
    "DifferentiableConstraints",
    "Evaluations",
    "Graph",
    "GraphView",
    "Illustrated",
    "Incremental",
    "Increments",
    "Objective",
    "Parallel",
    "Problem",
    "Relaxable",
    "Repairable",
    "Sampleable",
    "Traced",
    "WarmStart",
    "Wrapper",
    "capability",
    "evaluate_each",
]
