"""Comparisons: the same runs as single studies, gone on with where they were broken off, ranked, drawn, told on a page."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from braess.errors import InputError
from braess.report import write_comparison
from braess.search import Search
from braess.search.cma_es import CMAES
from braess.search.genetic import Genetic
from braess.search.nsga2 import NSGA2
from braess.search.random import Random
from braess.study import Budget, Status, Study
from braess.study.comparison import Compared, compare
from braess.testing import ZDT1, Knapsack, Sphere

SEARCHES: dict[str, Search] = {"random": Random(), "cma-es": CMAES(), "genetic": Genetic(population=10)}


def compared(folder: Path, **options: object) -> Compared:
    settings = {"budget": Budget(evaluations=120), "seeds": range(4), "folder": folder} | options
    return compare(Sphere(3), SEARCHES, **settings)  # type: ignore[arg-type]


def test_each_run_is_the_study_it_would_be_alone(tmp_path: Path) -> None:
    found = compared(tmp_path)
    for label, search in SEARCHES.items():
        for seed, result in zip(found.seeds, found.results[label], strict=True):
            alone = Study(Sphere(3), search, budget=Budget(evaluations=120), seed=seed, progress="off").run()
            assert result.designs.hashes() == alone.designs.hashes()
            assert result.status is Status.BUDGET_SPENT
            assert found.values[seed, found.labels.index(label)] == alone.evaluations.objectives[:, 0].min()


def test_processes_change_nothing(tmp_path: Path) -> None:
    one, two = compared(tmp_path / "one"), compared(tmp_path / "two", processes=2)
    assert np.array_equal(one.values, two.values)


def test_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken off, no run that is done is done again, the others are gone on with, and all ends as in one go."""
    whole = compared(tmp_path / "whole")
    done: list[int] = []

    def interrupt(now: int, _: int) -> None:
        done.append(now)
        if now == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compared(tmp_path / "broken", progress=interrupt)
    before = {path.name: path.read_bytes() for path in (tmp_path / "broken" / "runs").glob("*.sqlite")}
    assert len(before) == 5
    again: list[int] = []
    after = compared(tmp_path / "broken", progress=lambda now, _: again.append(now))
    assert again == list(range(6, 13))
    assert np.array_equal(after.values, whole.values)
    for name, data in before.items():
        assert (tmp_path / "broken" / "runs" / name).read_bytes() == data


