"""Networks built from designs have the published numbers of parameters, the right wiring and weights from one generator."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from braess.errors import InputError
from braess.space import Designs, every_design

torch = pytest.importorskip("torch", reason="networks need the extra learn")

from braess.domains.architecture.networks import (
    OPERATIONS,
    CellFamily,
    ChainFamily,
    Family,
    InvertedResidual,
    MLPFamily,
    ResNetFamily,
    edges_of,
    initialise,
    live_edges,
    operation,
)

SMALL = (1, 14, 14)
FAMILIES: dict[str, Family] = {
    "cell": CellFamily(image=SMALL, nodes=3, channels=4, cells=1),
    "chain": ChainFamily(image=SMALL, blocks=("skip", "k3_e2", "k5_e1_g2"), stages=((8, 2, 1), (12, 2, 2)), stem=4, head=16),
    "resnet": ResNetFamily(image=SMALL, stages=(4, 8), depth=2, levels=4),
    "mlp": MLPFamily(image=SMALL, hidden=(12, 8), levels=4),
}
each_family = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


def one(family: Family, seed: int = 0) -> Designs:
    return family.space.sample(1, np.random.default_rng(seed))


def parameters(network: torch.nn.Module) -> int:
    return sum(values.numel() for values in network.parameters())


@settings(max_examples=4, deadline=None)
@given(st.lists(st.sampled_from(OPERATIONS), min_size=6, max_size=6))
def test_cell_networks_have_the_parameters_of_nas_bench_201(operations: list[str]) -> None:
    """The closed form reproduces the least (0.073306 M) and the most (1.531546 M) parameters that the benchmark states."""
    family = CellFamily()
    design = family.space.designs({"operation": [[OPERATIONS.index(name) for name in operations]]})
    expected = 73_306 + 243_040 * operations.count("nor_conv_3x3") + 28_000 * operations.count("nor_conv_1x1")
    assert parameters(family.blank(design)) == expected


def test_widest_resnet_is_resnet_20() -> None:
    """ResNet-20 with convolutions as shortcuts has 272,474 parameters (269,722 of the paper's + 2,752 of the shortcuts)."""
    family = ResNetFamily()
    full = family.space.designs({"stage": np.full((1, 3), 8), "block": np.full((1, 9), 8)})
    assert parameters(family.blank(full)) == 272_474


def test_chain_has_the_parameters_of_nas_bench_macro() -> None:
    """Parameters of trained networks as published, some of 6,561."""
    path = Path(os.environ.get("BRAESS_DATA", ""), "nas", "nas_bench_macro_cifar10.json.gz")
    if not os.environ.get("BRAESS_DATA") or not path.exists():
        pytest.skip("nas/nas_bench_macro_cifar10.json.gz is not in the folder that BRAESS_DATA names")
    table, family = json.loads(gzip.decompress(path.read_bytes())), ChainFamily()
    for name in list(table)[::900]:
        network = family.blank(family.space.designs({"block": [[int(code) for code in name]]}))
        assert parameters(network) == table[name]["params"]


def test_perceptron_in_closed_form() -> None:
    """Three linear layers are three products and shifts."""
    family = FAMILIES["mlp"]
    network = family.build(family.space.designs({"layer": [[4, 1]]}), torch.Generator().manual_seed(0))
    assert parameters(network) == 196 * 12 + 12 + 12 * 2 + 2 + 2 * 10 + 10
    weights = [values.detach().double().numpy() for values in network.parameters()]
    x = np.random.default_rng(0).normal(size=(5, 196))
    hidden = np.maximum(np.maximum(x @ weights[0].T + weights[1], 0) @ weights[2].T + weights[3], 0)
    found = network(torch.as_tensor(x, dtype=torch.float32).view(5, *SMALL)).detach().numpy()
    np.testing.assert_allclose(found, hidden @ weights[4].T + weights[5], rtol=1e-4, atol=1e-5)


def test_cell_is_the_sum_over_paths() -> None:
    """With identities alone, the last of four nodes is 4 times the input: so many paths lead there."""
    family = CellFamily(nodes=4, cells=1, stages=1, channels=4)
    network = family.blank(family.space.designs({"operation": [[1] * 6]})).to_empty(device="cpu")
    x = torch.rand(2, 4, 5, 5)
    assert torch.allclose(network.layers[0](x), 4 * x)  # type: ignore[operator, index]


def test_mean_pooling_leaves_constants_alone() -> None:
    """The mean at the border is over the places that exist."""
    x = torch.ones(1, 2, 5, 5)
    assert torch.equal(operation("avg_pool_3x3", 2)(x), x)


def test_live_edges_are_those_that_change_the_output() -> None:
    """By brute force over all 125 cells of three edges: an edge lives where turning it off changes the scores."""
    family = FAMILIES["cell"]
    x = torch.rand(2, 4, 6, 6, generator=torch.Generator().manual_seed(1))
    for design in every_design(family.space):
        names = [OPERATIONS[code] for code in design["operation"][0]]
        network = family.build(design, torch.Generator().manual_seed(0)).eval()
        cell = network.layers[0]  # type: ignore[index]
        before, changed = cell(x), []
        for i in range(3):
            kept, cell.edges[i] = cell.edges[i], operation("none", 4)
            changed.append(not torch.equal(cell(x), before))
            cell.edges[i] = kept
        assert changed == live_edges(names, 3)


def test_dead_networks_score_and_learn_without_failing() -> None:
    """Nothing passes: every image has the same scores, and the last layer still has a gradient."""
    family = FAMILIES["cell"]
    network = family.build(family.space.designs({"operation": [[0, 0, 0]]}), torch.Generator().manual_seed(0))
    scores = network(torch.rand(4, *SMALL))
    assert torch.equal(scores, scores[:1].expand_as(scores))
    scores.logsumexp(dim=1).sum().backward()
    assert torch.isfinite(network.head.classifier.bias.grad).all()  # type: ignore[union-attr]


def test_block_with_groups_mixes_them() -> None:
    """Without a shuffle each half of the output would see half of the input only."""
    block = InvertedResidual(4, 4, 1, 3, 2, groups=2).eval()
    x = torch.rand(1, 4, 5, 5, requires_grad=True)
    block(x)[0, :2].sum().backward()
    assert (x.grad.abs().sum(dim=(0, 2, 3)) > 0).all()  # type: ignore[union-attr]


@each_family
def test_every_network_scores_images(family: Family) -> None:
    for seed in range(3):
        network = family.build(one(family, seed), torch.Generator().manual_seed(seed))
        scores = network(torch.rand(3, *SMALL))
        assert scores.shape == (3, 10)
        assert torch.isfinite(scores).all()
        assert len(list(network.blocks())) >= 2


@each_family
def test_weights_come_from_the_generator_alone(family: Family) -> None:
    """The same seed gives the same bits, whatever the global generator does, which is left where it was."""
    before = torch.get_rng_state()
    first = family.build(one(family), torch.Generator().manual_seed(5)).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(3)
    second = family.build(one(family), torch.Generator().manual_seed(5)).state_dict()
    other = family.build(one(family), torch.Generator().manual_seed(6)).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)
    torch.set_rng_state(before)


