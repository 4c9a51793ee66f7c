"""Trained networks with supernets: costs as sums, searches that train mixtures of them, superkernels."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from braess.domains.architecture.networks import CellFamily, ChainFamily, MLPFamily, ResNetFamily
from braess.domains.architecture.supernet.problems import MixedNetworks, NestedNetworks, trained_networks
from braess.domains.architecture.training.problem import ImageSource
from braess.domains.architecture.training.recipe import Training
from braess.errors import InputError
from braess.learn.bilevel import DARTS, SGD, Adam, Recipe, train
from braess.learn.bilevel import Training as BilevelTraining
from braess.learn.relaxation import Gates, Softmax, hard
from braess.problem import Mixable, Nestable, Problem, capability
from braess.search.darts import DARTS as DARTSSearch
from braess.search.darts_pt import DARTSPT
from braess.search.fbnet import FBNet
from braess.search.gm import GM
from braess.search.pc_darts import PCDARTS
from braess.search.proxylessnas import ProxylessNAS
from braess.search.rarts import RARTS
from braess.search.single_path_nas import SinglePathNAS
from braess.study import Budget, Study
from braess.testing import SearchConformance, Sphere

SOURCE = ImageSource(name="stripes", training=64, validation=32, test=32, pooled=1)
SHAPE = SOURCE.load().shape
TRAINING = Training(epochs=1, batch=16)
CELLS = CellFamily(image=SHAPE, classes=SOURCE.load().classes, nodes=3, channels=4, cells=1, stages=2)
CHAINS = ChainFamily(
    image=SHAPE,
    classes=SOURCE.load().classes,
    blocks=("skip", "k3_e3", "k3_e6", "k5_e3", "k5_e6"),
    stages=((4, 2, 1), (8, 1, 2)),
    stem=4,
    head=8,
)
MLPS = MLPFamily(image=SHAPE, classes=SOURCE.load().classes, hidden=(8, 8), levels=4)
RESNETS = ResNetFamily(image=SHAPE, classes=SOURCE.load().classes, stages=(4, 8), depth=1, levels=2)
QUICK = {"leader_rate": 0.05, "leader_decay": 0.0}


def _problem(family: object, **settings: object) -> MixedNetworks:
    return trained_networks("test", family, SOURCE, training=TRAINING, **settings)


@pytest.mark.parametrize("family", [CELLS, CHAINS], ids=["cells", "chains"])
@pytest.mark.parametrize("cost", ["flops", "parameters"])
def test_costs_of_cells_and_chains_are_sums(family: object, cost: str) -> None:
    problem = _problem(family, objectives=("error", cost))
    mixture = problem.mixture(np.random.default_rng(0))
    options = np.random.default_rng(1).integers(problem.options, size=(6, problem.space.width))
    designs = mixture.read(options)
    known = _problem(family, objectives=(cost,)).evaluate(designs).objectives[:, 0]
    assert mixture.costs(options) == pytest.approx(known, rel=1e-4)
    for row, cost_ in zip(options, known, strict=True):
        assert mixture.cost(hard(torch.from_numpy(row), problem.options).shares).item() == pytest.approx(cost_, rel=1e-4)


def test_costs_of_widths_are_nearly_sums() -> None:
    problem = _problem(MLPS)
    mixture = problem.mixture(np.random.default_rng(0))
    options = np.random.default_rng(1).integers(4, size=(20, 2))
    known = _problem(MLPS, objectives=("flops",)).evaluate(mixture.read(options)).objectives[:, 0]
    assert np.corrcoef(mixture.costs(options), known)[0, 1] > 0.95


@pytest.mark.parametrize("family", [CELLS, CHAINS, MLPS, RESNETS], ids=["cells", "chains", "perceptrons", "residual"])
def test_every_supernet_learns(family: object) -> None:
    mixture = _problem(family).mixture(np.random.default_rng(0))
    recipe = Recipe(epochs=12, leader=Adam(rate=0.01), follower=SGD(rate=0.05, momentum=0.9), clip=5.0)
    for mixing in (Softmax(), Gates(2)):
        mixture.mixing = mixing
        history = train(mixture, DARTS(), recipe, np.random.default_rng(0)).history
        assert history[-1].lower < history[0].lower


def test_what_belongs_to_a_choice_has_no_say_elsewhere() -> None:
    """Weights of one edge get their gradient through that edge alone."""
    mixture = _problem(CELLS).mixture(np.random.default_rng(0))
    own = [set(mixture.own(choice)) for choice in range(3)]
    assert own[0]
    assert not own[0] & own[1]
    weights = {name: values.clone().requires_grad_() for name, values in mixture.follower().items()}
    mixed = Softmax()(torch.zeros(3, 5), mixture.allowed, torch.Generator())
    mixed = replace(mixed, weights=mixed.weights * torch.tensor([[0.0], [1.0], [1.0]]))
    batch = next(mixture.batches("lower", torch.Generator().manual_seed(0)))
    mixture.loss(mixed, mixture.leader(), weights | mixture.buffers(), batch).backward()
    assert all((weights[name].grad == 0).all() for name in own[0])
    assert any((weights[name].grad != 0).any() for name in own[1])


def test_only_chains_of_nested_blocks_are_nestable() -> None:
    assert isinstance(_problem(CHAINS), NestedNetworks)
    assert capability(_problem(CHAINS), Nestable) is not None
    other = replace(CHAINS, blocks=("skip", "k3_e3"))
    assert capability(_problem(other), Nestable) is None
    assert capability(_problem(CELLS), Mixable) is not None
    with pytest.raises(InputError, match="part"):
        _problem(CHAINS).mixture(np.random.default_rng(0), part=4)
    with pytest.raises(InputError, match="cost"):
        _problem(CHAINS, objectives=("error",)).nested(np.random.default_rng(0))


def test_runtimes_of_superkernels_are_costs_at_their_corners() -> None:
    problem = _problem(CHAINS)
    nested = problem.nested(np.random.default_rng(0))
    follower = nested.follower() | nested.buffers()
    everything = nested.designs(nested.leader(), follower)
    assert everything["block"].tolist() == [[4, 4, 4]]
    known = _problem(CHAINS, objectives=("flops",)).evaluate(everything).objectives[0, 0]
    assert nested.runtime(nested.decide(nested.leader(), follower)).item() == pytest.approx(known, rel=1e-4)
    high = {"thresholds": torch.full((3, 3), 9.0)}
    assert nested.designs(high, follower)["block"].tolist() == [[0, 0, 1]]  # where shapes change, nothing is skipped


@pytest.mark.parametrize(
    ("search", "family"),
    [
        (DARTSSearch(epochs=2, **QUICK), CELLS),
        (DARTSSearch(epochs=1, order=2, product="differences", **QUICK), CELLS),
        (RARTS(epochs=2, **QUICK), CELLS),
        (PCDARTS(epochs=2, warmup=1, part=2, **QUICK), CELLS),
        (DARTSPT(epochs=1, every=1, tuning=1, **QUICK), CELLS),
        (GM(epochs=1, before=1, partings=1, batches=1, **QUICK), CELLS),
        (FBNet(epochs=2, warmup=1, draws=1, **QUICK), CHAINS),
        (ProxylessNAS(epochs=2, warmup=1, usual=1e4, **QUICK), CHAINS),
        (ProxylessNAS(epochs=2, warmup=1, cost="none", estimator="reinforce", draws=2, **QUICK), MLPS),
        (SinglePathNAS(epochs=2, warmup=1), CHAINS),
    ],
    ids=lambda given: getattr(given, "name", type(given).__name__),
)
def test_every_search_designs_networks(search: object, family: object) -> None:
    """A study from start to end: designs are read out, trained from scratch and judged on held-out images."""
    result = Study(_problem(family), search, budget=Budget(evaluations=10), seed=1, progress="off").run()
    assert 1 <= len(result.designs) <= 10
    assert np.isfinite(result.evaluations.objectives).all()


def test_a_price_shrinks_superkernels() -> None:
    costs = []
    for strength in (0.0, 100.0):
        search = SinglePathNAS(epochs=12, warmup=2, every=12, strength=strength, leader_rate=0.05)
        running = search.start(_problem(CHAINS), np.random.default_rng(0))
        costs.append(_problem(CHAINS, objectives=("flops",)).evaluate(running.ask(1)).objectives[0, 0])
    assert costs[1] < costs[0]


def test_weights_of_options_that_are_not_drawn_stay_as_they_are() -> None:
    """Neither momentum nor weight decay moves them (arXiv:1812.00332, section 3.1)."""
    mixture = _problem(CELLS).mixture(np.random.default_rng(0))
    mixture.sharing = Gates(1)
    recipe = Recipe(epochs=1, leader=Adam(rate=0.01), follower=SGD(rate=0.1, momentum=0.9, decay=0.1), warmup=1)
    training = BilevelTraining(mixture, DARTS(), recipe, np.random.default_rng(0))
    before = {name: tensor.detach().clone() for name, tensor in training.followers[0].tensors.items()}
    training.descend(training.followers[0], next(mixture.batches("lower", torch.Generator().manual_seed(0))))
    moved = {name for name, tensor in training.followers[0].tensors.items() if not torch.equal(tensor, before[name])}
    assert "stem.0.weight" in moved
    convolutions = {name for name in before if ".operations." in name}
    assert convolutions - moved
    assert len(convolutions & moved) <= len(convolutions) / 2


def test_each_node_keeps_its_strongest_inputs() -> None:
    """An edge counts by its likeliest operation times its share of the node; the others pass nothing on."""
    mixture = _problem(replace(CELLS, nodes=4)).mixture(np.random.default_rng(0), part=2)
    mixture.inputs = 2
    logits = torch.full((6, 5), -9.0)
    logits[torch.arange(6), torch.tensor([1, 2, 3, 0, 4, 2])] = 0.0  # the fourth edge had rather pass nothing on
    edges = torch.tensor([0.0, 0.0, 0.0, 5.0, 0.0, 1.0])
    found = mixture.designs({"logits": logits, "edges": edges}, {})["operation"][0]
    assert found.tolist() == [1, 2, 3, 0, 4, 2]
    edges[4] = -30.0
    logits[3, 1] = 1.0
    assert mixture.designs({"logits": logits, "edges": edges}, {})["operation"][0].tolist() == [1, 2, 3, 1, 0, 2]
    chain = _problem(CHAINS).mixture(np.random.default_rng(0))
    chain.inputs = 2
    with pytest.raises(InputError, match="nodes"):
        chain.designs(chain.leader(), {})


class TestSinglePathConformance(SearchConformance):
    search = SinglePathNAS(epochs=80, warmup=1, leader_rate=0.001, strength=10.0)
    problems: ClassVar = (_problem(replace(CHAINS, stages=((4, 3, 1), (8, 3, 2))), objectives=("flops", "parameters")),)
    unfit: ClassVar[tuple[Problem, ...]] = (Sphere(), _problem(CELLS))
    evaluations = 3
