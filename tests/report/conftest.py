"""A small result with everything a report can show, and with names that would run as code if they were not escaped."""

from datetime import datetime, timezone

import numpy as np
import pytest

from braess.problem import Artifact, Constraint, Evaluations, Objective
from braess.space import Binary, Categorical, Integer, Permutation, Real, Space
from braess.study.result import Result
from braess.study.status import Status
from braess.study.store import StudyRecord

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>$\\frac{'


def make_space(label):
    return Space(
        {
            "lanes": Binary(size=3, labels=("1->2", label, "3->4")),
            "buses": Integer(low=0, high=9, size=2),
            "toll": Real(low=0.0, high=2.0),
            "mode": Categorical(options=("slow", "fast")),
            "order": Permutation(size=3),
        }
    )


def make_record(label, **changes):
    parts = {
        "name": f"study {label}",
        "created": datetime(2026, 1, 2, 3, 4, tzinfo=timezone.utc),
        "version": "9.8.7",
        "seed": 41,
        "batch": 10,
        "problem": {"name": "lane-addition", "network": label, "nested": {"share": 0.15}},
        "search": {"method": "genetic", "population": 50},
        "budget": {"evaluations": 6, "seconds": None},
        "study_file": f'name = "{label}"\nseed = 41\n',
        "study_folder": None,
    }
    return StudyRecord(**{**parts, **changes})


@pytest.fixture
def hostile():
    """A name that runs as code, or stops matplotlib, wherever it is not taken as plain text."""
    return HOSTILE


@pytest.fixture
def make_result():
    """Builds a result of six evaluations: three feasible, one infeasible, one failed, one repeated."""

    def make(label="2->3", *, objectives=1, **changes):
        space = make_space(label)
        designs = space.designs(
            {
                "lanes": [[1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1], [0, 0, 0], [0, 1, 0]],
                "buses": [[0, 0], [4, 0], [0, 0], [9, 9], [0, 0], [4, 0]],
                "toll": [0.0, 0.35, 0.0, 2.0, 1.0, 0.35],
                "mode": [0, 1, 0, 0, 1, 1],
                "order": [[0, 1, 2], [2, 0, 1], [0, 1, 2], [0, 1, 2], [0, 1, 2], [2, 0, 1]],
            }
        )
        values = np.array([[900.0, 5], [750.5, 7], [800.0, 3], [700.0, 9], [np.nan, np.nan], [750.5, 7]])[:, :objectives]
        evaluations = Evaluations.of(
            values,
            [[-1.0], [-0.5], [0.0], [2.5], [np.nan], [-0.5]],
            seconds=0.25,
            errors=[None] * 4 + [f"ConvergenceError: stuck at {label}", None],
            exact=[True, True, True, False, True, True],
        )
        named = [Objective("total_travel_time", unit="h"), Objective("construction_cost", unit="M$")]
        parts = {
            "record": make_record(label),
            "status": Status.BUDGET_SPENT,
            "message": "The budget is spent.",
            "space": space,
            "objectives": tuple(named[:objectives]),
            "constraints": (Constraint("over_budget", "M$"),),
            "designs": designs,
            "evaluations": evaluations,
            "elapsed": np.arange(1.0, 7.0),
            "spent": 6.5,
            "artifacts": {"best": Artifact("best.geojson", "test/figure", label.encode())},
        }
        return Result(**{**parts, **changes})

    return make
