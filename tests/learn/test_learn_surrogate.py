"""Predicted problems: what is predicted says so, what is screened is solved, and proofs stay with the exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from braess.domains.road import LaneAddition, load
from braess.errors import InputError
from braess.learn import Examples, Fit, Model
from braess.learn.surrogate import Screened, Surrogate
from braess.problem import Bounded, Cached, Differentiable, Graph, Repairable, capability
from braess.testing.toys import ZDT1, Sphere


class Free(Model):
    """A follower that does not mind congestion: flows of the network as it is, whatever the design."""

    name = "free"

    def __init__(self, flow: np.ndarray) -> None:
        self.flow, self.asked = flow, 0

    def _fit(self, training: Examples, validation: Examples, **_: Any) -> Fit:
        raise NotImplementedError

    def predict(self, graph: Graph) -> np.ndarray:
        self.asked += len(graph)
        return np.tile(self.flow, (len(graph), 1))

    def outside(self, graph: Graph) -> np.ndarray:
        return np.zeros(len(graph), dtype=np.bool_)

    def to(self, device: str) -> Free:
        return self

    def state(self) -> bytes:
        return self.flow.tobytes()

    def restore(self, state: bytes) -> None:
        raise NotImplementedError

    def settings(self) -> dict[str, Any]:
        return {}


@pytest.fixture(scope="module")
def lanes() -> LaneAddition:
    return LaneAddition(*load("sioux-falls"), budget_share=0.3)


@pytest.fixture
def free(lanes: LaneAddition) -> Free:
    return Free(lanes.equilibrium(lanes.anchors().take([0]))[0].flow)


def test_predictions_are_judged_and_say_so(lanes: LaneAddition, free: Free) -> None:
    """With the flows of the unchanged network, that network is judged exactly, any other as if nobody reacted."""
    surrogate = Surrogate(lanes, free)
    designs = lanes.anchors()
    found = surrogate.evaluate(designs)
    exact = lanes.evaluate(designs)
    assert not found.exact.any()
    assert found.objectives[0, 0] == pytest.approx(exact.objectives[0, 0], rel=1e-8)
    assert (found.constraints == exact.constraints).all()
    time = lanes.network.travel_time(free.flow, lanes.network.capacity * 1.5)
    assert found.objectives[1, 0] == pytest.approx(free.flow @ time)
    assert len(surrogate.evaluate(designs.take([]))) == 0


def test_another_model_is_another_problem(lanes: LaneAddition, free: Free) -> None:
    one = Surrogate(lanes, free).describe()
    assert one != lanes.describe()
    assert one != Surrogate(lanes, Free(free.flow * 1.01)).describe()
    assert one == Surrogate(lanes, Free(free.flow)).describe()


def test_what_holds_for_the_exact_problem_is_hidden(lanes: LaneAddition, free: Free) -> None:
    """A bound or a gradient of the exact problem says nothing of the predicted one; a repair does."""
    surrogate = Cached(Surrogate(lanes, free))
    assert capability(lanes, Bounded) is lanes  # type: ignore[type-abstract]
    for hidden in (Bounded, Differentiable):
        assert capability(surrogate, hidden) is None  # type: ignore[type-abstract]
    assert capability(surrogate, Repairable) is lanes  # type: ignore[type-abstract]


def test_the_best_predicted_are_solved(lanes: LaneAddition, free: Free) -> None:
    rng = np.random.default_rng(0)
    designs = lanes.repair(lanes.space.sample(40, rng), rng)
    predicted, exact = Surrogate(lanes, free).evaluate(designs), lanes.evaluate(designs)
    found = Screened(lanes, Surrogate(lanes, free), keep=0.1).evaluate(designs)
    solved = np.argsort(predicted.objectives[:, 0])[:4]
    assert np.flatnonzero(found.exact).tolist() == sorted(solved.tolist())
    assert (found.objectives[solved] == exact.objectives[solved]).all()
    others = np.setdiff1d(np.arange(40), solved)
    assert (found.objectives[others] == predicted.objectives[others]).all()
    assert (found.seconds[solved] > predicted.seconds[solved]).all()


def test_feasible_designs_are_solved_first(lanes: LaneAddition, free: Free) -> None:
    """All lanes is predicted to be best, and breaks the budget."""
    both = lanes.anchors()
    found = Screened(lanes, Surrogate(lanes, free), keep=0.5).evaluate(both)
    assert found.exact.tolist() == [True, False]


def test_what_does_not_fit_is_refused(lanes: LaneAddition, free: Free) -> None:
    with pytest.raises(InputError, match="shows no graphs"):
        Surrogate(Sphere(), free)
    with pytest.raises(InputError, match="same one objective"):
        Screened(ZDT1(), ZDT1())
    with pytest.raises(InputError, match="another space"):
        Screened(lanes, LaneAddition(lanes.network, lanes.demand, budget=1.0, links=[0, 1]))
    for keep in (0.0, 1.5):
        with pytest.raises(InputError, match="impossible share"):
            Screened(lanes, lanes, keep=keep)
