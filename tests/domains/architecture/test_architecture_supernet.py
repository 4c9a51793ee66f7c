"""Supernets: one design of a mixture is that design's network, memory is as claimed, nested blocks are those they hold."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn

from braess.domains.architecture.networks.cells import Cell, CellFamily, edges_of
from braess.domains.architecture.networks.chain import ChainFamily, InvertedResidual, block
from braess.domains.architecture.networks.family import initialise
from braess.domains.architecture.networks.widths import MLPFamily, ResNetFamily
from braess.domains.architecture.supernet.cell import CellSupernet, MixedCell, edge_shares
from braess.domains.architecture.supernet.chain import ChainSupernet
from braess.domains.architecture.supernet.mixed import MixedOp, PartialOp
from braess.domains.architecture.supernet.superkernel import BLOCKS, Decisions, SuperkernelBlock, decide, indicator
from braess.domains.architecture.supernet.widths import MLPSupernet, ResNetSupernet
from braess.errors import InputError
from braess.learn.relaxation import Gates, Mixed, Softmax, hard

CELLS = CellFamily(image=(1, 8, 8), channels=4, cells=1, stages=2, affine=False)
CHAINS = ChainFamily(image=(1, 8, 8), blocks=("skip", "k3_e3", "k5_e6"), stages=((4, 2, 1), (8, 2, 2)), stem=4, head=8)


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _images(n: int = 4, seed: int = 1) -> torch.Tensor:
    return torch.randn(n, 1, 8, 8, generator=_generator(seed))


def _fresh(network: nn.Module, seed: int = 0) -> nn.Module:
    """Draw weights, and let batch norms see some images so that their statistics are not those of nothing."""
    initialise(network, _generator(seed))
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(generator=_generator(seed + 1))
            module.running_var.uniform_(0.5, 2.0, generator=_generator(seed + 2))
    return network


def _even(choices: int, options: int) -> Mixed:
    return Softmax()(torch.zeros(choices, options), torch.ones(choices, options, dtype=torch.bool), _generator())


@pytest.mark.parametrize("train", [True, False])
def test_one_design_of_a_cell_supernet_is_its_network_bit_for_bit(train: bool) -> None:
    supernet = _fresh(CellSupernet(CELLS)).train(train)
    design = CELLS.space.sample(1, np.random.default_rng(3))
    codes = torch.from_numpy(design["operation"][0].astype(int))
    network = CELLS.network(design).train(train)
    for name in ("stem", "last", "head"):
        getattr(network, name).load_state_dict(getattr(supernet, name).state_dict())
    for own, shared in zip(network.layers, supernet.layers, strict=True):
        if isinstance(own, Cell):
            for code, edge, mixed in zip(codes, own.edges, shared.edges, strict=True):
                edge.load_state_dict(mixed.operations[code].state_dict())
        else:
            own.load_state_dict(shared.state_dict())
    assert torch.equal(network(_images()), supernet(_images(), hard(codes, 5)))


@pytest.mark.parametrize("train", [True, False])
def test_one_design_of_a_chain_supernet_is_its_network_bit_for_bit(train: bool) -> None:
    supernet = _fresh(ChainSupernet(CHAINS)).train(train)
    codes = torch.tensor([1, 0, 2, 0])
    network = CHAINS.network(CHAINS.space.designs({"block": codes.numpy()[None]})).train(train)
    for name in ("stem", "last", "head"):
        getattr(network, name).load_state_dict(getattr(supernet, name).state_dict())
    for code, layer, mixed in zip(codes, network.layers, supernet.layers, strict=True):
        layer.load_state_dict(mixed.operations[code].state_dict())
    assert torch.equal(network(_images()), supernet(_images(), hard(codes, 3)))


def test_a_mixture_is_the_weighted_sum_of_its_operations() -> None:
    operations = [nn.Conv2d(4, 4, 3, padding=1), nn.Identity(), nn.AvgPool2d(3, 1, 1)]
    x, weights = torch.randn(2, 4, 6, 6, generator=_generator()), torch.tensor([0.2, 0.5, 0.3])
    found = MixedOp(operations)(x, weights, [True] * 3)
    torch.testing.assert_close(found, sum(w * op(x) for w, op in zip(weights, operations, strict=True)))
    without = MixedOp(operations)(x, weights, [True, False, True])  # not made up for by the others
    torch.testing.assert_close(without, 0.2 * operations[0](x) + 0.3 * operations[2](x))


def test_channels_that_pass_by_come_out_unchanged() -> None:
    x = torch.randn(2, 12, 5, 5, generator=_generator())
    mixed = PartialOp(MixedOp([nn.Conv2d(3, 3, 1)]), 4)
    found = mixed(x, torch.ones(1), [True])
    passed = {tuple(channel.ravel().tolist()) for channel in x[0, 3:]}
    came = {tuple(channel.ravel().tolist()) for channel in found[0]}
    assert passed <= came
    assert len(came - passed) == 3
    back = nn.ChannelShuffle(3)  # the inverse of a shuffle in k groups is one in channels / k groups
    assert torch.equal(back(nn.ChannelShuffle(4)(x)), x)


def test_factors_divide_the_channels() -> None:
    with pytest.raises(InputError, match="divisor"):
        MixedCell(CELLS.operations, 4, 6, affine=False, factor=4)


def test_edges_share_each_node() -> None:
    shares = edge_shares(torch.randn(6, generator=_generator()))
    for node in range(1, 4):
        torch.testing.assert_close(
            sum(share for share, (to, _) in zip(shares, edges_of(4), strict=True) if to == node), torch.tensor(1.0)
        )
    cell = _fresh(MixedCell(("nor_conv_1x1", "skip_connect"), 3, 4, affine=False))
    x, rows = torch.randn(2, 4, 5, 5, generator=_generator()), [(torch.tensor([0.3, 0.7]), [True, True])] * 3
    nodes = [x]
    for to in (1, 2):  # with equal logits a node is the mean of what it would be the sum of
        nodes.append(sum(cell.edges[i](nodes[s], *rows[i]) for i, (t, s) in enumerate(edges_of(3)) if t == to) / to)
    torch.testing.assert_close(cell(x, rows, edge_shares(torch.zeros(3))), nodes[-1])


def _saved(run: object) -> int:
    """Return how many bytes are kept for the way back, each storage once."""
    kept: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = run()
        total = sum(kept.values())
    del result
    return total


def test_partial_channels_and_gates_keep_less_for_the_way_back() -> None:
    x = torch.randn(16, 16, 14, 14, generator=_generator(), requires_grad=True)
    rows = [(weights.clone().requires_grad_(), [True] * 5) for weights in _even(6, 5).weights]
    whole, part = (_fresh(MixedCell(CELLS.operations, 4, 16, affine=False, factor=k)) for k in (1, 4))
    everything = _saved(lambda: whole(x, rows, None))
    assert _saved(lambda: part(x, rows, None)) < everything / 2
    wide = MixedOp([nn.Sequential(nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1)) for _ in range(8)])
    full = _saved(lambda: wide(x, torch.full((8,), 1 / 8, requires_grad=True), [True] * 8))
    one = _saved(lambda: wide(x, torch.ones(8, requires_grad=True), [True] + [False] * 7))
    assert one < full / 4


def test_the_slope_of_an_indicator_is_that_of_the_sigmoid() -> None:
    x = torch.tensor([-2.0, 0.0, 0.7], requires_grad=True)
    found = indicator(x)
    assert found.tolist() == [0, 1, 1]
    found.sum().backward()
    share = torch.sigmoid(x.detach())
    torch.testing.assert_close(x.grad, share * (1 - share))


@pytest.mark.parametrize("option", range(5))
def test_a_superkernel_is_the_block_that_is_decided(option: int) -> None:
    kernel_block = _fresh(SuperkernelBlock(4, 4, 1)).eval()
    ring, half, everything = float(option in (2, 3)), float(option != 4), float(option in (1, 3))
    decided = Decisions(*(torch.tensor(value) for value in (ring, half, everything)))
    assert decided.option() == option
    x = torch.randn(2, 4, 7, 7, generator=_generator(5))
    small = block(BLOCKS[option], 4, 4, 1).eval()
    if isinstance(small, InvertedResidual):
        _inherit(small, kernel_block)
    torch.testing.assert_close(kernel_block(x, decided), small(x), rtol=1e-5, atol=1e-6)


def _inherit(small: InvertedResidual, large: SuperkernelBlock) -> None:
    wide, depthwise, narrow = small.layers
    n, side = depthwise[0].weight.shape[0], depthwise[0].weight.shape[2]
    trim = (5 - side) // 2
    with torch.no_grad():
        wide[0].weight.copy_(large.wide[0].weight[:n])
        depthwise[0].weight.copy_(large.depthwise.weight[:n, :, trim : 5 - trim, trim : 5 - trim])
        narrow[0].weight.copy_(large.narrow[0].weight[:, :n])
        for own, shared in ((wide[1], large.wide[1]), (depthwise[1], large.norm[0]), (narrow[1], large.narrow[1])):
            for name, values in own.state_dict().items():
                values.copy_(shared.state_dict()[name][: len(values)] if values.ndim else shared.state_dict()[name])


def test_thresholds_decide_by_the_norms_of_the_parts() -> None:
    kernel = torch.randn(24, 1, 5, 5, generator=_generator())

    def option(*thresholds: float, skippable: bool = True) -> str:
        return BLOCKS[decide(kernel, torch.tensor(thresholds), skippable=skippable).option()]

    assert option(0.0, 0.0, 0.0) == "k5_e6"  # with thresholds of 0 everything stays
    assert option(9.0, 0.0, 0.0) == "k3_e6"
    assert option(0.0, 0.0, 9.0) == "k5_e3"
    assert option(9.0, 9.0, 9.0) == "skip"
    assert option(9.0, 9.0, 9.0, skippable=False) == "k3_e3"
    thresholds = torch.zeros(3, requires_grad=True)
    decide(kernel, thresholds, skippable=True).runtime(torch.tensor([2.0, 3.0, 2.5, 4.0, 0.1])).backward()
    assert (thresholds.grad < 0).all()  # higher thresholds take less time


def test_runtimes_at_the_corners_are_those_of_the_table() -> None:
    table = torch.tensor([2.0, 3.0, 2.5, 4.0, 0.1])
    for ring, everything in itertools.product((0.0, 1.0), repeat=2):
        found = Decisions(torch.tensor(ring), torch.tensor(1.0), torch.tensor(everything)).runtime(table).item()
        expected = {(1, 1): 4.0, (1, 0): 2.5, (0, 1): 3.0, (0, 0): 2.5 * 3 / 4}[int(ring), int(everything)]
        assert found == pytest.approx(expected)
    assert Decisions(torch.tensor(1.0), torch.tensor(0.0), torch.tensor(1.0)).runtime(table).item() == pytest.approx(0.1)


def test_masked_perceptrons_are_the_narrow_ones() -> None:
    family = MLPFamily(image=(1, 8, 8), hidden=(12, 8), levels=4)
    supernet = _fresh(MLPSupernet(family))
    narrow = family.network(family.space.designs({"layer": [[2, 3]]}))
    first, second = 6, 6
    with torch.no_grad():
        for own, shared, rows, columns in (
            (narrow.layers[1][0], supernet.layers[1][0], first, 64),
            (narrow.layers[2][0], supernet.layers[2][0], second, first),
            (narrow.head, supernet.head, 10, second),
        ):
            own.weight.copy_(shared.weight[:rows, :columns])
            own.bias.copy_(shared.bias[:rows])
    torch.testing.assert_close(supernet(_images(), hard(torch.tensor([1, 2]), 4)), narrow(_images()), rtol=1e-5, atol=1e-6)


def test_masked_residual_networks_are_the_narrow_ones() -> None:
    family = ResNetFamily(image=(1, 8, 8), stages=(4, 8), depth=1, levels=4)
    supernet = _fresh(ResNetSupernet(family)).eval()
    narrow = family.network(family.space.designs({"stage": [[3, 2]], "block": [[1, 4]]})).eval()
    shared = supernet.state_dict()
    with torch.no_grad():
        for name, values in narrow.state_dict().items():
            values.copy_(shared[name][tuple(slice(n) for n in values.shape)])
    found = supernet(_images(), hard(torch.tensor([2, 1, 0, 3]), 4))
    torch.testing.assert_close(found, narrow(_images()), rtol=1e-5, atol=1e-6)


def test_only_what_is_active_takes_a_gradient() -> None:
    supernet = _fresh(CellSupernet(CELLS))
    logits = torch.zeros(6, 5, requires_grad=True)
    mixed = Gates(2)(logits, torch.ones(6, 5, dtype=torch.bool), _generator(2))
    supernet(_images(), mixed).square().sum().backward()
    assert (logits.grad[~mixed.active] == 0).all()
    for layer in supernet.layers:
        if isinstance(layer, MixedCell):
            for edge, active in zip(layer.edges, mixed.active, strict=True):
                for operation, computed in zip(edge.operations, active, strict=True):
                    for parameter in operation.parameters():
                        assert computed or parameter.grad is None
