"""Programs of networks: counts by product and sum, shapes that are foretold, impossible shapes, designs and back."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="networks need the extra learn")

from braess.domains.architecture.language import (
    Affine,
    BatchNorm,
    Concat,
    Conv2D,
    Dropout,
    Empty,
    MaybeSwap,
    Optional,
    Or,
    Pool,
    ProgramProblem,
    ReLU,
    Repeat,
    RepeatTied,
    Residual,
    Settings,
    network,
    space_of,
)
from braess.domains.architecture.networks.dropout import SeededDropout
from braess.errors import InputError
from braess.problem import Objective
from braess.search.mcts import MCTS
from braess.space import Tree, every_design
from braess.testing import ProblemConformance, go_on

SHAPE = (1, 14, 14)


def _deepconv(filters: list[int], times: list[int]) -> Concat:
    """Return the space that the paper compares its searches on, of any size."""

    def module(numbers: list[int]) -> RepeatTied:
        inner = Concat([Conv2D(numbers, [3, 5]), MaybeSwap(ReLU(), BatchNorm()), Optional(Dropout([0.5, 0.9]))])
        return RepeatTied(inner, times)

    doubled = [2 * number for number in filters]
    first, second = (Conv2D(filters, [3, 5, 7], [2]) for _ in range(2))
    return Concat([first, module(filters), second, module(doubled), Affine([10])])


_CONV = Conv2D([8, 16, 32], [3, 5])


@pytest.mark.parametrize(
    ("program", "count"),
    [
        (Concat([_CONV, _CONV]), 6 * 6),
        (Or({"conv": _CONV, "pool": Pool([2, 3], [2]), "none": Empty()}), 6 + 2 + 1),
        (Repeat(_CONV, [0, 1, 3]), 1 + 6 + 6**3),
        (RepeatTied(_CONV, [1, 2, 4]), 3 * 6),
        (RepeatTied(_CONV, [0, 2]), 1 + 6),
        (Repeat(ReLU(), [1, 2]), 2),
        (MaybeSwap(_CONV, Dropout([0.5, 0.9])), 2 * 6 * 2),
        (Optional(_CONV), 1 + 6),
        (Residual(_CONV), 6),
        (Settings({"rate": [0.1, 0.01], "optimiser": ["sgd", "adam"]}), 4),
    ],
    ids=lambda part: type(part).__name__,
)
def test_leaf_counts_of_programs(program, count: int) -> None:
    """Sequences multiply, options add, repeats are sums of powers and tied ones products, swaps double."""
    space = space_of(program)
    assert space.cardinality == count == len(every_design(space))


def test_the_published_space_has_its_size() -> None:
    """Filters 48 to 128 by 16, repeats 1 to 32: two convolutions of 18 and two blocks of 6 x 6 x 2 x 2 x 3 designs."""
    program = _deepconv([48, 64, 80, 96, 112, 128], [1, 2, 4, 8, 16, 32])
    block = 6 * (6 * 2 * 2 * 3)
    assert space_of(program).cardinality == 18 * block * 18 * block


def test_networks_run_and_histories_replay() -> None:
    """A design of the tree must build a network of the foretold shape, and its history must build the same again."""
    program = _deepconv([4, 6], [1, 2])
    space = space_of(program)
    designs = space.sample(12, np.random.default_rng(0))
    tree = Tree(space, bisect=True)
    again = tree.designs(tree.histories(designs))
    for row, other in zip(designs.rows(), again.rows(), strict=True):
        assert row == other
        first, second = (network(program, one, SHAPE) for one in (row, other))
        assert first(torch.zeros(2, *SHAPE)).shape == (2, 10)
        assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("kind", ["convolution", "max", "mean"])
def test_shapes_are_foretold(kind: str, size: int, stride: int, padding: str) -> None:
    """What a part says comes out of it must be what comes out, with even windows and odd sides as well."""
    part = Conv2D([4], [size]) if kind == "convolution" else Pool([size], [stride])
    row = {"filters": 4, "size": size, "stride": stride, "padding": padding, "kind": kind}
    module, shape = part.build(row, (3, 13, 8))
    assert tuple(module(torch.zeros(1, 3, 13, 8)).shape[1:]) == shape
    if padding == "same":
        assert shape[1:] == (-(-13 // stride), -(-8 // stride))


def test_tied_repetitions_have_weights_of_their_own() -> None:
    """One decision is used in several places: three convolutions of 16 filters, none of them the same module."""
    program = RepeatTied(Conv2D([8, 16], [3]), [1, 3])
    row = {"times": 3, "times.each.filters": 16, "times.each.size": 3, "times.each.stride": 1, "times.each.padding": "same"}
    layers = [part for part in network(program, row, SHAPE).modules() if isinstance(part, torch.nn.Conv2d)]
    assert [layer.out_channels for layer in layers] == [16] * 3
    assert not torch.equal(layers[1].weight, layers[2].weight)


def test_a_residual_pads_with_zeros() -> None:
    """A part that loses rows and gains a channel: where both are there they add, elsewhere one is left alone."""
    program = Residual(Concat([Conv2D([2], [1], [2]), ReLU()]))
    row = {"0.filters": 2, "0.size": 1, "0.stride": 2, "0.padding": "same"}
    module = network(program, row, (1, 4, 4))
    batch = torch.arange(16.0).reshape(1, 1, 4, 4)
    out, inner = module(batch), module.module(batch)
    assert out.shape == (1, 2, 4, 4)
    assert inner.shape == (1, 2, 2, 2)
    assert torch.equal(out[:, 0, 2:, :], batch[:, 0, 2:, :])
    assert torch.equal(out[:, 0, :2, :2], batch[:, 0, :2, :2] + inner[:, 0])
    assert torch.equal(out[:, 1, :2, :2], inner[:, 1])


def test_swapped_parts_and_missing_ones() -> None:
    """The order of the parts is what the design says, and a part left out is not there."""
    program = Concat([MaybeSwap(ReLU(), BatchNorm()), Optional(Dropout([0.5, 0.9]))])
    kinds = (torch.nn.ReLU, torch.nn.BatchNorm2d, SeededDropout)
    built = {}
    for row in every_design(space_of(program)).rows():
        parts = [type(part).__name__ for part in network(program, row, SHAPE).modules() if isinstance(part, kinds)]
        built[row["0.swapped"], row.get("1.there.yes.keep")] = parts
    assert built[False, None] == ["ReLU", "BatchNorm2d"]
    assert built[True, 0.9] == ["BatchNorm2d", "ReLU", "SeededDropout"]
    assert len(built) == 2 * 3


def _conv_row(size: int, padding: str) -> dict[str, object]:
    return {"filters": 4, "size": size, "stride": 1, "padding": padding}


@pytest.mark.parametrize(
    ("program", "row", "shape", "message"),
    [
        (Conv2D([4], [9], [1], ["valid"]), _conv_row(9, "valid"), (1, 8, 8), "larger than the map"),
        (Conv2D([4], [3]), _conv_row(3, "same"), (10,), "works on maps"),
        (Conv2D([4], [3], [1], ["full"]), _conv_row(3, "full"), (1, 8, 8), "unknown padding"),
        (Residual(Affine([3])), {"units": 3}, (1, 4, 4), "unlike shapes"),
    ],
)
def test_impossible_shapes(program, row, shape, message: str) -> None:
    """A module that cannot be must be named when it is built, before torch stumbles over it."""
    with pytest.raises(InputError, match=message):
        network(program, row, shape)


@pytest.mark.parametrize("times", [[], [2, 1]])
def test_impossible_numbers_of_repetitions(times: list[int]) -> None:
    """Numbers that are none, or do not grow, must be refused when the space is made."""
    with pytest.raises(InputError, match="repetitions"):
        space_of(Repeat(ReLU(), times))


def test_building_leaves_global_randomness_alone() -> None:
    """Weights come from the seed given: torch's own generator is neither read nor moved."""
    row = {"units": 3}
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = network(Affine([3]), row, (4,), seed=5)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    second = network(Affine([3]), row, (4,), seed=5)
    assert torch.equal(first[1].weight, second[1].weight)


