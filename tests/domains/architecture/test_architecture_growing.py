"""Growing networks as a problem: conformance, designs and layers, weights that are kept, a study from its file."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

pytest.importorskip("torch", reason="training networks needs the extra learn")

import torch

from braess.domains.architecture.growing.problem import GrowingNetwork
from braess.domains.architecture.growing.settings import GrowingNetworkSettings
from braess.domains.architecture.training.fit import error_of
from braess.domains.architecture.training.recipe import Training
from braess.errors import InputError
from braess.learn.morph import Conv, Dense, Pool
from braess.problem import Problem
from braess.search._controllers import Chance, grown
from braess.search.eas import EAS
from braess.study import Budget, Study
from braess.testing import ProblemConformance

SMALL = GrowingNetworkSettings(
    images="stripes",
    training_images=256,
    validation_images=100,
    pooled=1,
    filters=(2, 3, 4),
    units=(4, 6),
    depth=2,
    training=Training(epochs=1, rate=0.05, decay=1e-4),
)


class TestGrowingNetworkConformance(ProblemConformance):
    problem: Problem = GrowingNetwork(SMALL)
    designs: ClassVar[int] = 3


def problem(**changes: Any) -> GrowingNetwork:
    training = {name: changes.pop(name) for name in ("epochs", "rate", "decay") if name in changes}
    return GrowingNetwork(replace(SMALL, training=replace(SMALL.training, **training), **changes))


def test_designs_are_layers() -> None:
    """The smallest network, read and written; every design of the space must be rebuilt from its layers."""
    plain = problem().plain
    assert plain.layers_of(plain.smallest()) == [Conv(2), Pool(), Conv(2), Pool(), Dense(4)]
    designs = plain.space.sample(50, np.random.default_rng(0))
    assert all(plain.design_of(plain.blocks_of(design)).same_as(design).all() for design in designs)


def test_growth_is_what_the_ladders_leave_open() -> None:
    """Pools and layers on the top rung cannot be widened, full blocks take no more, dense layers have one sort."""
    plain = problem().plain
    one = plain.growth(plain.smallest())
    assert one.widen.tolist() == [True, False, True, False, True]
    assert one.insert.sum(axis=(1, 2)).tolist() == [3, 3, 1]
    wide = plain.widened(plain.widened(plain.smallest(), one.widen), one.widen & (np.arange(5) < 4))
    assert plain.layers_of(wide) == [Conv(4), Pool(), Conv(4), Pool(), Dense(6)]
    assert not plain.growth(wide).widen.any()
    deep = plain.inserted(wide, 1, 0, 2)
    assert plain.layers_of(deep) == [Conv(4), Pool(), Conv(4), Conv(4, 5), Pool(), Dense(6)]
    assert not plain.growth(deep).insert[1].any()
    assert len(set(plain.growth(deep).tokens.tolist())) == 4
    assert plain.growth(deep).tokens.max() < plain.vocabulary


def test_a_grown_network_begins_where_the_smaller_one_ended() -> None:
    """Without noise and with a learning rate of nearly nothing its error is that of the smaller one, whatever it has become."""
    still = problem(noise=(0.0, 0.0), rate=1e-12, decay=0.0, epochs=1)
    trained = problem(epochs=6)
    start = trained.smallest()
    [state] = trained.evaluate_from(start, [None]).states or ()
    for path in grown(trained, start, 3, (2, 3), Chance(), np.random.default_rng(0)):
        network = still._begun(path.design, state, torch.Generator().manual_seed(0)).eval()
        smaller = trained._begun(start, state, torch.Generator()).eval()
        pixels = torch.from_numpy(still.images.validation.pixels)
        with torch.no_grad():
            torch.testing.assert_close(network(pixels), smaller(pixels), rtol=1e-4, atol=1e-4)
        assert error_of(network, still.images.validation) == error_of(smaller, still.images.validation)


def test_inherited_weights_help() -> None:
    """After as many epochs, children of a trained network must err less than networks begun at random, by the median."""
    one = problem(epochs=2)
    start = one.smallest()
    [state] = problem(epochs=12).evaluate_from(start, [None]).states or ()
    paths = grown(one, start, 5, (2, 1), Chance(), np.random.default_rng(1))
    designs = one.space.concatenate([path.design for path in paths])
    inherited = one.evaluate_from(designs, [state] * 5).objectives
    assert np.median(inherited) < np.median(one.evaluate(designs).objectives)


def test_states_are_left_alone_and_pickle() -> None:
    """A parent has several children; the same design from the same state must come to the same bits."""
    one = problem()
    [state] = one.evaluate_from(one.smallest(), [None]).states or ()
    before = {name: values.clone() for name, values in state.weights.items()}
    larger = one.widened(one.smallest(), one.growth(one.smallest()).widen)
    copied = pickle.loads(pickle.dumps(state))
    found = [one.evaluate_from(larger, [given]) for given in (state, state, copied)]
    assert len({float(evaluations.objectives[0, 0]) for evaluations in found}) == 1
    assert all(torch.equal(values, before[name]) for name, values in state.weights.items())
    weights = [evaluations.states[0].weights for evaluations in found]
    assert all(torch.equal(weights[0][name], weights[2][name]) for name in weights[0])


def test_what_cannot_grow_is_trained_from_nothing() -> None:
    """A smaller network evaluated from a larger one's state must be worth what it is worth alone."""
    one = problem()
    larger = one.widened(one.smallest(), one.growth(one.smallest()).widen)
    [state] = one.evaluate_from(larger, [None]).states or ()
    alone, after = one.evaluate(one.smallest()), one.evaluate_from(one.smallest(), [state])
    assert np.array_equal(alone.objectives, after.objectives)


