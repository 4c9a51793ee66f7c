"""Growing designs: conformance, decisions that can be made, an unbiased gradient, inherited states, better than chance."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any, ClassVar

import numpy as np
import pytest

pytest.importorskip("torch", reason="the agent needs the extra learn")

import torch

from braess.errors import InputError
from braess.problem import Growth
from braess.search._controllers import Chance, Path, changed, grown
from braess.search._eas_agent import Agent
from braess.search.eas import EAS
from braess.space import every_design
from braess.study import Budget, Study
from braess.testing import ZDT1, Cells, Knapsack, SearchConformance, Towers, go_on

QUICK = EAS(nets=5, widenings=2, deepenings=1, stage=2)
CONTROLLERS = ("reinforce", "evolution", "random")


class TestEASConformance(SearchConformance):
    search = QUICK
    problems: ClassVar = (Towers(),)
    unfit: ClassVar = (ZDT1(), Cells(), Knapsack())
    evaluations = 30


class TestEvolutionConformance(SearchConformance):
    search = replace(QUICK, controller="evolution")
    problems: ClassVar = (Towers(),)
    unfit: ClassVar = (ZDT1(), Cells())
    evaluations = 30


class TestRandomGrowthConformance(SearchConformance):
    search = replace(QUICK, controller="random")
    problems: ClassVar = (Towers(),)
    unfit: ClassVar = (ZDT1(), Cells())
    evaluations = 30


def agent(seed: int = 0, insertions: tuple[int, int, int] = (2, 3, 2), entropy: float = 0.0) -> Agent:
    return Agent(7, insertions, np.random.default_rng(seed), rate=1e-2, entropy=entropy)


def growth() -> Growth:
    """Three elements of which the middle one is as large as can be; a hole in what can be inserted."""
    insert = np.zeros((2, 3, 2), dtype=np.bool_)
    insert[0, :2] = insert[1, 1, 1] = True
    return Growth(np.array([3, 6, 0]), np.array([True, False, True]), insert)


def everything(one: Growth) -> list[Path]:
    """Return every path of one widening and one insertion."""
    elements = [np.array(bits) & one.widen for bits in itertools.product((False, True), repeat=3) if not bits[1]]
    places = [tuple(place) for place in np.argwhere(one.insert).tolist()]
    return [Path(None, [(one, grow)], [(one, place)]) for grow in elements for place in places]  # type: ignore[arg-type]


def log_probability(policy: Agent, path: Path) -> torch.Tensor:
    return policy.gain([path], np.ones(1))


def test_probabilities_of_what_can_be_done_add_up_to_one() -> None:
    """Nothing may be left for what is masked, whatever else is in the batch."""
    policy = agent()
    with torch.no_grad():
        total = sum(float(log_probability(policy, path).exp()) for path in everything(growth()))
    assert total == pytest.approx(1.0, abs=1e-5)


def test_what_is_masked_gets_no_gradient() -> None:
    """Heads of options that cannot be taken must not move, nor the one for elements that cannot grow."""
    policy = agent(entropy=0.1)
    one = growth()
    full = replace(one, widen=np.zeros(3, dtype=np.bool_))
    path = Path(None, [(full, np.zeros(3, dtype=np.bool_))], [(one, (1, 1, 1))])  # type: ignore[arg-type]
    policy.gain([path], np.ones(1)).backward()
    position, sort = policy.policy.heads[1].weight.grad, policy.policy.heads[2].weight.grad
    assert not policy.policy.wider.weight.grad.any()
    assert not position.any(), "one position is left in this block: no choice"
    assert not sort.any()
    path.inserted[0] = (one, (0, 0, 1))
    policy.gain([path], np.ones(1)).backward()
    assert position[:2].any()
    assert not position[2].any()


def test_gradient_is_that_of_the_expected_reward() -> None:
    """REINFORCE with any constant baseline, over all paths as often as they are drawn, against direct differentiation."""
    policy, paths = agent(1), everything(growth())
    rewards = np.random.default_rng(5).normal(size=len(paths))
    logs = torch.stack([log_probability(policy, path) for path in paths])
    expected = torch.autograd.grad(
        (logs.exp() * torch.tensor(rewards)).sum(), list(policy.policy.parameters()), allow_unused=True
    )
    often = logs.detach().exp().double().numpy()
    for baseline in (0.0, 3.0):
        gain = policy.gain(paths, often * (rewards - baseline))
        found = torch.autograd.grad(gain, list(policy.policy.parameters()), allow_unused=True)
        for mine, theirs in zip(found, expected, strict=True):
            if mine is not None:
                torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=2e-6)


def test_decisions_are_drawn_as_often_as_they_are_likely() -> None:
    """Frequencies of 4000 draws against probabilities: within five standard deviations each."""
    policy, one, n, rng = agent(2), growth(), 4000, np.random.default_rng(0)
    with torch.no_grad():
        for weights in policy.policy.parameters():
            weights *= 4.0  # so that probabilities are far from even
        places = [tuple(place) for place in np.argwhere(one.insert).tolist()]
        likely = np.array([float(log_probability(policy, Path(None, [], [(one, place)])).exp()) for place in places])  # type: ignore[arg-type]
        odds = torch.sigmoid(policy.policy.widening([one]))[0].numpy()
    drawn = policy.insert([one] * n, rng)
    often = np.array([drawn.count(place) for place in places]) / n
    assert (abs(often - likely) < 5.0 * np.sqrt(likely * (1.0 - likely) / n) + 1e-9).all()
    grows = np.mean(policy.widen([one] * n, rng), axis=0)
    assert (abs(grows - odds * one.widen) < 5.0 * np.sqrt(odds * (1.0 - odds) / n)).all()


def test_short_designs_do_not_see_the_padding() -> None:
    """What is read of a design must not depend on how long others in the batch are."""
    policy, one = agent(), growth()
    longer = Growth(np.arange(6), np.ones(6, dtype=np.bool_), one.insert)
    with torch.no_grad():
        alone, together = policy.policy.widening([one]), policy.policy.widening([longer, one])
    torch.testing.assert_close(together[1, :3], alone[0])


def test_an_agent_learns_what_pays() -> None:
    """If only making the first element larger pays, it must come to do that nearly always."""
    policy, one, rng = agent(3), growth(), np.random.default_rng(1)
    for _ in range(150):
        elements = policy.widen([one] * 10, rng)
        paths = [Path(None, [(one, grow)]) for grow in elements]  # type: ignore[arg-type]
        policy.learn(paths, np.array([float(grow[0]) - float(grow[2]) for grow in elements]))
    assert np.mean(policy.widen([one] * 500, rng), axis=0) == pytest.approx([1.0, 0.0, 0.0], abs=0.05)


def test_designs_grow_as_told() -> None:
    """Whatever is decided, no element may be smaller than before and none may go."""
    towers, rng = Towers(), np.random.default_rng(0)
    start = towers.smallest()
    for path in [*grown(towers, start, 20, (2, 3), Chance(), rng), *changed(towers, start, 20, 4, rng)]:
        assert path.design["tower"][0] >= 1
        assert path.design["tower.0.sort"][0] == 0
    assert all(path.design["tower"][0] == 4 for path in grown(towers, start, 5, (0, 3), Chance(), rng))
    assert all(len(path.inserted) == 3 for path in grown(towers, start, 5, (0, 9), Chance(), rng))


@pytest.mark.parametrize("controller", CONTROLLERS)
def test_the_best_tower_is_found(controller: str) -> None:
    """Of all towers, by enumeration; inherited follower states must not matter here, so the full worth is compared."""
    towers = Towers(3, 2)
    every = towers.full(every_design(towers.space))
    reachable = every[every_design(towers.space)["tower.0.sort"] == 0].max()
    study = Study(towers, replace(QUICK, controller=controller), budget=Budget(evaluations=80), seed=1, progress="off")
    result = study.run()
    assert towers.full(result.designs).max() == reachable


@pytest.mark.parametrize("workers", [1, 3])
def test_followers_start_where_those_of_parents_ended(tmp_path: FilePath, workers: int) -> None:
    """Worth grows with the generations behind a design, and a study that was cut off must come to the same."""
    towers = Towers()
    settings: dict[str, Any] = {"seed": 2, "batch": 3, "progress": "off", "workers": workers}
    whole = Study(towers, QUICK, budget=Budget(evaluations=40), **settings).run()
    share = (whole.evaluations.objectives / towers.full(whole.designs))[:, 0]
    generations = np.round(-np.log2(1.0 - share))
    np.testing.assert_allclose(share, 1.0 - 0.5**generations, atol=1e-9)
    assert generations[0] == 1
    assert set(generations[1:4]) == {2}
    assert generations.max() >= 4
    store = tmp_path / "record.sqlite"
    Study(towers, QUICK, budget=Budget(evaluations=17), store=store, **settings).run()
    resumed = Study(towers, QUICK, budget=Budget(evaluations=40), store=store, **settings).resume()
    assert resumed.designs.same_as(whole.designs).all()
    assert np.array_equal(resumed.evaluations.objectives, whole.evaluations.objectives)


def test_forgotten_states_are_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for few states, a study must find the same."""
    search = replace(QUICK, controller="evolution")
    settings: dict[str, Any] = {"budget": Budget(evaluations=40), "seed": 3, "progress": "off"}
    whole = Study(Towers(), search, **settings).run()
    monkeypatch.setattr("braess.study.lineage._KEPT", 1)
    again = Study(Towers(), search, **settings).run()
    assert np.array_equal(again.evaluations.objectives, whole.evaluations.objectives)


