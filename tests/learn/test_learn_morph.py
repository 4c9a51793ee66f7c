"""Growing networks: what is computed stays the same, symmetry is broken by noise alone, what cannot grow is refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="growing networks needs the extra learn")

from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from braess.errors import InputError
from braess.learn.morph import Conv, Dense, Pool, build_plain, deepen, grow, steps_between, weighted_layers, widen

PLAIN = (Conv(4), Conv(5, 1), Pool(), Conv(4, 5), Pool(), Dense(8))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def trained(seed: int = 0, dtype: torch.dtype = torch.float64) -> nn.Sequential:
    """Build a network whose batch norms have scales, shifts and statistics of their own."""
    net = build_plain(PLAIN, (2, 9, 9), 3, generator(seed)).to(dtype)
    drawn = generator(seed + 1)
    for module in net:
        if isinstance(module, nn.BatchNorm2d):
            for values in (module.weight.data, module.bias.data, module.running_mean):
                values.copy_(torch.randn(len(values), generator=drawn))
            module.running_var.copy_(0.5 + torch.rand(module.num_features, generator=drawn))
        elif getattr(module, "bias", None) is not None:
            module.bias.data.copy_(torch.randn(len(module.bias), generator=drawn))
    return net.eval()


def pictures(n: int = 6, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(n, 2, 9, 9, generator=generator(9), dtype=dtype)


def walk(net: nn.Sequential, steps: int, seed: int, noise: float = 0.0) -> nn.Sequential:
    """Widen and deepen at random, the last convolution before the flattening among what is widened."""
    rng, drawn, batch = np.random.default_rng(seed), generator(seed), pictures(8, next(net.parameters()).dtype)
    for step in range(steps):
        places = weighted_layers(net)[:-1]
        convolutions = [at for at in places if isinstance(net[at], nn.Conv2d)]
        at = convolutions[-1] if step == 0 else int(rng.choice(places))
        if step and rng.random() < 0.4:
            net = deepen(net, at, kernel=int(rng.choice([1, 3, 5])), generator=drawn, batch=batch, noise=noise)
        else:
            net = widen(net, at, len(net[at].weight) + int(rng.integers(1, 5)), generator=drawn, noise=noise)
    return net


def difference(one: nn.Sequential, other: nn.Sequential, inputs: torch.Tensor) -> float:
    with torch.no_grad():
        return float((one(inputs) - other(inputs)).abs().max())


@pytest.mark.parametrize("seed", range(3))
def test_twenty_steps_change_nothing(seed: int) -> None:
    """The published claim, to rounding of the largest output, in double precision and in single."""
    for dtype, most in ((torch.float64, 1e-12), (torch.float32, 2e-6)):
        net = trained(seed, dtype)
        grown = walk(net, 20, seed)
        scale = max(1.0, float(net(pictures(dtype=dtype)).detach().abs().max()))
        assert difference(net, grown, pictures(dtype=dtype)) < most * scale
        assert sum(p.numel() for p in grown.parameters()) > sum(p.numel() for p in net.parameters())


def test_noise_breaks_the_symmetry() -> None:
    """With noise the copies must differ a little; without it they get equal gradients and stay equal for ever."""
    net = trained()
    assert 0.0 < difference(net, walk(net, 20, 0, noise=0.01), pictures()) < 5.0
    for noise, same in ((0.0, True), (0.01, False)):
        grown = widen(net, 0, 8, generator=generator(), noise=noise)
        optimiser = torch.optim.SGD(grown.parameters(), lr=0.01)
        for _ in range(3):
            optimiser.zero_grad()
            grown(pictures()).square().mean().backward()
            optimiser.step()
        weight = grown[0].weight.detach().flatten(1)
        copies = (torch.cdist(weight[4:], weight[:4]).amin(1) < 1e-12).all()
        assert bool(copies) is same


def test_widening_by_hand() -> None:
    """Two units become three: the copy's outgoing weight is halved, that of the other stays."""
    net = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 1))
    grown = widen(net, 0, 3, generator=generator())
    copied = int((grown[0].weight[2] == net[0].weight[1]).all())
    halves = net[2].weight.detach().clone()
    halves[0, copied] /= 2
    assert torch.equal(grown[2].weight[0, :2], halves[0])
    assert grown[2].weight[0, 2] == halves[0, copied]
    assert grown[0].bias[2] == net[0].bias[copied]
    assert grown[2].in_features == grown[0].out_features == 3


def test_flattened_channels_take_their_positions_along() -> None:
    """Between a convolution and a linear layer lie pooling, flattening and a batch norm over positions."""
    net = nn.Sequential(
        nn.Conv2d(2, 3, 3), nn.LeakyReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.BatchNorm1d(27), nn.Linear(27, 4)
    ).double()
    for _ in range(3):
        net(pictures())
    net.eval()
    grown = widen(net, 0, 7, generator=generator())
    assert grown[5].in_features == grown[4].num_features == 63
    assert difference(net, grown, pictures()) < 1e-14


def test_a_new_batch_norm_hands_on_for_any_batch() -> None:
    """In eval mode it is the identity whatever its statistics; while training only up to the epsilon of its batch."""
    net = trained()
    grown = deepen(net, 0, kernel=3, generator=generator(), batch=pictures(3))
    assert difference(net, grown, 10.0 * pictures()) < 1e-12
    norm = grown[4]
    inputs = net[:3](pictures(3))
    torch.testing.assert_close(norm.running_mean, inputs.mean((0, 2, 3)))
    torch.testing.assert_close(norm.running_var, inputs.var((0, 2, 3), correction=0))
    assert difference(net, grown.train(), pictures()) > 1e-3


