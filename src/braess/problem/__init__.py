"""What is asked (`Problem`, with objectives and constraints), what comes back (`Evaluations`), what more a problem can do."""

from braess.problem.cached import Cached, identities
from braess.problem.capabilities import (
    Answers,
    Artifact,
    Bound,
    Bounded,
    Canonical,
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
from braess.problem.wrappers import Parallel, Wrapper

__all__ = [
    "Answers",
    "Artifact",
    "Bound",
    "Bounded",
    "Cached",
    "Canonical",
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
    "identities",
]