@pytest.mark.parametrize("controller", CONTROLLERS)
def test_designs_of_a_fixed_number_of_elements_grow(controller: str) -> None:
    """Where nothing can be inserted, elements must grow to the largest there are."""

    class Cottage(Towers):
        def growth(self, design: Any) -> Growth:
            size = design["tower.0.size"]
            return Growth(size, size < self.sizes, np.zeros((0, 0, 0), dtype=np.bool_))

    cottage = Cottage(1, 3)
    cottage.insertions = (0, 0, 0)
    found = go_on(replace(QUICK, controller=controller).start(cottage, np.random.default_rng(0)), cottage, 10, 4)
    assert sorted(int(batch["tower.0.size"][i]) for batch in found for i in range(len(batch))) == [1, 2, 3]


def test_a_parent_must_have_been_evaluated() -> None:
    """A search that names another one must be told so, not end in a missing key."""

    class Lost(EAS):
        def _start(self, problem: Any, rng: np.random.Generator) -> Any:
            running: Any = super()._start(problem, rng)
            running.parents = lambda designs: [b"lost"] * len(designs)
            return running

    with pytest.raises(InputError, match="not evaluated"):
        Study(Towers(), Lost(controller="random"), budget=Budget(evaluations=3), progress="off").run()


def test_rewards_are_those_published() -> None:
    """The tangent of half a right angle is 1, no share counts more than 0.99, what failed counts as the worst."""
    running: Any = replace(QUICK, reward="tan", controller="random").start(Towers(), np.random.default_rng(0))
    running._pool = {b"half": (0.0, -0.5), b"high": (0.0, -0.999), b"failed": (np.inf, np.inf)}
    found = running._rewards(np.array(list(running._pool.values())))
    np.testing.assert_allclose(found, [1.0, np.tan(0.495 * np.pi), 1.0])


def test_the_tangent_wants_shares() -> None:
    """A tower is worth more than 1: the tangent of that means nothing."""
    with pytest.raises(InputError, match="reward"):
        Study(Towers(), replace(QUICK, reward="tan"), budget=Budget(evaluations=20), progress="off").run()


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"controller": "chance"}, "controller"),
        ({"reward": "log"}, "reward"),
        ({"nets": 0}, "nets"),
        ({"widenings": -1}, "widenings"),
        ({"widenings": 0, "deepenings": 0}, "widenings"),
        ({"changes": 0}, "changes"),
        ({"stage": -1}, "stage"),
        ({"rate": 0.0}, "rate"),
        ({"entropy": -1.0}, "entropy"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError, match=field):
        EAS(**settings)