def test_an_interrupted_run_ends_the_comparison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C within a run must not be taken for its end: it is gone on with later."""
    evaluate = Sphere.evaluate
    calls = 0

    def interrupted(self, designs):  # type: ignore[no-untyped-def]
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        return evaluate(self, designs)

    options = {"budget": Budget(evaluations=600), "batch": 50}
    with monkeypatch.context() as patch:
        patch.setattr(Sphere, "evaluate", interrupted)
        with pytest.raises(KeyboardInterrupt):
            compared(tmp_path / "broken", **options)
    after, whole = compared(tmp_path / "broken", **options), compared(tmp_path / "whole", **options)
    assert np.array_equal(after.values, whole.values)


def test_more_seeds_and_searches_are_added(tmp_path: Path) -> None:
    few = compared(tmp_path, seeds=range(2))
    told: list[int] = []
    more = compare(
        Sphere(3),
        SEARCHES | {"big": Genetic(population=40)},
        budget=Budget(evaluations=120),
        seeds=range(3),
        folder=tmp_path,
        progress=lambda now, _: told.append(now),
    )
    assert told == list(range(7, 13))
    assert np.array_equal(more.values[:2, :3], few.values)


def test_ranks_and_table(tmp_path: Path) -> None:
    found = compared(tmp_path)
    assert found.ranks is not None
    each = found.values.argsort(axis=1).argsort(axis=1) + 1
    assert found.ranks.mean == pytest.approx(each.mean(axis=0))
    rows = {row["search"]: row for row in found.table()}
    assert rows["cma-es"]["mean"] == pytest.approx(found.values[:, 1].mean())
    assert rows["cma-es"]["best"] == found.values[:, 1].min()
    assert rows["random"]["evaluations"] == 120
    assert json.loads(json.dumps(found.summary()))["measure"] == "distance"


def test_courses_end_at_the_values(tmp_path: Path) -> None:
    found = compared(tmp_path)
    course = found.course()
    assert course.unit == "evaluations"
    assert np.array_equal(course.values[:, :, -1].T, found.values)
    assert (np.diff(np.nan_to_num(course.values, nan=np.inf), axis=2) <= 0).all()
    assert set(found.figures()) == {"On the way", "Ranks"}


def test_fronts_are_compared_by_their_volume(tmp_path: Path) -> None:
    """Several objectives: the larger volume ranks first, from a reference that is the same for all."""
    searches: dict[str, Search] = {"nsga2": NSGA2(population=20), "random": Random()}
    found = compare(ZDT1(), searches, budget=Budget(evaluations=400), seeds=range(3), folder=tmp_path)
    assert found.measure == "hypervolume"
    assert (found.values[:, 0] > found.values[:, 1]).all()
    assert found.ranks is not None
    assert found.ranks.mean.tolist() == [1.0, 2.0]
    course = found.course()
    assert pytest.approx(found.values) == course.values[:, :, -1].T


def test_seconds_are_an_axis_too(tmp_path: Path) -> None:
    found = compared(tmp_path, budget=Budget(seconds=0.2), seeds=range(2))
    course = found.course()
    assert course.unit == "seconds"
    assert course.at[-1] == pytest.approx(max(result.spent for results in found.results.values() for result in results))


def test_nothing_feasible_ranks_last(tmp_path: Path) -> None:
    """A search that found nothing feasible is worst; one that is alone is not ranked."""
    found = compare(Knapsack(20), {"random": Random()}, budget=Budget(evaluations=60), seeds=range(2), folder=tmp_path)
    assert found.ranks is None
    assert found.table()[0]["rank"] is None


def test_the_page_says_it_all(tmp_path: Path) -> None:
    found = compared(tmp_path)
    page = write_comparison(found, tmp_path / "page.html", "<spheres>").read_text(encoding="utf-8")
    assert "&lt;spheres&gt;" in page
    assert "<script" not in page
    for text in ("cma-es", "genetic", "random", "Nemenyi", "evaluations 120", "population 10"):
        assert text in page


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"seeds": ()}, "seeds"),
        ({"seeds": (1, 1)}, "seeds"),
        ({"seeds": (-1,)}, "seeds"),
        ({"processes": 0}, "processes"),
    ],
)
def test_nonsense_is_refused(tmp_path: Path, options: dict[str, object], field: str) -> None:
    with pytest.raises(InputError, match=field):
        compared(tmp_path, **options)
    assert not list(tmp_path.iterdir())


def test_other_searches_are_refused(tmp_path: Path) -> None:
    budget = Budget(evaluations=20)
    for searches in ({}, {"a b": Random(), "a/b": Random()}, {" ": Random()}):
        with pytest.raises(InputError, match="searches"):
            compare(Sphere(3), searches, budget=budget, folder=tmp_path)
    with pytest.raises(InputError, match="several objectives"):
        compare(Sphere(3), {"nsga2": NSGA2()}, budget=budget, folder=tmp_path)


def test_another_comparison_is_never_mixed_in(tmp_path: Path) -> None:
    compared(tmp_path, seeds=range(1))
    with pytest.raises(InputError, match="budget"):
        compared(tmp_path, seeds=range(1), budget=Budget(evaluations=60))
    with pytest.raises(InputError, match="space"):
        compare(Sphere(2), SEARCHES, budget=Budget(evaluations=120), seeds=range(1), folder=tmp_path)
    searches = {"genetic": Genetic(population=20)}
    with pytest.raises(InputError, match="genetic"):
        compare(Sphere(3), searches, budget=Budget(evaluations=120), seeds=range(1), folder=tmp_path)
    (tmp_path / "comparison.json").write_text("[]")
    with pytest.raises(InputError, match="no account"):
        compared(tmp_path, seeds=range(1))
