"""A small result with everything a report can show, and with names that would run as code if they were not escaped."""

from datetime import datetime, timezone
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure

from braess.problem import Artifact, Constraint, Evaluations, Objective
from braess.space import Binary, Categorical, Integer, Permutation, Real, Space

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


def make_figure(text):
    figure = Figure()
    axes = figure.add_subplot(title=text, xlabel=text)
    axes.plot([1.0, 10.0, 1000.0], [3.0, 2.0, 1.0], label=text)
    axes.set_xscale("log")
    axes.legend()
    return figure


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
        result = SimpleNamespace(
            record=SimpleNamespace(
                name=f"study {label}",
                created=datetime(2026, 1, 2, 3, 4, tzinfo=timezone.utc),
                version="9.8.7",
                seed=41,
                problem={"name": "lane-addition", "network": label, "nested": {"share": 0.15}},
                search={"method": "genetic", "population": 50},
                budget={"evaluations": 6, "seconds": None},
                study_file=f'name = "{label}"\nseed = 41\n',
            ),
            status=SimpleNamespace(name="BUDGET", message="The budget of 6 evaluations is spent."),
            space=space,
            objectives=tuple(named[:objectives]),
            constraints=(Constraint("over_budget", "M$"),),
            designs=designs,
            evaluations=evaluations,
            elapsed=np.arange(1.0, 7.0),
            best=1 if objectives == 1 else None,
            front=np.array([1]) if objectives == 1 else np.array([2, 1, 0]),
            gap=None,
            exact_share=5 / 6,
            artifacts={"best": Artifact("best.geojson", "test/figure", label.encode())},
            figures=lambda: {f"Convergence {label}": make_figure(label)},
        )
        for name, value in changes.items():
            setattr(result, name, value)
        return result

    return make
