"""Hybrid search: what it predicts it checks, says how far it was off, and makes its model once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

pytest.importorskip("lightgbm", reason="models need the extra learn")
pytest.importorskip("pyarrow", reason="models need the extra learn")

from braess.domains.road import CapacityExpansion, LaneAddition, load
from braess.errors import InputError
from braess.learn.correction import Correction
from braess.learn.preparation import Recipe, prepare
from braess.learn.range import Range
from braess.problem import Problem
from braess.report import write_report
from braess.search.hybrid import Hybrid
from braess.study import Budget, Study, open_result
from braess.testing import Knapsack, SearchConformance
from braess.testing.currents import currents

SMALL = Hybrid(population=12, generations=2, solved=4, turn=12, model="boosted-trees", examples=60, epochs=30)


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRAESS_CACHE", str(folder))
        yield folder


def lanes() -> LaneAddition:
    return LaneAddition(*load("sioux-falls"), budget_share=0.5, relative_gap=1e-5)


class TestHybridConformance(SearchConformance):
    search = SMALL
    problems: ClassVar[Sequence[Problem]] = (lanes(),)
    unfit: ClassVar[Sequence[Problem]] = (Knapsack(),)


def test_it_takes_reals_too() -> None:
    network, demand = load("braess")
    problem = CapacityExpansion(network, demand, links=range(network.links), cost=np.ones(network.links), largest=5.0)
    result = Study(problem, SMALL, budget=Budget(evaluations=40), progress="off").run()
    assert result.evaluations.exact.all()
    assert result.best is not None


def test_what_was_predicted_is_told(tmp_path: Path) -> None:
    """Every design recorded is solved; the record says how many others were predicted, and how far that was off."""
    record = tmp_path / "record.sqlite"
    result = Study(lanes(), SMALL, budget=Budget(evaluations=150), progress="off", store=record).run()
    assert result.evaluations.exact.all()
    found = open_result(record).predictions
    assert found is not None
    assert found["predicted"] > 100
    assert found["solved"] >= 144  # what a turn was cut off by the budget is not told
    assert abs(found["error"]) < 1
    assert 0 <= found["covered"] <= 1
    assert found["model"]["model"] == "boosted-trees"
    assert found["model"]["calibration"]["conformal"]["coverage"] == 0.9
    assert result.summary()["predictions"] == found
    page = write_report(result, tmp_path / "report.html", {}).read_text(encoding="utf-8")
    assert f"{found['predicted']:,} designs" in page


def test_a_model_is_made_once(cache: Path) -> None:
    recipe = Recipe(model="boosted-trees", examples=60, epochs=30)
    first, again = prepare(lanes(), recipe), prepare(lanes(), recipe)
    assert again.cached
    assert again.model.state() == first.model.state()
    assert again.calibration == first.calibration
    other = LaneAddition(*load("sioux-falls"), budget_share=0.25, relative_gap=1e-5)
    assert not prepare(other, recipe).cached
    assert (cache / "models").is_dir()


def test_two_processes_make_one_model(tmp_path: Path) -> None:
    """The one that comes later waits, and finds what the other has made."""
    script = (
        "import sys; from pathlib import Path; from braess.domains.road import LaneAddition, load;"
        "from braess.learn.preparation import Recipe, prepare;"
        "problem = LaneAddition(*load('sioux-falls'), budget_share=0.5, relative_gap=1e-5);"
        "recipe = Recipe(model='boosted-trees', examples=60, epochs=30);"
        "print(prepare(problem, recipe, folder=Path(sys.argv[1]), threads=1).cached)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = sorted(process.communicate(timeout=300)[0].strip() for process in running)
    assert said == ["False", "True"]
    assert [process.returncode for process in running] == [0, 0]


def test_an_interrupted_preparation_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken off while it solves, learns or measures, it must come to the same model and the same figures."""
    recipe = Recipe(model="boosted-trees", examples=60, epochs=30)
    whole = prepare(lanes(), recipe, folder=tmp_path / "whole")

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for at in ("read_samples", "accuracy", "ranking"):
        with monkeypatch.context() as patch:
            patch.setattr(f"braess.learn.preparation.{at}", interrupt)
            with pytest.raises(KeyboardInterrupt):
                prepare(lanes(), recipe, folder=tmp_path / "broken")
    after = prepare(lanes(), recipe, folder=tmp_path / "broken")
    assert not after.cached
    assert after.model.state() == whole.model.state()
    assert after.calibration == whole.calibration


