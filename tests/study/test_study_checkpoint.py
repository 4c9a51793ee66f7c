"""Checkpoints: a study that is resumed ends as if it had never stopped, and does not do again what it has done."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from braess.domains.road import LinkAddition, load_design
from braess.problem import Artifact
from braess.search import _bounding as bounding
from braess.search.branch_and_bound import BranchAndBound
from braess.study import Budget, Status, Study, open_result
from braess.study.store import open_session
from braess.testing import Knapsack

SEARCH = BranchAndBound(first=20, threads=1)


class _Counting(Knapsack):
    """Counts the boxes it bounds."""

    boxes = 0

    def bound(self, low, high, *, cutoff, start=None):
        self.boxes += 1
        return super().bound(low, high, cutoff=cutoff, start=start)


class _PowerCut(Exception):
    """Nothing is written any more."""


@pytest.fixture(autouse=True)
def _often(monkeypatch):
    monkeypatch.setattr(bounding, "_FIRST_CHECKPOINT", 8)
    monkeypatch.setattr(bounding, "_CHECKPOINT", 16)


def _study(problem, store, **options) -> Study:
    return Study(problem, SEARCH, name="proof", seed=0, store=store, progress="off", **{"budget": Budget()} | options)


def _fails_at(evaluations):
    def callback(snapshot):
        if snapshot.evaluations >= evaluations:
            raise _PowerCut

    return callback


@pytest.mark.parametrize("cut", [5, 21, 26])
def test_killed_anywhere_it_ends_as_if_it_had_not_been(tmp_path, cut):
    """Bit for bit, the proof too; boxes bounded up to the last checkpoint are not bounded again."""
    whole = _study(problem := _Counting(22, seed=1), tmp_path / "whole.db").run()
    assert len(whole.evaluations) > cut
    needed, store = problem.boxes, tmp_path / "cut.db"
    with pytest.raises(_PowerCut):
        _study(first := _Counting(22, seed=1), store, callbacks=[_fails_at(cut)]).run()
    resumed = _study(problem := _Counting(22, seed=1), store).resume()
    assert resumed.designs.same_as(whole.designs).all()
    assert resumed.gap == whole.gap
    assert resumed.artifacts["certificate.json"].data == whole.artifacts["certificate.json"].data
    assert resumed.artifacts["certificate-boxes.npz"].data == whole.artifacts["certificate-boxes.npz"].data
    between = max(16, first.boxes // bounding._SHARE)
    assert first.boxes + problem.boxes <= needed + between + 2 * SEARCH.nodes + 1


def test_a_road_study_goes_on_bit_for_bit(tmp_path):
    """States of equilibria are no part of a checkpoint; whoever goes on without being killed does without them too."""
    instance = load_design("SF_DNDP_10_2")
    problem = LinkAddition(
        instance.network,
        instance.demand,
        candidates=instance.candidates,
        cost=instance.cost[instance.candidates],
        budget_share=0.5,
    )
    whole = _study(problem, tmp_path / "whole.db").run()
    cut = len(whole.evaluations) - 1
    store = tmp_path / "cut.db"
    with pytest.raises(_PowerCut):
        _study(problem, store, callbacks=[_fails_at(cut)]).run()
    resumed = _study(problem, store).resume()
    assert resumed.designs.same_as(whole.designs).all()
    assert resumed.artifacts["certificate.json"].data == whole.artifacts["certificate.json"].data


def test_a_finished_study_is_not_begun_again(tmp_path):
    store = tmp_path / "run.db"
    ended = _study(Knapsack(14, seed=3), store).run()
    again = _study(problem := _Counting(14, seed=3), store).resume()
    assert again.status is Status.EXHAUSTED
    assert again.gap == ended.gap
    assert problem.boxes <= 1
    assert len(again.evaluations) == len(ended.evaluations)


@pytest.mark.parametrize("data", [b"", b"no file of arrays", None])
def test_a_checkpoint_that_cannot_be_used_costs_only_time(tmp_path, caplog, data):
    store, problem = tmp_path / "run.db", Knapsack(16, seed=1)
    wanted = _study(problem, tmp_path / "whole.db").run()
    study = _study(problem, store, budget=Budget(evaluations=22))
    kept = study.run().artifacts["search.npz"].data
    with open_session(store, study._facts(), problem, resume=True) as session:
        session.add_artifact(Artifact("search.npz", "", kept[:-60] if data is None else data))
    with caplog.at_level(logging.WARNING):
        resumed = _study(problem, store).resume()
    assert "the checkpoint of the search cannot be used" in caplog.text
    assert resumed.designs.same_as(wanted.designs).all()
    assert resumed.gap == wanted.gap


def test_a_checkpoint_ahead_of_the_record_is_not_used(tmp_path):
    """Evaluations can be lost where they were not flushed: the search is then told what there is."""
    store, problem = tmp_path / "run.db", Knapsack(16, seed=1)
    study = _study(problem, store, budget=Budget(evaluations=22))
    study.run()
    wanted = _study(problem, tmp_path / "whole.db").run()
    few = _study(problem, tmp_path / "few.db", budget=Budget(evaluations=3))
    few.run()
    with open_session(tmp_path / "few.db", few._facts(), problem, resume=True) as session:
        session.add_artifact(open_result(store).artifacts["search.npz"])
    resumed = _study(problem, tmp_path / "few.db").resume()
    assert resumed.designs.same_as(wanted.designs).all()


def test_other_artifacts_stay(tmp_path):
    store, problem = tmp_path / "run.db", Knapsack(12)
    study = _study(problem, store)
    before = study.run().artifacts
    with open_session(store, study._facts(), problem, resume=True) as session:
        session.add_artifact(Artifact("more.txt", "text/plain", b"more"))
    after = open_result(store).artifacts
    assert set(after) == {*before, "more.txt"}
    assert np.array_equal([after[name].data == before[name].data for name in before], np.ones(len(before), dtype=bool))