def test_residual_blocks_grow_inside() -> None:
    """The body of a block is a sequential network whose last layer keeps its width."""

    class Residual(nn.Module):
        def __init__(self, body: nn.Sequential) -> None:
            super().__init__()
            self.body = body

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            return torch.relu(inputs + self.body(inputs))

    body = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 2, 3, padding=1)).double()
    block = Residual(body).eval()
    wider = Residual(deepen(widen(body, 0, 6, generator=generator()), 0, generator=generator(), batch=pictures()))
    with torch.no_grad():
        torch.testing.assert_close(wider.eval()(pictures()), block(pictures()), rtol=0, atol=1e-14)
    with pytest.raises(InputError, match="Residual"):
        widen(nn.Sequential(nn.Conv2d(2, 2, 1), block, nn.Conv2d(2, 2, 1)), 0, 3, generator=generator())


widths = st.sampled_from([4, 6, 8])
kernels = st.sampled_from([1, 3])


@st.composite
def histories(draw: Callable[..., object]) -> tuple[tuple[Conv | Pool | Dense, ...], tuple[Conv | Pool | Dense, ...]]:
    """Draw a network and one that it was grown into, step by step."""
    before = [
        Conv(draw(widths), draw(kernels)),
        Conv(draw(widths), draw(kernels)),
        Pool(),
        Conv(draw(widths)),
        Dense(draw(widths)),
    ]
    after = list(before)
    for _ in range(draw(st.integers(0, 5))):
        place = draw(st.sampled_from([i for i, layer in enumerate(after) if not isinstance(layer, Pool)]))
        layer = after[place]
        if draw(st.booleans()):
            after[place] = Dense(layer.units + 2) if isinstance(layer, Dense) else Conv(layer.filters + 2, layer.kernel)
        else:
            inserted = Dense(layer.units) if isinstance(layer, Dense) else Conv(layer.filters, draw(kernels))
            after.insert(place + 1, inserted)
    return tuple(before), tuple(after)


@settings(max_examples=25, deadline=None)
@given(histories())
def test_whatever_was_grown_is_grown_again(pair: tuple[tuple[Conv, ...], tuple[Conv, ...]]) -> None:
    """The way between two descriptions must be found, lead there, and keep what the network computes."""
    before, after = pair
    net = build_plain(before, (2, 9, 9), 3, generator()).double().eval()
    grown = grow(net, before, after, generator=generator(), batch=pictures())
    made = build_plain(after, (2, 9, 9), 3, generator())
    assert [p.shape for p in grown.parameters()] == [p.shape for p in made.parameters()]
    assert difference(net, grown, pictures()) < 1e-10
    for mine, theirs in zip(grown, made, strict=True):
        assert repr(mine) == repr(theirs)


@pytest.mark.parametrize(
    "after",
    [
        (Conv(2), Pool(), Dense(4)),
        (Conv(4, 5), Pool(), Dense(4)),
        (Conv(4), Dense(4)),
        (Conv(8), Conv(2), Pool(), Dense(4)),
        (Conv(4), Pool()),
    ],
)
def test_what_shrinks_or_changes_is_no_growth(after: tuple[Conv, ...]) -> None:
    before = (Conv(4), Pool(), Dense(4))
    assert steps_between(before, after) is None
    net = build_plain(before, (2, 9, 9), 3, generator())
    with pytest.raises(InputError, match="after"):
        grow(net, before, after, generator=generator(), batch=pictures())


def test_what_cannot_grow_is_refused() -> None:
    net = trained()
    last = weighted_layers(net)[-1]
    for grown in (
        lambda: widen(net, last, 9, generator=generator()),
        lambda: widen(net, 0, 3, generator=generator()),
        lambda: widen(net, 1, 9, generator=generator()),
        lambda: widen(net, 99, 9, generator=generator()),
        lambda: deepen(net, last, generator=generator()),
        lambda: deepen(net, 0, generator=generator()),
        lambda: deepen(net, 0, kernel=2, generator=generator(), batch=pictures()),
        lambda: widen(nn.Sequential(nn.Conv2d(2, 2, 1, groups=2), nn.Conv2d(2, 2, 1)), 0, 4, generator=generator()),
        lambda: widen(nn.Sequential(nn.Conv2d(2, 2, 1), nn.Softmax(1), nn.Conv2d(2, 2, 1)), 0, 4, generator=generator()),
        lambda: build_plain((Dense(3), Pool()), (1, 4, 4), 2, generator()),
        lambda: build_plain((Pool(), Pool(), Pool()), (1, 4, 4), 2, generator()),
        lambda: Conv(3, 2),
        lambda: Dense(0),
    ):
        with pytest.raises(InputError):
            grown()


def test_global_generator_is_left_alone() -> None:
    """Weights and noise must come from the generator given."""
    before = torch.random.get_rng_state()
    one, other = (walk(trained(), 4, 3, noise=0.01) for _ in range(2))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_the_old_network_stays() -> None:
    """Parents are grown from again and again."""
    net = trained()
    before = {name: values.clone() for name, values in net.state_dict().items()}
    grown = walk(net, 5, 1)
    for values in grown.parameters():
        values.data.zero_()
    assert all(torch.equal(values, before[name]) for name, values in net.state_dict().items())