@pytest.mark.parametrize("controller", ["reinforce", "evolution", "random"])
def test_a_study_grows_networks(tmp_path: Path, controller: str) -> None:
    """The record must hold networks each grown from one before, and resume to the same after being cut off."""
    one = problem()
    search = EAS(controller=controller, nets=3, widenings=1, deepenings=1, stage=1, reward="tan", changes=2)
    settings: dict[str, Any] = {"seed": 1, "batch": 2, "progress": "off"}
    whole = Study(one, search, budget=Budget(evaluations=8), **settings).run()
    assert not whole.evaluations.failed.any()
    assert whole.designs.take([0]).same_as(one.smallest()).all()
    store = tmp_path / "record.sqlite"
    Study(one, search, budget=Budget(evaluations=5), store=store, **settings).run()
    resumed = Study(one, search, budget=Budget(evaluations=8), store=store, **settings).resume()
    assert np.array_equal(resumed.evaluations.objectives, whole.evaluations.objectives)


def test_a_study_file_is_read(tmp_path: Path) -> None:
    from braess.study.file import read_study

    text = (
        '[problem]\nkind = "growing-network"\nimages = "stripes"\npooled = 1\ntraining_images = 200\nvalidation_images = 50\n'
    )
    text += '[search]\nmethod = "eas"\ncontroller = "evolution"\n[budget]\nevaluations = 3\n'
    (tmp_path / "study.toml").write_text(text)
    plan = read_study(tmp_path / "study.toml")
    plan.build_search().require_fit(plan.build_problem())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"filters": (4, 4)}, "filters"),
        ({"filters": ()}, "filters"),
        ({"kernels": (1, 2)}, "kernels"),
        ({"units": (0, 4)}, "units"),
        ({"blocks": 0}, "blocks"),
        ({"blocks": 9}, "layers"),
        ({"depth": 0}, "depth"),
        ({"dense": 0}, "dense"),
        ({"epochs": 0}, "epochs"),
        ({"images": "stripe"}, "images"),
    ],
)
def test_impossible_settings_are_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError, match=field):
        problem(**changes)
