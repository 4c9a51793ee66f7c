"""What every problem must do, as a test class to inherit."""

from __future__ import annotations

import json
import os
import pickle
import time
from typing import ClassVar

import numpy as np

from braess.problem import (
    Bounded,
    Canonical,
    Evaluations,
    Growable,
    Incremental,
    Problem,
    Repairable,
    WarmStart,
    capability,
)
from braess.space import Designs, Space


class ProblemConformance:
    """Tests that every problem must pass; a subclass names the problem.

    Attributes
    ----------
    problem
        The problem.
    designs
        Random designs evaluated in each test.
    tolerance
        Relative difference allowed between an evaluation and its independent check.

    Examples
    --------
    >>> from braess.testing import Knapsack, ProblemConformance
    >>> class TestKnapsack(ProblemConformance):
    ...     problem = Knapsack()
    >>> TestKnapsack().test_checker_agrees()
    """

    problem: Problem
    designs: ClassVar[int] = 12
    tolerance: ClassVar[float] = 1e-6

    def sample(self, seed: int = 0) -> Designs:
        """Draw designs, half of them repaired where the problem can."""
        rng = np.random.default_rng(seed)
        designs = self.problem.space.sample(self.designs, rng)
        repairer = capability(self.problem, Repairable)  # type: ignore[type-abstract]
        if repairer is None:
            return designs
        repaired = repairer.repair(designs.take(slice(self.designs // 2, None)), rng)
        return self.problem.space.concatenate([designs.take(slice(self.designs // 2)), repaired])

    def test_declares_itself(self) -> None:
        """Names must be there and differ, or tables and records cannot be read."""
        problem = self.problem
        assert problem.name
        assert problem.objectives
        for parts in (problem.objectives, problem.constraints):
            names = [part.name for part in parts]
            assert len(set(names)) == len(names)

    def test_evaluations_have_the_right_shape(self) -> None:
        """Each design must have a value for each objective and constraint, or an error."""
        found = self.problem.evaluate(self.sample())
        assert found.objectives.shape == (self.designs, len(self.problem.objectives))
        assert found.constraints.shape == (self.designs, len(self.problem.constraints))
        assert not found.failed.any(), f"random designs fail: {found.errors}"
        assert (found.seconds >= 0).all()

    def test_cost_is_counted(self) -> None:
        """Budgets and ranks rest on what evaluations took: some time, and not more than passed on all cores."""
        designs = self.sample()
        began = time.perf_counter()
        found = self.problem.evaluate(designs)
        passed = time.perf_counter() - began
        assert np.isfinite(found.seconds).all()
        assert 0.0 < found.seconds.sum() <= passed * (os.cpu_count() or 1)

    def test_nothing_to_evaluate(self) -> None:
        """An empty batch must be answered by empty evaluations of the right width."""
        found = self.problem.evaluate(self.sample().take([]))
        assert found.objectives.shape == (0, len(self.problem.objectives))
        assert found.constraints.shape == (0, len(self.problem.constraints))

    def test_checker_agrees(self) -> None:
        """The independent route must find what evaluate finds."""
        designs = self.sample()
        found, checked = self.problem.evaluate(designs), self.problem.check(designs)
        assert checked.errors == (None,) * len(designs)
        scale = 1e-9
        for ours, theirs in ((found.objectives, checked.objectives), (found.constraints, checked.constraints)):
            np.testing.assert_allclose(ours, theirs, rtol=self.tolerance, atol=scale)

    def test_batch_is_one_by_one(self) -> None:
        """A design must evaluate bit for bit the same alone, in a batch and in another order."""
        designs = self.sample()
        batch = self.problem.evaluate(designs)
        alone = Evaluations.concatenate([self.problem.evaluate(design) for design in designs])
        backwards = self.problem.evaluate(designs.take(slice(None, None, -1))).take(slice(None, None, -1))
        for other in (alone, backwards):
            assert np.array_equal(batch.objectives, other.objectives, equal_nan=True)
            assert np.array_equal(batch.constraints, other.constraints, equal_nan=True)

    def test_designs_stay_as_they_are(self) -> None:
        """Evaluating must not change the designs."""
        designs = self.sample()
        before = designs.pack()
        self.problem.evaluate(designs)
        assert designs.pack() == before

    def test_description_is_json(self) -> None:
        """The record must be able to say what was solved, and give the space back."""
        description = json.loads(json.dumps(self.problem.describe(), allow_nan=False))
        assert description["name"] == self.problem.name
        space = Space.restore(json.loads(json.dumps(self.problem.space.describe(), allow_nan=False)))
        designs = self.sample()
        assert space.unpack(designs.pack()).rows() == designs.rows()

    def test_pickles(self) -> None:
        """Workers in other processes need the problem: its copy must evaluate to the same bits."""
        designs = self.sample()
        copy = pickle.loads(pickle.dumps(self.problem))  # noqa: S301 -- our own bytes
        before, after = self.problem.evaluate(designs), copy.evaluate(copy.space.unpack(designs.pack()))
        assert np.array_equal(before.objectives, after.objectives, equal_nan=True)
        assert np.array_equal(before.constraints, after.constraints, equal_nan=True)

    def test_repair_leaves_feasible_designs_alone(self) -> None:
        """Repair must make designs feasible, keep feasible ones, not touch its input and depend on its generator only."""
        repairer = capability(self.problem, Repairable)  # type: ignore[type-abstract]
        if repairer is None:
            return
        designs = self.problem.space.sample(4 * self.designs, np.random.default_rng(1))
        before = designs.pack()
        repaired = repairer.repair(designs, np.random.default_rng(2))
        assert designs.pack() == before
        assert repairer.repair(designs, np.random.default_rng(2)).same_as(repaired).all()
        assert self.problem.evaluate(repaired).feasible.all()
        feasible = self.problem.evaluate(designs).feasible
        assert repaired.same_as(designs)[feasible].all()
        assert repairer.repair(repaired, np.random.default_rng(3)).same_as(repaired).all()

    def test_same_designs_are_worth_the_same(self) -> None:
        """A design that stands for others must have their evaluation, bit for bit, and stand for itself."""
        canonical = capability(self.problem, Canonical)  # type: ignore[type-abstract]
        if canonical is None:
            return
        designs = self.sample()
        before = designs.pack()
        standing = canonical.canonical(designs)
        assert designs.pack() == before
        assert canonical.canonical(standing).same_as(standing).all()
        ours, theirs = self.problem.evaluate(designs), self.problem.evaluate(standing)
        assert np.array_equal(ours.objectives, theirs.objectives, equal_nan=True)
        assert np.array_equal(ours.constraints, theirs.constraints, equal_nan=True)

    def test_changes_are_what_evaluations_say(self) -> None:
        """Where a problem tells what a few changed values do, evaluating the changed designs must find the same."""
        incremental = capability(self.problem, Incremental)  # type: ignore[type-abstract]
        if incremental is None:
            return
        space, rng = self.problem.space, np.random.default_rng(5)
        matrix, _ = space.flatten(self.sample())
        state = incremental.increments(matrix[0])
        for another in matrix[1:]:
            places = np.array([rng.permutation(space.width)[:2] for _ in range(8)])
            places[::2, 1] = -1
            values = np.where(places >= 0, another[places], 0.0)
            told = state.value + state.changes(places, values)
            changed = np.tile(state.row, (len(places), 1))
            for row, place, value in zip(changed, places, values, strict=True):
                row[place[place >= 0]] = value[place >= 0]
            found = self.problem.evaluate(space.unflatten(changed)).objectives[:, 0]
            np.testing.assert_allclose(told, found, rtol=1e-9, atol=1e-12)
            state.apply(places[1], values[1])
            assert np.array_equal(state.row, changed[1])
            np.testing.assert_allclose(state.value, found[1], rtol=1e-9, atol=1e-12)

    def test_followers_start_from_states(self) -> None:
        """From nothing they must come to what evaluate finds, from the same state to the same bits, and states must pickle."""
        warm = capability(self.problem, WarmStart)  # type: ignore[type-abstract]
        if warm is None:
            return
        designs = self.sample()
        found, nothing = self.problem.evaluate(designs), warm.evaluate_from(designs, [None] * len(designs))
        assert np.array_equal(found.objectives, nothing.objectives, equal_nan=True)
        assert nothing.states is not None
        states = nothing.states[::-1]
        again, copied = (warm.evaluate_from(designs, given) for given in (states, pickle.loads(pickle.dumps(states))))  # noqa: S301 -- our own bytes
        alone = warm.evaluate_from(designs.take([0]), states[:1])
        assert np.array_equal(again.objectives, copied.objectives, equal_nan=True)
        assert np.array_equal(again.objectives[:1], alone.objectives, equal_nan=True)

    def test_designs_grow(self) -> None:
        """What can grow must, into another design, as long as anything can; tokens must be of the vocabulary."""
        growable = capability(self.problem, Growable)  # type: ignore[type-abstract]
        if growable is None:
            return
        design, rng = growable.smallest(), np.random.default_rng(6)
        assert len(design) == 1
        for step in range(20):
            growth = growable.growth(design)
            assert growth.widen.shape == growth.tokens.shape
            assert growth.insert.shape == growable.insertions
            assert ((growth.tokens >= 0) & (growth.tokens < growable.vocabulary)).all()
            places = np.argwhere(growth.insert)
            if growth.widen.any() and (step % 2 or not len(places)):
                grown = growable.widened(
                    design, growth.widen & (np.arange(len(growth.widen)) >= rng.choice(np.flatnonzero(growth.widen)))
                )
                assert len(growable.growth(grown).tokens) == len(growth.tokens)
            elif len(places):
                grown = growable.inserted(design, *rng.choice(places).tolist())
                assert len(growable.growth(grown).tokens) == len(growth.tokens) + 1
            else:
                break
            assert not grown.same_as(design).any()
            design = grown

    def test_bounds_hold(self) -> None:
        """No feasible design may beat the bound of a box it lies in, and its exact objective must lie where it is said to."""
        bounded = capability(self.problem, Bounded)  # type: ignore[type-abstract]
        if bounded is None or bounded.unbounded() is not None:
            return
        json.dumps(bounded.precision(), allow_nan=False)
        designs = self.sample()
        found = self.problem.check(designs)
        matrix, _ = self.problem.space.flatten(designs)
        low, high = self.problem.space.bounds
        whole = bounded.bound(low, high, cutoff=np.inf)
        for row, value, feasible in zip(matrix, found.objectives[:, 0] * self.problem.signs[0], found.feasible, strict=True):
            if not feasible:
                continue
            slack = self.tolerance * abs(value)
            assert ((whole.low <= row) & (row <= whole.high)).all()
            middle = 0.5 * (low + high)
            near = np.where(row <= middle, low, row), np.where(row <= middle, row, high)
            for bound in (
                whole,
                bounded.bound(*near, cutoff=np.inf, start=whole.state),
                bounded.bound(row, row, cutoff=np.inf),
            ):
                assert bound.value <= value + slack
            least, most = bounded.enclose(row)
            assert least - slack <= value <= most + slack
