"""The best design, the front and the figures of a result are those that arithmetic by hand gives."""

from __future__ import annotations

import io
import json
import time
from datetime import datetime, timezone
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from braess.errors import InputError
from braess.problem import Constraint, Evaluations, Objective
from braess.space import Choice, Integer, Real, Space
from braess.study import Result, Status
from braess.study.store import StudyRecord

Sense = Literal["min", "max"]
RECORD = StudyRecord("s", datetime(2026, 1, 1, tzinfo=timezone.utc), "0", 0, 8, {}, {}, {}, None, None)


def make(table: Any, constraints: Any = None, senses: tuple[Sense, ...] = ("min",), **changes: Any) -> Result:
    """Make a result of designs 0, 1, 2 … with a table of objectives ``[n, m]`` and constraints ``[n]``."""
    values = np.asarray(table, dtype=np.float64).reshape(-1, len(senses))
    n = len(values)
    space = Space({"x": Integer(low=0, high=max(n, 1))})
    limits = np.zeros((n, 1)) if constraints is None else np.asarray(constraints, dtype=np.float64).reshape(n, 1)
    parts: dict[str, Any] = {
        "record": RECORD,
        "status": Status.BUDGET_SPENT,
        "message": "",
        "space": space,
        "objectives": tuple(Objective(f"f{i}", sense) for i, sense in enumerate(senses)),
        "constraints": (Constraint("c"),),
        "designs": space.designs({"x": np.arange(n)}),
        "evaluations": Evaluations.of(values, limits),
        "elapsed": np.arange(float(n)),
        "spent": float(n),
        "artifacts": {},
    }
    return Result(**parts | changes)


def test_best_is_feasible_and_first() -> None:
    """Infeasible and failed designs are never the best, and of equals the first is."""
    result = make([5, 1, np.nan, 3, 3, -np.inf], [0, 0.1, 0, 0, 0, 0])
    assert result.best == 3
    assert result.best_design["x"].tolist() == [3]
    assert make([5, 1, 9, 9], [0, 0, 0, 1], senses=("max",)).best == 2


def test_no_feasible_design() -> None:
    """Nothing feasible is `None` and empty, not an infeasible design passed off as a result."""
    for senses in (("min",), ("min", "max")):
        result = make(np.ones((3, len(senses))), [1, 2, 3], senses=senses)
        assert result.best is None
        assert len(result.best_design) == len(result.front) == 0
        assert np.isnan(result.history()).all()
        assert result.hypervolume_trace().hypervolume.size == 0
        assert result.figures() == {}
        assert json.dumps(result.summary())


def test_nothing_evaluated() -> None:
    """A study interrupted before its first evaluation still has a result."""
    result = make([])
    assert (result.best, result.front.tolist(), result.history().shape, len(result.to_frame())) == (None, [], (0, 1), 0)
    assert result.figures() == {}
    assert result.summary()["evaluations"] == 0


@settings(max_examples=80, deadline=None)
@given(data=st.data(), senses=st.lists(st.sampled_from(["min", "max"]), min_size=1, max_size=4), n=st.integers(1, 14))
def test_front_and_history_by_brute_force(data: Any, senses: list[Sense], n: int) -> None:
    """Against the definitions, in plain loops, with many ties: no design on the front is dominated, none is missing."""
    values = data.draw(hnp.arrays(np.float64, (n, len(senses)), elements=st.integers(0, 3).map(float)))
    limits = data.draw(hnp.arrays(np.float64, n, elements=st.sampled_from([-1.0, 0.0, 1.0])))
    result = make(values, limits, senses=tuple(senses))
    signed = values * np.array([1 if sense == "min" else -1 for sense in senses])
    feasible = [i for i in range(n) if limits[i] <= 0]
    dominated = {i for i in feasible for j in feasible if (signed[j] <= signed[i]).all() and (signed[j] < signed[i]).any()}
    assert result.front.tolist() == [i for i in feasible if i not in dominated]
    history = result.history()
    for i in range(n):
        seen = [j for j in feasible if j <= i]
        for k, sense in enumerate(senses):
            best = (min if sense == "min" else max)((values[j, k] for j in seen), default=np.nan)
            assert history[i, k] == best or (np.isnan(best) and np.isnan(history[i, k]))


def test_front_names_a_design_once() -> None:
    """A design asked for twice is one design; two designs of equal worth are two."""
    space = Space({"x": Integer(low=0, high=9)})
    result = make(
        [[1, 2], [1, 2], [2, 1], [1, 2]], senses=("min", "min"), space=space, designs=space.designs({"x": [4, 4, 5, 6]})
    )
    assert result.front.tolist() == [0, 2, 3]


