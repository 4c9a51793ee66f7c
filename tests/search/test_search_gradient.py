"""Gradient search: known minima under bounds and constraints, many starts, exact steps of its model, honest refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize
from solved import best_of, optimum, smallest

from braess.errors import BraessError, InputError
from braess.problem import Constraint, Evaluations, Objective
from braess.search._linear_model import LinearModel
from braess.search._quasi_newton import QuasiNewton
from braess.search._slopes import UnitSlopes
from braess.search.cma_es import CMAES
from braess.search.gradient import Gradient
from braess.search.local import Local
from braess.space import Binary, Integer, Real, Space
from braess.study import Budget, Study
from braess.testing import Flaky, Knapsack, Mixed, Rosenbrock, Sphere, Tour, Toy, Wells, go_on


class _Bowl(Toy):
    """A convex quadratic with strong coupling, its minimum outside the box in some coordinates."""

    name = "bowl"

    def __init__(self, size: int = 8, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        root = rng.normal(size=(size, size))
        self.matrix, self.centre = root @ root.T + 0.1 * np.eye(size), rng.normal(size=size) * 2.0
        self.space = Space({"x": Real(low=-1.0, high=1.0, size=size)})
        self.objectives = (Objective("height"),)

    def answers(self, designs):
        away = designs["x"] - self.centre
        return ((away @ self.matrix) * away).sum(axis=1, keepdims=True), np.empty((len(away), 0))

    def answer(self, row):
        away = np.array(row["x"]) - self.centre
        return [float(away @ self.matrix @ away)], []

    def value_and_gradient(self, matrix):
        away = matrix - self.centre
        return ((away @ self.matrix) * away).sum(axis=1, keepdims=True), 2.0 * (away @ self.matrix)[:, None]


class _Effort(Toy):
    """Maximise sum of gains * log(1 + x) where sum of x ** exponent is at most 1 (and x at most 1 each)."""

    name = "effort"

    def __init__(self, gains, exponent: int = 1, *, log: bool = False) -> None:
        self.gains, self.exponent = np.asarray(gains, dtype=np.float64), exponent
        self.space = Space({"x": Real(low=1e-3 if log else 0.0, high=1.0, size=len(self.gains), log=log)})
        self.objectives = (Objective("gain", "max"),)
        self.constraints = (Constraint("effort"),)

    def answers(self, designs):
        x = designs["x"]
        return (np.log1p(x) * self.gains).sum(axis=1, keepdims=True), (x**self.exponent).sum(axis=1, keepdims=True) - 1.0

    def answer(self, row):
        x = np.array(row["x"])
        return [float(self.gains @ np.log1p(x))], [float((x**self.exponent).sum()) - 1.0]

    def value_and_gradient(self, matrix):
        return (np.log1p(matrix) * self.gains).sum(axis=1, keepdims=True), (self.gains / (1.0 + matrix))[:, None]

    def constraint_and_gradient(self, matrix):
        over = (matrix**self.exponent).sum(axis=1, keepdims=True) - 1.0
        return over, (self.exponent * matrix ** (self.exponent - 1.0))[:, None]


class _Blunt(_Effort):
    """`_Effort` without the derivatives of its constraint."""

    constraint_and_gradient = None


@pytest.mark.parametrize(
    ("problem", "evaluations", "known"),
    [(Sphere(1), 20, 0.0), (Sphere(5), 20, 0.0), (Rosenbrock(4), 100, 0.0), (Rosenbrock(30), 1000, 0.0)],
)
def test_reaches_the_minimum(problem, evaluations: int, known: float) -> None:
    """The minimum is 0 by construction, and derivatives must reach it in a small part of what CMA-ES needs."""
    assert max(best_of(Gradient(), problem, evaluations, seed) for seed in range(3)) < known + 1e-8


@pytest.mark.parametrize("seed", range(5))
def test_presses_against_bounds(seed: int) -> None:
    """Where the bottom of a bowl lies outside the box, the minimum within is what SciPy's L-BFGS-B finds."""
    problem = _Bowl(seed=seed)
    look = lambda x: tuple(part[0, 0] for part in problem.value_and_gradient(x[None]))  # noqa: E731
    theirs = minimize(look, np.zeros(8), jac=True, bounds=[(-1, 1)] * 8, options={"ftol": 1e-15, "gtol": 1e-12})
    assert (np.abs(theirs.x) == 1.0).any()
    assert best_of(Gradient(), problem, 150, 0) == pytest.approx(theirs.fun, rel=1e-7)