@each_family
def test_weights_are_drawn_as_torch_draws_them(family: Family) -> None:
    """Whole layers have the spread that torch gives them by default, and buffers start as there."""
    drawn = family.build(one(family), torch.Generator().manual_seed(5)).state_dict()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        default = family.network(one(family)).state_dict()
    for name, values in default.items():
        if values.dtype == torch.float32 and values.numel() > 100:
            assert float(drawn[name].std()) == pytest.approx(float(values.std()), rel=0.2)
        elif "norm" in name or "running" in name or "num_batches" in name:
            assert torch.equal(drawn[name], values)


def test_blocks_are_the_whole_network() -> None:
    """What blocks hold is every parameter, each once, so that their cost adds up."""
    for family in FAMILIES.values():
        network = family.blank(one(family))
        assert sum(parameters(block) for _, block in network.blocks()) == parameters(network)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: CellFamily(nodes=1), "nodes"),
        (lambda: CellFamily(operations=("nor_conv_2x2",)), "operation"),
        (lambda: CellFamily(channels=0), "channels"),
        (lambda: CellFamily(image=(3, 32)), "image"),
        (lambda: CellFamily(classes=1), "classes"),
        (lambda: ChainFamily(blocks=("k4_e3",)), "block"),
        (lambda: ChainFamily(blocks=("k3_e1_g5",)), "blocks"),
        (lambda: ChainFamily(stages=((8, 2),)), "stages"),  # type: ignore[arg-type]
        (lambda: ChainFamily(stages=()), "stages"),
        (lambda: ResNetFamily(stages=()), "stages"),
        (lambda: ResNetFamily(levels=0), "levels"),
        (lambda: MLPFamily(hidden=(0, 4)), "hidden"),
        (lambda: FAMILIES["mlp"].build(FAMILIES["mlp"].space.sample(2, np.random.default_rng(0)), torch.Generator()), "design"),
        (lambda: initialise(torch.nn.PReLU(), torch.Generator()), "network"),
    ],
)
def test_nonsense_is_refused(make: object, field: str) -> None:
    with pytest.raises(InputError) as error:
        make()  # type: ignore[operator]
    assert error.value.field == field


def test_edges_are_in_the_order_of_the_benchmark() -> None:
    assert edges_of(4) == [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2)]
    assert CellFamily().space.column_labels()[2] == "operation[2<-1]"