def test_hypervolume_by_hand() -> None:
    """Two boxes up to (4, 4): 3 × 1 first, and 2 × 3 less what both cover afterwards."""
    result = make([[1, 3], [9, 9], [2, 1], [3, 3]], senses=("min", "min"))
    trace = result.hypervolume_trace([4, 4])
    assert trace.evaluations.tolist() == [1, 2, 3, 4]
    assert trace.hypervolume.tolist() == [3, 3, 7, 7]
    flipped = make([[-1, 3], [-9, 9], [-2, 1], [-3, 3]], senses=("max", "min"))
    assert flipped.hypervolume_trace([-4, 4]).hypervolume.tolist() == [3, 3, 7, 7]


def test_hypervolume_of_a_long_study() -> None:
    """At most 200 points, the last of them at the end, never falling, and quick for 100,000 evaluations."""
    rng = np.random.default_rng(0)
    result = make(rng.random((100_000, 2)), senses=("min", "max"))
    began = time.perf_counter()
    trace = result.hypervolume_trace()
    assert time.perf_counter() - began < 10
    assert len(trace.evaluations) <= 200
    assert trace.evaluations[-1] == 100_000
    assert (np.diff(trace.hypervolume) >= 0).all()
    assert np.isfinite(trace.reference).all()


def test_hypervolume_of_one_objective_and_wrong_references() -> None:
    """With one objective it is the distance to the reference; a reference of another size is refused."""
    assert make([3, 1, 2]).hypervolume_trace([5]).hypervolume.tolist() == [2, 4, 4]
    for wrong in ([1], [1, 2, 3], [np.nan, 1]):
        with pytest.raises(InputError, match="reference"):
            make([[1, 2]], senses=("min", "min")).hypervolume_trace(wrong)


def test_frame_holds_every_column() -> None:
    """Names that decisions, objectives and facts share must not overwrite each other; what is not decided is NaN."""
    space = Space({"f0": Choice({"a": None, "b": Space({"y": Real(low=0.0, high=1.0)})}), "seconds": Integer(low=0, high=5)})
    designs = space.designs({"f0": [0, 1], "f0.b.y": [0.0, 0.5], "seconds": [3, 4]})
    named = (Objective("f0"), Objective("f0"))
    frame = make([[7, 1], [8, 2]], [-1, 1], ("min", "min"), space=space, designs=designs, objectives=named).to_frame()
    decisions = ["f0 (decision)", "f0.b.y", "seconds (decision)"]
    facts = ["feasible", "exact", "seconds", "elapsed", "error"]
    assert list(frame.columns) == ["position", *decisions, "f0", "f0 (objective)", "c", *facts]
    assert frame["f0 (objective)"].tolist() == [1, 2]
    assert frame["seconds (decision)"].tolist() == [3, 4]
    assert frame["feasible"].tolist() == [True, False]
    assert np.isnan(frame["f0.b.y"][0])


def test_summary_is_plain_data() -> None:
    """Programs read it as JSON."""
    single = json.loads(json.dumps(make([3, 1, 2]).summary()))
    assert (single["best"], single["best_position"], single["best_design"]) == (1, 1, {"x": 1})
    several = json.loads(json.dumps(make([[1, 2], [2, 1], [3, 3]], senses=("min", "min")).summary()))
    assert several["front"] == [{"f0": 1, "f1": 2}, {"f0": 2, "f1": 1}]


@pytest.mark.parametrize("senses", [("min",), ("max",), ("min", "max"), ("min", "min", "max"), ("min",) * 4])
@pytest.mark.parametrize("n", [1, 2, 300])
def test_figures_are_drawn(senses: tuple[Sense, ...], n: int) -> None:
    """Every result can be drawn, without the global state of pyplot, with axes that say what they show."""
    objectives = tuple(Objective("$\\frac{_^", sense, "€ $ %") for sense in senses)
    values = np.random.default_rng(1).random((n, len(senses))) * 10.0 ** np.arange(len(senses))
    figures = make(values, senses=senses, objectives=objectives).figures()
    assert list(figures) == (["Convergence"] if len(senses) == 1 else ["Pareto front", "Hypervolume"])
    for figure in figures.values():
        figure.savefig(io.BytesIO(), format="png")
        assert figure.canvas.manager is None
        assert all(axes.get_xlabel() and axes.get_ylabel() for axes in figure.axes)
    pairs = len(senses) * (len(senses) - 1) // 2
    assert len(next(iter(figures.values())).axes) == max(1, pairs)


def test_figures_of_equal_values() -> None:
    """A study in which every design is worth the same, or none differs in one objective, is drawn too."""
    for figure in (make([2.0] * 5).figures() | make([[1, 2], [1, 3]], senses=("min", "min")).figures()).values():
        figure.savefig(io.BytesIO(), format="png")
