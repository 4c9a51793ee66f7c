"""A certificate gone through again: confirmed where it is right, not where somebody changed it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from braess.errors import InputError, StoreError
from braess.packing import pack, unpack
from braess.problem import Artifact, Bound
from braess.search.branch_and_bound import BranchAndBound
from braess.search.random import Random
from braess.study import Budget, Study, verify
from braess.testing import Knapsack


def _run(problem, search=None, **budget):
    search = search or BranchAndBound(first=20, threads=1)
    return Study(problem, search, name="proof", seed=0, progress="off", budget=Budget(**budget)).run()


def _changed(result, **facts):
    old = json.loads(result.artifacts["certificate.json"].data)
    changed = Artifact("certificate.json", "", json.dumps(old | facts).encode())
    return replace(result, artifacts=result.artifacts | {"certificate.json": changed})


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), gap=st.sampled_from([0.0, 0.01, 0.3]))
def test_a_true_certificate_is_confirmed(seed, gap):
    problem = Knapsack(12, seed=seed)
    result = _run(problem, BranchAndBound(first=20, threads=1, gap=gap))
    found = verify(Knapsack(12, seed=seed), result)
    assert found.confirmed
    assert found.gap <= result.gap + 1e-9
    assert found.best == found.recorded == result.evaluations.objectives[result.best, 0]
    assert found.boxes >= 1


def test_so_is_one_cut_short():
    result = _run(problem := Knapsack(18, seed=1), evaluations=24)
    assert result.gap > 0
    steps = []
    found = verify(problem, result, threads=1, progress=lambda done, total: steps.append((done, total)))
    assert found.confirmed
    assert steps == [(i + 1, found.boxes) for i in range(found.boxes)]


def test_a_bound_too_good_to_be_true_is_not():
    problem = Knapsack(16, seed=2)
    result = _run(problem, BranchAndBound(first=20, gap=0.2, threads=1))
    best = float(result.evaluations.objectives[result.best, 0])
    assert result.gap > 0.01
    found = verify(problem, _changed(result, bound=best, gap=0.0))
    assert not found.confirmed
    assert found.claimed_gap == 0.0
    assert found.gap > 0.01


def test_a_best_design_worse_than_recorded_is_not():
    result = _run(problem := Knapsack(12))
    objectives = result.evaluations.objectives * 1.01
    found = verify(problem, replace(result, evaluations=replace(result.evaluations, objectives=objectives)))
    assert not found.confirmed


class _LostItsBounds(Knapsack):
    """What bounds no better than that all items fit."""

    def bound(self, low, high, *, cutoff, start=None):
        found = super().bound(low, high, cutoff=cutoff, start=start)
        return replace(found, value=-float(np.maximum(self.profit, 0.0).sum())) if (low < high).any() else found


def test_bounds_that_cannot_be_found_again_are_not():
    result = _run(Knapsack(14, seed=4))
    found = verify(_LostItsBounds(14, seed=4), result)
    assert not found.confirmed
    assert abs(found.bound) > abs(found.claimed)


class _LooseFromNothing(Knapsack):
    """Bounds a box well only as part of one that was bounded."""

    def bound(self, low, high, *, cutoff, start=None):
        found = super().bound(low, high, cutoff=cutoff, start=start)
        loose = start is None and (found.low < found.high).any()
        return Bound(1.5 * found.value if loose else found.value, found.low, found.high, found.relaxed, "known")


def test_a_box_whose_bound_needs_its_parts_is():
    result = _run(Knapsack(12, seed=4))
    assert verify(_LooseFromNothing(12, seed=4), result).confirmed


def test_boxes_that_are_damaged():
    result = _run(problem := Knapsack(12))
    boxes = unpack(result.artifacts["certificate-boxes.npz"].data)
    for data in (b"", pack({"at": boxes["at"]}), pack(boxes | {"decision": boxes["decision"] + 100})):
        broken = replace(result, artifacts=result.artifacts | {"certificate-boxes.npz": Artifact("x", "", data)})
        with pytest.raises(StoreError, match="certificate"):
            verify(problem, broken)


def test_refuses_other_problems_and_runs_without_a_proof():
    result = _run(Knapsack(12))
    with pytest.raises(InputError, match="another problem"):
        verify(Knapsack(13), result)
    with pytest.raises(InputError, match="proven nothing"):
        verify(Knapsack(12), _run(Knapsack(12), Random(), evaluations=10))