def test_solved_designs_are_known(cache: Path) -> None:
    """What another search had solved must not be asked for again, and is known exactly."""
    problem = lanes()
    running = SMALL.start(problem, np.random.default_rng(0))
    asked: list[bytes] = []
    for _ in range(12):
        batch = running.ask(100)
        if running._turn.run is running._predicted:  # type: ignore[attr-defined]
            assert not set(batch.hashes()) & set(asked)
        asked += batch.hashes()
        running.tell(batch, problem.evaluate(batch))


def test_published_examples_serve_every_budget() -> None:
    """What is drawn beyond what a design may do does not depend on the budget: one model, measured for each."""
    recipe = Recipe(model="boosted-trees", examples=60, epochs=10, deviation=0.2)
    one = prepare(lanes(), recipe)
    other = prepare(LaneAddition(*load("sioux-falls"), budget_share=0.25, relative_gap=1e-5), recipe)
    assert one.model.state() == other.model.state()
    assert one.calibration.designs != other.calibration.designs


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"model": "oracle"}, "model"),
        ({"examples": 3}, "examples"),
        ({"turn": 0}, "turn"),
        ({"learning_seconds": 0}, "learning_seconds"),
    ],
)
def test_nonsense_is_refused(settings: dict[str, object], field: str) -> None:
    with pytest.raises(InputError, match=field):
        Hybrid(**settings)  # type: ignore[arg-type]


def test_corrections_find_a_linear_miss() -> None:
    """What is missed is a constant, a multiple of the prediction and an effect of each decision: all are found."""
    rng = np.random.default_rng(0)
    effect = rng.standard_normal(20)

    def drawn(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows = rng.integers(0, 2, (n, 20)).astype(float)
        predicted = 100 + 10 * rng.standard_normal(n)
        return rows, predicted, 7 + 1.2 * predicted + rows @ effect + 0.3 * rng.standard_normal(n)

    correction = Correction(0.5, 0.9)
    rows, predicted, exact = drawn(300)
    assert (correction.apply(rows, predicted)[0] == predicted).all()
    assert np.isnan(correction.covered)
    for start in range(0, 300, 20):
        part = slice(start, start + 20)
        correction.learn(rows[part], predicted[part], exact[part])
    rows, predicted, exact = drawn(500)
    mean, half = correction.apply(rows, predicted)
    assert np.abs(mean - exact).mean() < 0.3 < 0.02 * np.abs(predicted - exact).mean()
    assert 0.85 < (np.abs(mean - exact) <= half).mean() < 0.99
    assert 0.8 < correction.covered <= 1


def test_inputs_unlike_the_examples_are_told() -> None:
    """Twice the demand is, new examples of the same kind are not."""
    known, new = Range.of(currents(400).graph), currents(200, seed=1).graph
    assert known.outside(new).mean() < 0.02
    doubled = type(new)(new.edges, new.terminals, 2 * new.node_features, new.edge_features, new.weight)
    assert known.outside(doubled).mean() > 0.95


def test_doubled_demand_is_flagged(caplog: pytest.LogCaptureFixture) -> None:
    from braess.learn.surrogate import Surrogate

    model = prepare(lanes(), Recipe(model="boosted-trees", examples=60, epochs=30)).model
    network, demand = load("sioux-falls")
    twice = LaneAddition(network, type(demand)(2 * demand.matrix), budget_share=0.5, relative_gap=1e-5)
    designs = twice.repair(twice.space.sample(10, np.random.default_rng(0)), np.random.default_rng(1))
    assert not Surrogate(twice, model).predict(designs)[1].any()
    assert Surrogate(lanes(), model).predict(designs)[1].mean() > 0.5
    Surrogate(twice, model).evaluate(designs)
    assert "10 of 10 designs are unlike all that boosted-trees learned from" in caplog.text