class _Wide(Wells):
    """`Wells` in a box whose middle leads to the worst of them."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.space = Space({"x": Real(low=-5.0, high=8.0, size=size)})


def test_many_starts_find_the_deepest_well() -> None:
    """The first descent ends in the worst of eight wells; the deepest is known, and enough starts must find it."""
    problem = _Wide(3)
    found = [best_of(Gradient(), problem, evaluations, 1) for evaluations in (14, 600)]
    assert found[0] > 3 * Wells.depth + 40
    assert found[1] == pytest.approx(3 * Wells.depth, abs=1e-6)


@pytest.mark.parametrize("log", [False, True])
def test_a_linear_budget_is_spent_as_lagrange_says(log: bool) -> None:
    """Where each x is gain / price - 1 or its least, the optimum is known in closed form; a scale must not change it."""
    gains = np.array([4.0, 3.5, 3.0, 0.5])
    least = 1e-3 if log else 0.0  # what the last one has
    chosen = gains[:3] / (gains[:3].sum() / (4.0 - least)) - 1.0
    assert (chosen > 0).all()
    known = gains[:3] @ np.log1p(chosen) + gains[3] * np.log1p(least)
    assert best_of(Gradient(), _Effort(gains, log=log), 80, 0) == pytest.approx(-known, rel=1e-6)


def test_a_curved_budget_is_kept() -> None:
    """Four equal gains under a sum of squares: each x is 1/2. The end must be feasible, not nearly feasible."""
    problem = _Effort(np.ones(4), exponent=2)
    assert best_of(Gradient(), problem, 60, 0) == pytest.approx(-4 * np.log(1.5), rel=1e-6)


def test_starts_are_brought_within_the_budget() -> None:
    """No equilibrium should be spent on a start that is far over a budget whose derivatives cost nothing."""
    problem = _Effort(np.ones(6))
    slopes = UnitSlopes(problem)
    for start in np.random.default_rng(0).random((20, 6)):
        pulled = slopes.pulled(start)
        assert slopes.limits(pulled)[0][0] <= 0
        assert pulled.sum() == pytest.approx(min(1.0, start.sum()), abs=1e-6)


def test_needs_far_fewer_evaluations_than_cma_es() -> None:
    """That is what derivatives are for: with a tenth of the evaluations it must be better on a curved valley."""
    assert best_of(Gradient(), Rosenbrock(10), 200, 0) < best_of(CMAES(), Rosenbrock(10), 2000, 0)


def test_descents_side_by_side_ask_for_as_many_designs() -> None:
    """With four workers there must be four different designs to evaluate at a time."""
    running = Gradient(descents=4).start(Wells(), np.random.default_rng(0))
    batch = running.ask(64)
    assert len(set(batch.hashes())) == len(batch) == 4


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_accepted_steps_never_go_up(seed: int) -> None:
    """Wherever a descent begins, the points at which a gradient is taken must have falling values."""
    problem, values = Wells(2), []

    def look(point):
        value, gradient = problem.value_and_gradient(-5.0 + 10.0 * point[None])
        values.append(value[0, 0])
        return value[0, 0], 10.0 * gradient[0, 0]

    descent = QuasiNewton(np.random.default_rng(seed).random(2), look, 1e-9)
    for _ in range(200):
        assert ((descent.point >= 0) & (descent.point <= 1)).all()
        if not descent.advance(problem.value_and_gradient(-5.0 + 10.0 * descent.point[None])[0][0, 0]):
            break
    assert (np.diff(values) <= 0).all()
    assert values[-1] < -50.05  # the worst of the four wells: twice -25.03


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("problem", [Knapsack(14), Knapsack(14, seed=2, share=0.3)], ids=["half", "tight"])
def test_finds_the_optimum_of_small_knapsacks(problem, seed: int) -> None:
    """Brute force knows the best of 16,384 designs; linearised steps and restarts must find it among some hundred."""
    assert best_of(Gradient(), problem, 300, seed) == pytest.approx(optimum(problem))


@pytest.mark.slow
def test_matches_local_search_with_a_part_of_its_evaluations() -> None:
    """On a knapsack of 76 items it must be as good with 500 evaluations as local search with 4,000."""
    problem = Knapsack(76, seed=3)
    ours, theirs = ([best_of(s, problem, n, seed) for seed in range(3)] for s, n in ((Gradient(), 500), (Local(), 4000)))
    assert np.mean(ours) <= np.mean(theirs)


class _Integers(_Bowl):
    """The bowl on whole numbers from -3 to 4."""

    def __init__(self, size: int = 5, seed: int = 0) -> None:
        super().__init__(size, seed)
        self.space = Space({"x": Integer(low=-3, high=4, size=size)})


@pytest.mark.parametrize("seed", range(3))
def test_finds_the_optimum_on_integers(seed: int) -> None:
    """Whole numbers are stepped by more than one at a time: of 32,768 designs the best is known by brute force."""
    problem = _Integers(seed=seed)
    assert best_of(Gradient(), problem, 800, 0) == pytest.approx(optimum(problem))


def test_no_discrete_design_is_asked_for_twice_and_a_small_space_ends() -> None:
    """Evaluations are precious, and with nothing new to ask the search must say so instead of thinking for ever."""
    problem = Knapsack(5)
    running = Gradient().start(problem, np.random.default_rng(0))
    designs = problem.space.concatenate(go_on(running, problem, 1000, 10))
    assert len(set(designs.hashes())) == len(designs) <= 32
    assert len(running.ask(10)) == 0


def test_feasible_designs_come_first() -> None:
    """Without repair and with a budget nearly nothing fits, the linearised constraint must lead to the best that does."""
    problem = Knapsack(16, share=0.1)
    running = Gradient().start(problem, np.random.default_rng(0))
    running.repairer = None
    assert min(smallest(problem, problem.evaluate(batch)) for batch in go_on(running, problem, 300, 50)) == optimum(problem)


def test_steps_of_the_model_are_the_best_within_their_number() -> None:
    """On a separable objective the model is exact: its step of at most r changes is the best of all such, by brute force."""
    rng = np.random.default_rng(0)
    space = Space({"b": Binary(size=8)})
    effect, weight = rng.normal(size=8), rng.integers(1, 9, 8).astype(np.float64)
    row = (rng.random(8) < 0.5).astype(np.float64)
    model = LinearModel(space)
    model.learn(row, effect)
    room = 2.0
    steps = model.steps(row, np.array([-room]), weight[None])
    everything = ((np.arange(256)[:, None] >> np.arange(8)) & 1).astype(np.float64)
    for radius, step in zip((1, 2, 4, 8), steps, strict=True):
        near = (np.abs(everything - row).sum(axis=1) <= radius) & ((everything - row) @ weight <= room)
        assert (step - row) @ weight <= room + 1e-9
        bound = linprog(  # no whole step can beat the fractional one, and rounding loses less than one entry
            effect * np.where(row > 0, -1, 1),
            A_ub=np.array([weight * np.where(row > 0, -1, 1), np.ones(8)]),
            b_ub=[room, radius],
            bounds=(0, 1),
        ).fun
        best = ((everything[near] - row) @ effect).min()
        assert bound <= best + 1e-9
        assert best - 1e-9 <= (step - row) @ effect <= best + np.abs(effect).max()


def test_the_model_learns_how_effects_bend() -> None:
    """From the gradients at 0 and at 1 the effect of a flip is known exactly where it is quadratic."""
    model = LinearModel(Space({"b": Binary(size=2)}))
    bend = np.array([6.0, -1.0])
    slope = lambda row: np.array([-2.0, 1.0]) + bend * row  # noqa: E731
    for row in (np.array([0.0, 0.0]), np.array([1.0, 1.0]), np.array([0.0, 1.0])):
        model.learn(row, slope(row))
    assert np.array_equal(model.steps(row, np.empty(0), np.empty((0, 2)))[0], row)  # -2 + 6 / 2 is no gain, nor is dropping
    fresh = LinearModel(Space({"b": Binary(size=2)}))
    fresh.learn(row, slope(row))
    assert fresh.steps(row, np.empty(0), np.empty((0, 2)))[0].tolist() == [1.0, 1.0]  # the slope alone promises 2


class _Unsolvable(Sphere):
    """A sphere whose follower has no answer near the middle."""

    name = "unsolvable"

    def value_and_gradient(self, matrix):
        if (np.abs(matrix) < 0.5).all():
            raise BraessError("no equilibrium")
        return super().value_and_gradient(matrix)


def test_goes_on_where_there_is_no_gradient() -> None:
    """A follower that fails at one design must cost that descent, not the study."""
    running = Gradient().start(_Unsolvable(2), np.random.default_rng(0))
    batches = go_on(running, _Unsolvable(2), 50, 1)
    assert len(batches) == 50


@pytest.mark.parametrize("mistake", [ZeroDivisionError("a bug"), InputError("not flat designs")], ids=["bug", "input"])
def test_mistakes_in_a_gradient_are_not_hidden(mistake: Exception) -> None:
    """What is no failure of a follower is a bug, and must not look like a search without luck."""

    class Broken(Sphere):
        def value_and_gradient(self, matrix):
            raise mistake

    running = Gradient().start(Broken(), np.random.default_rng(0))
    batch = running.ask(1)
    running.tell(batch, Broken().evaluate(batch))
    with pytest.raises(type(mistake)):
        running.ask(1)


def test_failed_evaluations_end_a_descent_only() -> None:
    """With a third of all designs failing the minimum must still be found from other starts."""
    assert best_of(Gradient(), Flaky(Sphere(2), 0.3), 300, 0) < 1e-3


@pytest.mark.parametrize("problem", [Wells(), _Effort(np.ones(4), exponent=2), Knapsack(30)], ids=lambda p: p.name)
def test_resumes_where_it_ended(problem, tmp_path) -> None:
    """A study that was stopped and resumed must be the one that was not: nothing may live outside what replaying restores."""

    def study(name: str, evaluations: int) -> Study:
        search, store = Gradient(), tmp_path / f"{name}.sqlite"
        return Study(problem, search, budget=Budget(evaluations=evaluations), seed=4, store=store, name=name, progress="off")

    whole = study("whole", 90).run()
    study("parts", 37).run()
    resumed = study("parts", 90).resume()
    assert resumed.designs.pack() == whole.designs.pack()
    assert np.array_equal(resumed.evaluations.objectives, whole.evaluations.objectives)


class _Plain(Sphere):
    """A sphere without derivatives."""

    name = "plain"
    value_and_gradient = None


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (_Plain(), "derivatives"),
        (_Blunt(np.ones(2)), "derivatives of the constraints"),
        (Mixed(), "categorical"),
        (Tour(), "permutation"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_problems_it_cannot_handle_are_refused(problem, reason: str) -> None:
    """The message must say what is missing and name methods that can."""
    with pytest.raises(InputError, match=reason) as caught:
        Gradient().start(problem, np.random.default_rng(0))
    assert "genetic" in str(caught.value)
    assert "gradient," not in str(caught.value)


def test_reals_beside_discrete_variables_are_refused() -> None:
    """Neither of its two methods decides both at once."""

    class Both(Sphere):
        def __init__(self) -> None:
            super().__init__(1)
            self.space = Space({"x": Real(low=0.0, high=1.0), "b": Binary()})

    with pytest.raises(InputError, match="at once"):
        Gradient().start(Both(), np.random.default_rng(0))


@pytest.mark.parametrize(
    ("field", "value"), [("descents", 0), ("tolerance", 0.0), ("tolerance", 1.0), ("elite", 0), ("strength", 0)]
)
def test_impossible_settings_are_refused(field: str, value: float) -> None:
    """A wrong hyper-parameter must be named before anything runs."""
    with pytest.raises(InputError, match=field):
        Gradient(**{field: value})


def test_evaluations_decide_not_the_gradient_that_comes_with_a_value() -> None:
    """A discrete design is taken for what the study measured, whatever the relaxation said of it."""

    class Optimist(Knapsack):
        def value_and_gradient(self, matrix):
            values, gradients = super().value_and_gradient(matrix)
            return values + 1e6, gradients

    plain, optimist = Knapsack(14), Optimist(14)
    found = [_designs(problem) for problem in (plain, optimist)]
    assert found[0] == found[1]


def _designs(problem) -> list[bytes]:
    running = Gradient().start(problem, np.random.default_rng(0))
    batches: list[Evaluations] = go_on(running, problem, 200, 16)
    return [key for batch in batches for key in batch.hashes()]
