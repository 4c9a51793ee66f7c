"""Costs are those of published tables and closed forms; tables of latency add up what they hold."""

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

torch = pytest.importorskip("torch", reason="networks need the extra learn")

from torch.utils.flop_counter import FlopCounterMode

from braess.domains.architecture.costs import additive
from braess.domains.architecture.costs.additive import (
    LatencyTable,
    blocks_of,
    compare,
    profile,
    uniform_designs,
)
from braess.domains.architecture.costs.counting import flops, parameters
from braess.domains.architecture.costs.latency import latency
from braess.domains.architecture.costs.memory import inference_memory, saved_bytes, training_memory
from braess.domains.architecture.costs.timing import Timing
from braess.domains.architecture.networks import (
    OPERATIONS,
    CellFamily,
    ChainFamily,
    Family,
    MLPFamily,
    Network,
    ResNetFamily,
)

SMALL = (1, 14, 14)
CELL = CellFamily(image=SMALL, nodes=3, channels=4, cells=1)
CHAIN = ChainFamily(image=SMALL, blocks=("skip", "k3_e2", "k5_e1_g2"), stages=((8, 2, 1), (12, 2, 2)), stem=4, head=16)
RESNET = ResNetFamily(image=SMALL, stages=(4, 8), depth=2, levels=4)
PERCEPTRON = MLPFamily(image=(1, 4, 4), hidden=(8, 6), levels=2)
FAMILIES = {"cell": CELL, "chain": CHAIN, "resnet": RESNET, "mlp": PERCEPTRON}
each_family = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


def some(family: Family, seed: int = 0) -> Network:
    return family.build(family.space.sample(1, np.random.default_rng(seed)), torch.Generator().manual_seed(seed))


@settings(max_examples=4, deadline=None)
@given(st.lists(st.sampled_from(OPERATIONS), min_size=6, max_size=6))
def test_cell_networks_have_the_flops_of_nas_bench_201(operations: list[str]) -> None:
    """7.78305 M for the smallest, 220.11969 M for the largest of the benchmark, linear in between."""
    family = CellFamily()
    network = family.blank(family.space.designs({"operation": [[OPERATIONS.index(name) for name in operations]]}))
    expected = 7_783_050 + 35_389_440 * operations.count("nor_conv_3x3") + 3_932_160 * operations.count("nor_conv_1x1")
    assert flops(network, family.image) == expected


def test_chains_have_the_flops_of_nas_bench_macro() -> None:
    """The published counts leave out the ten shifts of the last layer, and are met exactly otherwise."""
    path = Path(os.environ.get("BRAESS_DATA", ""), "nas", "nas_bench_macro_cifar10.json.gz")
    if not os.environ.get("BRAESS_DATA") or not path.exists():
        pytest.skip("nas/nas_bench_macro_cifar10.json.gz is not in the folder that BRAESS_DATA names")
    table, family = json.loads(gzip.decompress(path.read_bytes())), ChainFamily()
    for name in list(table)[::900]:
        network = family.blank(family.space.designs({"block": [[int(code) for code in name]]}))
        assert flops(network, family.image) == table[name]["flops"] + 10


@each_family
def test_operations_are_those_that_torch_counts(family: Family) -> None:
    """Torch counts a multiplication with its addition as two, and no shifts."""
    network = some(family).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.zeros(1, *family.image))
    linear = [module for module in network.modules() if isinstance(module, torch.nn.Linear)]
    assert 2 * (flops(network, family.image) - sum(len(layer.bias) for layer in linear)) == counter.get_total_flops()


