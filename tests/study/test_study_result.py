"""A result says what was found: compared with plain loops over the evaluations, on every kind of study."""

from __future__ import annotations

import itertools
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from braess.errors import InputError, StoreError
from braess.problem import Artifact, Constraint, Evaluations, Objective, Problem
from braess.search.random import Random
from braess.space import Binary, Designs, Real, Space
from braess.study import Budget, Result, Snapshot, Status, Study, open_result
from braess.study.progress import show, words
from braess.study.store import Session


class Table(Problem):
    """Answers with rows of a table by the index that the design holds in binary; rows of NaN fail."""

    def __init__(self, objectives: Any, constraints: Any = None, senses: str = "") -> None:
        self.answers = np.atleast_2d(np.asarray(objectives, dtype=np.float64))
        n, m = self.answers.shape
        self.limits = np.empty((n, 0)) if constraints is None else np.asarray(constraints, dtype=np.float64)
        self.name = "table"
        self.space = Space({"bits": Binary(size=int(np.ceil(np.log2(n))))})
        self.objectives = tuple(Objective(f"f{i}", "max" if senses[i : i + 1] == "x" else "min", "h") for i in range(m))
        self.constraints = tuple(Constraint(f"g{i}") for i in range(self.limits.shape[1]))

    def evaluate(self, designs: Designs) -> Evaluations:
        rows = designs["bits"] @ (2 ** np.arange(designs["bits"].shape[1]))
        errors = ["lost" if np.isnan(self.answers[row]).any() else None for row in rows]
        return Evaluations.of(self.answers[rows], self.limits[rows], errors=errors, exact=rows % 2 == 0)

    def check(self, designs: Designs) -> Evaluations:
        return self.evaluate(designs)


def run(problem: Problem, **options: Any) -> Result:
    return Study(problem, Random(), budget=Budget(), progress="off", **options).run()


def numbers(seed: int, n: int, m: int) -> np.ndarray[Any, Any]:
    """Few different values, so that there are ties."""
    return np.random.default_rng(seed).integers(0, 7, size=(n, m)).astype(np.float64)


def dominates(a: Any, b: Any) -> bool:
    return bool((a <= b).all() and (a < b).any())


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("senses", ["nn", "nx", "xx", "nxn"])
def test_front_by_brute_force(seed: int, senses: str) -> None:
    """The front is every feasible design that no other beats, in the objectives' own senses; infeasible ones never count."""
    values = numbers(seed, 32, len(senses))
    values[3] = np.nan
    problem = Table(values, numbers(seed + 100, 32, 1) - 3.0, senses)
    result = run(problem)
    feasible = [i for i in range(32) if result.evaluations.feasible[i]]
    signed = result.evaluations.objectives * problem.signs
    expected = [i for i in feasible if not any(dominates(signed[j], signed[i]) for j in feasible)]
    assert result.front.tolist() == expected
    assert result.best is None
    assert len(result.best_design) == 0


@pytest.mark.parametrize("sense", ["n", "x"])
@pytest.mark.parametrize("seed", range(4))
def test_best_and_history_by_brute_force(seed: int, sense: str) -> None:
    """The best is the first of the best feasible ones; the history is what a person would have noted after each."""
    result = run(Table(numbers(seed, 32, 1), numbers(seed + 9, 32, 2) - 4.0, sense))
    better = max if sense == "x" else min
    best, row = None, None
    for i in range(32):
        value = float(result.evaluations.objectives[i, 0])
        if (result.evaluations.constraints[i] <= 0).all() and (best is None or (better(best, value) == value != best)):
            best, row = value, i
        shown = result.history()[i, 0]
        assert np.isnan(shown) if best is None else shown == best
    assert result.best == row
    assert result.summary()["best"] == best
    assert result.best_design.hashes() == result.designs.take([row]).hashes()


def test_hypervolume_by_counting() -> None:
    """On whole numbers the hypervolume is the number of unit squares between front and reference: count them."""
    result = run(Table(numbers(5, 32, 2), senses="nx"))
    trace = result.hypervolume_trace([8.0, -2.0])
    assert trace.evaluations.tolist() == list(range(1, 33))
    for k, volume in zip(trace.evaluations, trace.hypervolume, strict=True):
        points = result.signed[:k]
        cells = itertools.product(range(8), range(-8, 2))
        assert volume == sum(any(x <= a and y <= b for x, y in points) for a, b in cells)
    own = result.hypervolume_trace()
    assert (own.reference > result.signed.max(axis=0)).all()
    assert (np.diff(own.hypervolume) >= 0).all()


