"""What a search has proven is kept with the record, and says how far from the optimum the best design can be."""

from __future__ import annotations

import json

import pytest

from braess.errors import StoreError
from braess.problem import Artifact, Objective
from braess.search.boxes import BoxTree
from braess.search.branch_and_bound import BranchAndBound
from braess.search.capabilities import Certificate, Proof
from braess.search.random import Random
from braess.study import Budget, Status, Study, open_result
from braess.study.certificate import proven_gap, write_certificate
from braess.study.progress import words
from braess.testing import Knapsack

SEARCH, BUDGET = BranchAndBound(first=20, threads=1), Budget(evaluations=10_000)


def test_a_finished_proof_is_in_the_record(tmp_path):
    store = tmp_path / "run.db"
    result = Study(Knapsack(14, seed=3), SEARCH, name="proof", seed=0, store=store, budget=BUDGET).run()
    assert result.status is Status.EXHAUSTED
    assert result.gap == pytest.approx(0.0, abs=1e-6)
    read = open_result(store)
    assert read.gap == result.gap
    facts = json.loads(read.artifacts["certificate.json"].data)
    assert facts["best"] == read.evaluations.objectives[read.best, 0]
    assert facts["sense"] == "max"
    assert facts["bound"] >= facts["best"]
    assert facts["boxes"] > 1


def test_a_proof_cut_short_goes_on_where_it_was(tmp_path):
    """The gap after few evaluations is wide but true; resumed, the study ends as if it had never stopped."""
    problem, whole = Knapsack(16, seed=1), tmp_path / "whole.db"
    wanted = Study(problem, SEARCH, name="proof", seed=0, store=whole, budget=BUDGET).run()
    store = tmp_path / "cut.db"
    cut = Study(problem, SEARCH, name="proof", seed=0, store=store, budget=Budget(evaluations=24)).run()
    assert cut.status is Status.BUDGET_SPENT
    ended = Study(problem, SEARCH, name="proof", seed=0, store=store, budget=BUDGET).resume()
    assert ended.designs.same_as(wanted.designs).all()
    assert ended.gap == wanted.gap
    assert cut.gap is None or cut.gap >= ended.gap


def test_a_proof_needs_no_budget():
    """However large the space, the search ends by itself."""
    assert Study(Knapsack(64), SEARCH, name="proof", seed=0, budget=Budget()).search is SEARCH


def test_other_searches_prove_nothing():
    assert Study(Knapsack(), Random(), name="none", seed=0, budget=Budget(evaluations=10)).run().gap is None


def test_progress_tells_the_gap():
    seen = []
    Study(Knapsack(14, seed=3), SEARCH, name="proof", seed=0, budget=BUDGET, callbacks=[seen.append]).run()
    assert "no bound yet" in words(seen[0])
    assert "(gap " in words(seen[-1])
    gaps = [snapshot.gap for snapshot in seen]
    assert gaps[-1] < 0.1
    assert gaps == sorted(gaps, reverse=True)


def test_a_damaged_certificate_is_said_to_be():
    with pytest.raises(StoreError, match=r"certificate\.json"):
        proven_gap({"certificate.json": Artifact("certificate.json", "", b"{}")})


def test_without_a_bound_there_is_no_certificate():
    nothing = Certificate(Proof(float("-inf"), 0), None, BoxTree(), {})
    assert write_certificate(nothing, Objective("cost", "min"), 1.0) == []