def _parameters(module, row):
    """Count the weights, and add a setting that is no part of the network."""
    return [float(sum(part.numel() for part in module.parameters())) + row.get("2.rate", 0.0)], []


def _problem(sizes: list[int], padding: str) -> ProgramProblem:
    """Return up to four convolutions before a linear map; valid ones may leave nothing to work on."""
    deep = Repeat(Conv2D([2, 4], sizes, [1], [padding]), [1, 2, 4])
    program = Concat([deep, Affine([10]), Settings({"rate": [0.5, 0.25]})])
    return ProgramProblem(program, (1, 12, 12), _parameters, [Objective("parameters")])


class TestProgramConformance(ProblemConformance):
    problem = _problem([3, 5], "same")


def test_impossible_designs_are_failed_evaluations() -> None:
    """Four convolutions of five leave nothing of twelve pixels: that is recorded with the reason, and a search goes on."""
    problem = _problem([3, 5], "valid")
    rows = []
    for size in (3, 5):
        chosen = {"filters": 2, "size": size, "stride": 1, "padding": "valid"}
        deep = {f"0.times.{i}.{name}": value for i in range(4) for name, value in chosen.items()}
        rows.append({"0.times": 4, **deep, "1.units": 10, "2.rate": 0.5})
    found = problem.evaluate(problem.space.from_rows(rows))
    assert found.failed.tolist() == [False, True]
    assert "larger than the map" in str(found.errors[1])
    batches = go_on(MCTS(bisect=True).start(problem, np.random.default_rng(0)), problem, 60, 1)
    asked = problem.evaluate(problem.space.concatenate(batches))
    every = problem.evaluate(every_design(problem.space))
    assert asked.failed.any()
    assert np.nanmin(asked.objectives) <= np.nanquantile(every.objectives, 0.05)