@pytest.mark.parametrize("kind", ["nothing feasible", "all failed", "nothing evaluated"])
@pytest.mark.parametrize("m", [1, 2])
def test_results_without_a_best(tmp_path: Path, kind: str, m: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A study that found nothing must say so, and every way to look at it must work."""
    store = tmp_path / "record.sqlite"
    values = np.full((8, m), np.nan) if kind == "all failed" else numbers(0, 8, m)
    problem = Table(values, np.ones((8, 1)))
    if kind == "nothing evaluated":
        monkeypatch.setattr(Table, "evaluate", _interrupt)
    result = run(problem, store=store)
    assert "No feasible design was found." in result.message
    assert result.status is (Status.INTERRUPTED if kind == "nothing evaluated" else Status.EXHAUSTED)
    for found in (result, open_result(store)):
        n = 0 if kind == "nothing evaluated" else 8
        assert found.best is None
        assert found.front.size == 0
        assert len(found.best_design) == 0
        assert found.history().shape == (n, m)
        assert np.isnan(found.history()).all()
        assert len(found.to_frame()) == n
        assert found.figures() == {}
        assert json.loads(json.dumps(found.summary()))["evaluations"] == n
        assert found.hypervolume_trace().hypervolume.size == 0


def _interrupt(*_: object) -> Evaluations:
    raise KeyboardInterrupt


def test_frame_and_record_say_the_same(tmp_path: Path) -> None:
    """The table for spreadsheets holds each evaluation as it was, and what is read back is what was returned."""
    store = tmp_path / "record.sqlite"
    values = numbers(1, 16, 2)
    values[5] = np.nan
    result = run(Table(values, numbers(2, 16, 1) - 3.0, "nx"), store=store, study_file="name = 'ü'", study_folder="..")
    again = open_result(store)
    for found in (result, again):
        frame = found.to_frame()
        assert list(frame.columns) == [
            "position",
            *(f"bits[{i}]" for i in range(4)),
            *("f0", "f1", "g0", "feasible", "exact", "seconds", "elapsed", "error"),
        ]
        assert np.array_equal(frame[["f0", "f1"]], found.evaluations.objectives, equal_nan=True)
        assert frame["feasible"].tolist() == found.evaluations.feasible.tolist()
        assert frame["error"].isna().sum() == 15
        assert found.exact_share == 0.5
    assert again.to_frame().equals(result.to_frame())
    assert (again.record.study_file, again.record.study_folder) == ("name = 'ü'", "..")
    assert again.summary() == result.summary()
    assert again.evaluations.objectives.tobytes() == result.evaluations.objectives.tobytes()


@pytest.mark.parametrize(("m", "titles"), [(1, ["Convergence"]), (2, ["Pareto front", "Hypervolume"])])
def test_figures(m: int, titles: list[str]) -> None:
    """Each kind of study has its pictures, and they can be drawn."""
    drawn = run(Table(numbers(3, 32, m))).figures()
    assert list(drawn) == titles
    for figure in drawn.values():
        figure.canvas.draw()  # type: ignore[attr-defined]


class Drawn(Table):
    """Has something to keep of its best designs."""

    def illustrate(self, designs: Designs) -> list[Artifact]:
        """Keep the hashes, or fail."""
        if len(designs) > 5:
            raise RuntimeError("too many")
        return [Artifact("best.bin", "application/octet-stream", b"".join(designs.hashes()))]


def test_artifacts_are_kept(tmp_path: Path) -> None:
    """What the problem describes of its best design comes back from the record; a later sitting replaces it."""
    store = tmp_path / "record.sqlite"
    problem = Drawn(numbers(0, 32, 1))
    for evaluations in (2, 32):
        study = Study(problem, Random(), budget=Budget(evaluations=evaluations), store=store, progress="off")
        result = study.run() if evaluations == 2 else study.resume()
        assert result.artifacts["best.bin"].data == result.best_design.hashes()[0]
        assert open_result(store).artifacts == result.artifacts


def test_failure_to_draw_costs_the_picture_only(caplog: pytest.LogCaptureFixture) -> None:
    """A defect in a picture must not cost days of evaluations: it is logged."""
    result = run(Drawn(np.stack([np.arange(16.0), -np.arange(16.0)], axis=1)))
    assert result.status is Status.EXHAUSTED
    assert result.artifacts == {}
    assert "could not be described" in caplog.text


def test_progress_in_a_log(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody watches a terminal there is one line now and then, with what matters."""
    monkeypatch.setattr("braess.study.progress._LOG_EVERY", 0.0)
    caplog.set_level(logging.INFO, "braess")
    budget = Budget(evaluations=32)
    Study(Table(numbers(0, 32, 1)), Random(block=16), budget=budget, progress="log", batch=16).run()
    counts = [record.getMessage().split(", ")[1] for record in caplog.records]
    assert "16 evaluations" in counts  # and each part of a batch, since slow ones take long
    assert counts[-1] == "32 evaluations"
    assert "table: best 0" in caplog.text


@pytest.mark.parametrize("mode", ["bar", "auto", "off"])
def test_progress_displays(mode: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar goes to standard error, nothing ever to standard output; markup in a name is text."""
    monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal
    monkeypatch.setenv("COLUMNS", "200")
    study = Study(Table(numbers(0, 32, 1)), Random(), budget=Budget(evaluations=32), progress=mode, name="[red]x[/blue]")
    assert study.run().status is Status.BUDGET_SPENT
    shown = capsys.readouterr()
    assert shown.out == ""
    assert ("[red]x[/blue]" in shown.err) is (mode == "bar")


def test_words() -> None:
    """The line says the best value, or the front, or that there is nothing feasible yet."""
    facts = {"evaluations": 1200, "failed": 0, "elapsed": 1.0, "rate": 50.0}
    assert words(Snapshot(feasible=600, best=1.5, front=1, **facts)) == "best 1.5, 1,200 evaluations, 50% feasible, 50/s"
    assert words(Snapshot(feasible=600, best=None, front=7, **facts)).startswith("7 on the front, ")
    nothing = Snapshot(feasible=0, best=None, front=0, **(facts | {"failed": 3}))
    assert words(nothing) == "none feasible yet, 1,200 evaluations, 0% feasible, 3 failed, 50/s"


def test_unknown_display() -> None:
    """A mistyped display is refused by name."""
    with pytest.raises(InputError, match="progress"):
        Study(Table(numbers(0, 8, 1)), Random(), budget=Budget(), progress="loud")  # type: ignore[arg-type]
    with show("x", Budget(), "off") as display:
        display(Snapshot(1, 1, 0, 1.0, 1, 1.0, 1.0))


def test_targets_on_infeasible_designs_do_not_count() -> None:
    """A design as good as the target that breaks a constraint is no success."""
    problem = Table(np.zeros((8, 1)), np.ones((8, 1)))
    result = Study(problem, Random(), budget=Budget(target=1.0), progress="off").run()
    assert result.status is Status.EXHAUSTED


def test_session_is_left_on_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever breaks while the result is read back, the study is free for the next one."""
    store = tmp_path / "record.sqlite"

    def broken(_: Session) -> None:
        raise StoreError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(Session, "load", broken)
        with pytest.raises(StoreError, match="gone"):
            run(Table(numbers(0, 8, 1)), store=store)
    assert Study(Table(numbers(0, 8, 1)), Random(), budget=Budget(), store=store, progress="off").resume().best is not None


def test_spaces_without_decisions() -> None:
    """A space with nothing to decide has one design, and a real one that is fixed too."""

    class Fixed(Table):
        def __init__(self, space: Space) -> None:
            super().__init__([[1.0], [2.0]])
            self.space = space

        def evaluate(self, designs: Designs) -> Evaluations:
            return Evaluations.of(np.ones((len(designs), 1)))

    for space in (Space({}), Space({"x": Real(low=1.0, high=1.0)})):
        result = run(Fixed(space))
        assert result.best == 0
        assert len(result.designs) == 1