def test_counting_leaves_the_network_as_it_is() -> None:
    network = some(CELL).train()
    before = {name: values.clone() for name, values in network.state_dict().items()}
    flops(network, SMALL)
    inference_memory(network, SMALL)
    training_memory(network, SMALL, batch=2)
    list(blocks_of(network, SMALL))
    assert network.training
    assert all(torch.equal(values, before[name]) for name, values in network.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_memory_of_a_perceptron_in_closed_form() -> None:
    """At its worst the second hidden layer is there before and after its rectifier, with what it was made from."""
    network = PERCEPTRON.blank(PERCEPTRON.space.designs({"layer": [[2, 2]]}))
    weights = 4 * (16 * 8 + 8 + 8 * 6 + 6 + 6 * 10 + 10)
    for batch in (1, 3, 50):
        assert inference_memory(network, (1, 4, 4), batch=batch) == weights + 4 * batch * (16 + 8 + 6 + 6)


def test_bytes_kept_for_the_way_back_in_closed_form() -> None:
    """A perceptron keeps its images, which do not count, and what its rectifiers gave: once, though two layers use it."""
    network = PERCEPTRON.build(PERCEPTRON.space.designs({"layer": [[2, 2]]}), torch.Generator().manual_seed(0))
    assert parameters(network) == 260
    assert saved_bytes(network, torch.rand(3, 1, 4, 4)) == 4 * 3 * (8 + 6)


@each_family
def test_training_needs_what_it_must(family: Family) -> None:
    """Weights, momenta and what is kept for the way back are there at once; more images need more in proportion."""
    network = some(family)
    kept = saved_bytes(network, torch.rand(16, *family.image))
    found = [training_memory(network, family.image, batch=batch) for batch in (16, 32, 48)]
    assert found[0] >= 8 * parameters(network) + kept
    assert found[2] - found[1] == pytest.approx(found[1] - found[0], rel=0.02)
    assert inference_memory(network, family.image, batch=16) < found[0]


@each_family
def test_memory_is_the_same_without_and_with_numbers(family: Family) -> None:
    """What tensors that exist take is what shapes alone say, but for what batch norms note for a moment."""
    network = some(family)
    for memory in (inference_memory, training_memory):
        by_shape, there = (memory(network, family.image, batch=4, device=device) for device in ("meta", "cpu"))
        assert by_shape == pytest.approx(there, rel=1e-2)


def test_latency_is_measured_without_the_extremes(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a clock of our own: runs of 1 to 10 s, of which the two shortest and the two longest are left out."""
    lengths = [1.0, 2.0, *map(float, range(1, 11))]  # two runs to warm up
    looks = iter(np.cumsum([part for length in lengths for part in (0.0, length)]).tolist())
    monkeypatch.setattr("braess.domains.architecture.costs.latency.time.perf_counter", lambda: next(looks))
    found = latency(torch.nn.Identity(), (2,), Timing(warm=2, repeats=10, trim=0.2))
    assert found == pytest.approx(1e3 * np.mean(np.arange(3, 9)))


def test_latency_leaves_threads_and_cores_as_they_are() -> None:
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    threads = torch.get_num_threads()
    assert 0 < latency(some(CELL), SMALL, Timing(repeats=3)) < 1e5
    assert torch.get_num_threads() == threads
    assert cores is None or os.sched_getaffinity(0) == cores


@pytest.mark.parametrize("family", [CELL, CHAIN], ids=["cell", "chain"])
def test_uniform_designs_hold_every_block(family: Family) -> None:
    """So the table knows every cell or chain after as many designs as there are options."""
    known = {kind for design in uniform_designs(family) for kind, _, _ in blocks_of(family.blank(design), family.image)}
    for design in family.space.sample(10, np.random.default_rng(0)):
        assert {kind for kind, _, _ in blocks_of(family.blank(design), family.image)} <= known


def test_blocks_of_one_kind_are_alike() -> None:
    """Blocks that share a place in the table have weights of the same shapes and the same operations."""
    for family in FAMILIES.values():
        seen: dict[str, tuple[object, ...]] = {}
        for design in family.space.sample(8, np.random.default_rng(0)):
            for kind, block, shape in blocks_of(family.blank(design), family.image):
                convolutions = [
                    (module.stride, module.groups) for module in block.modules() if isinstance(module, torch.nn.Conv2d)
                ]
                facts = ([tuple(values.shape) for values in block.parameters()], shape, convolutions)
                assert seen.setdefault(kind, facts) == facts


def test_tables_add_up_what_a_clock_of_our_own_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the time of a module is its number of weights, sums over blocks are exact, and the comparison says so."""
    monkeypatch.setattr(additive, "latency", lambda module, shape, timing: float(parameters(module)))
    done: list[tuple[int, int]] = []
    table = profile(CHAIN, np.random.default_rng(0), designs=8, progress=lambda *parts: done.append(parts))
    assert (table.additivity.r2, table.additivity.error, table.additivity.spearman) == pytest.approx((1.0, 0.0, 1.0))
    assert table.latency(some(CHAIN, 9), SMALL) == parameters(some(CHAIN, 9))
    assert done[-1] == (len(table.milliseconds) + 8,) * 2
    monkeypatch.setattr(additive, "latency", lambda module, shape, timing: float(parameters(module)) ** 2)
    worse = profile(CHAIN, np.random.default_rng(0), designs=8).additivity
    assert worse.r2 < 0.9
    assert worse.bias < -0.1


def test_comparison_by_hand() -> None:
    """Measured 1, 2, 3; foretold 1, 2, 4.5."""
    found = compare(np.array([1.0, 2.0, 4.5]), np.array([1.0, 2.0, 3.0]))
    assert (found.designs, found.r2, found.error, found.bias, found.spearman) == pytest.approx((3, -0.125, 1 / 6, 1 / 6, 1.0))


def test_tables_survive_a_file(tmp_path: Path) -> None:
    table = profile(CELL, np.random.default_rng(0), designs=3, timing=Timing(repeats=2, warm=1))
    path = tmp_path / "table.json"
    table.write(path)
    again = LatencyTable.read(path)
    assert again == table
    assert set(table.milliseconds) >= {"stem @ 1x14x14", "nor_conv_3x3 @ 8x7x7", "none @ 16x4x4"}


@pytest.mark.parametrize(
    "change",
    [
        {"format": "something else"},
        {"milliseconds": {"stem": -1.0}},
        {"milliseconds": {"stem": float("nan")}},
        {"milliseconds": {}},
        {"milliseconds": [1.0]},
        {"timing": {"speed": 1}},
        {"timing": {"repeats": 0}},
        {"additivity": None},
    ],
)
def test_broken_tables_are_refused(change: dict[str, object], tmp_path: Path) -> None:
    right = LatencyTable({"stem": 1.0}, Timing(), "here", compare(np.arange(3.0), np.arange(1.0, 4.0)))
    path = tmp_path / "table.json"
    right.write(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(InputError):
        LatencyTable.read(path)


def test_nonsense_is_refused() -> None:
    table = LatencyTable({"stem": 1.0}, Timing(), "here", compare(np.arange(3.0), np.arange(1.0, 4.0)))
    with pytest.raises(InputError, match="no such block"):
        table.latency(some(CELL), SMALL)
    with pytest.raises(InputError, match="too few networks"):
        profile(CELL, np.random.default_rng(0), designs=2)
    for wrong in ({"batch": 0}, {"warm": 0}, {"repeats": 0}, {"trim": 0.5}):
        with pytest.raises(InputError, match="impossible setting"):
            Timing(**wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="cannot be read"):
        LatencyTable.read(Path("nowhere.json"))
