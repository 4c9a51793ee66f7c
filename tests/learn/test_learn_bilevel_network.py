"""Modules as leader and follower: what a plain loop of PyTorch does, buffers, dropout, and which operation is found."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="gradient methods for leader and follower need the extra learn")

from torch import nn
from torch.nn import functional

from braess.errors import InputError
from braess.learn.bilevel import (
    DARTS,
    F2SA,
    RARTS,
    SGD,
    Adam,
    Halves,
    Hook,
    Implicit,
    Network,
    Recipe,
    Training,
    Truncated,
    drawing_from,
    train,
)


class MixedNet(nn.Module):
    """Convolution or pooling, mixed by a softmax, with batch normalisation and dropout."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.zeros(2))
        self.stem = nn.Conv2d(1, 3, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(3)
        self.conv = nn.Conv2d(3, 3, 3, padding=1, bias=False)
        self.drop = nn.Dropout(dropout)
        self.head = nn.Linear(3, 2)

    def forward(self, images):
        x = functional.relu(self.norm(self.stem(images)))
        shares = self.alpha.softmax(0)
        x = shares[0] * self.conv(x) + shares[1] * functional.avg_pool2d(x, 3, 1, 1)
        return self.head(self.drop(x.square().mean((2, 3))))


def problem(dropout: float = 0.0, mode: str = "train") -> Network:
    generator = torch.Generator().manual_seed(1)
    with drawing_from(generator):
        net = MixedNet(dropout)
    images = torch.randn(24, 1, 5, 5, generator=generator)
    targets = (images.mean((1, 2, 3)) > 0).long()
    data = Halves.split(images, targets, share=0.5, size=4, generator=generator)
    return Network(net, ["alpha"], functional.cross_entropy, data, mode=mode)


def recipe(epochs: int, momentum: float = 0.9, clip: float | None = 5.0) -> Recipe:
    return Recipe(
        epochs=epochs,
        leader=Adam(rate=0.05, betas=(0.5, 0.999), decay=1e-3),
        follower=SGD(rate=0.1, floor=0.01, momentum=momentum, decay=3e-4),
        clip=clip,
    )


class _Batches(Hook):
    """Notes the batches that are drawn."""

    def __init__(self, data: Halves) -> None:
        self.data, self.drawn = data, {"lower": [], "upper": []}

    def batches(self, half, generator):
        for batch in self.data.batches(half, generator):
            self.drawn[half].append(batch)
            yield batch


def test_first_order_darts_is_the_plain_loop_of_pytorch() -> None:
    """Alternating optimisers on one module, as anybody would write it, must give the same tensors and running means."""
    mine = problem()
    watched = _Batches(mine.data)
    mine.data = watched
    training = train(mine, DARTS(), recipe(3), np.random.default_rng(0))
    net = problem().module
    weights = [parameter for name, parameter in net.named_parameters() if name != "alpha"]
    leader = torch.optim.Adam([net.alpha], lr=0.05, betas=(0.5, 0.999), weight_decay=1e-3)
    follower = torch.optim.SGD(weights, lr=0.1, momentum=0.9, weight_decay=3e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(follower, 3, eta_min=0.01)
    pairs = zip(watched.drawn["lower"], watched.drawn["upper"], strict=True)
    for step, (lower, upper) in enumerate(pairs):
        buffers = {name: buffer.clone() for name, buffer in net.named_buffers()}
        leader.zero_grad()
        functional.cross_entropy(net(upper[0]), upper[1]).backward()
        leader.step()
        for name, buffer in net.named_buffers():  # the leader's pass leaves no mark on running means
            buffer.copy_(buffers[name])
        follower.zero_grad()
        functional.cross_entropy(net(lower[0]), lower[1]).backward()
        nn.utils.clip_grad_norm_(weights, 5.0)
        follower.step()
        if step % 3 == 2:
            schedule.step()
    theirs = net.state_dict()
    for mover in (training.leader, training.followers[0]):
        for name, tensor in (mover.tensors | mover.buffers).items():
            torch.testing.assert_close(tensor.detach(), theirs[name], rtol=1e-5, atol=1e-6)


METHODS = [
    DARTS(),
    DARTS(order=2),
    DARTS(order=2, product="differences"),
    RARTS(penalty=1.0, coupling=0.1),
    F2SA(),
    Implicit(damping=1.0, steps=5),
    Truncated(inner=2),
    Truncated(inner=2, checkpointed=True),
]


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_goes_on_bit_for_bit_and_leaves_the_rest_alone(method) -> None:
    """With dropout, batch normalisation and momentum: the same after pickling, and no global generator or module moves."""
    plain = isinstance(method, Truncated)
    settings = recipe(3, 0.0 if plain else 0.9, None if plain else 5.0)
    mine = problem(dropout=0.3)
    before = {name: tensor.clone() for name, tensor in mine.module.state_dict().items()}
    torch.manual_seed(1)
    seen = torch.random.get_rng_state()
    whole = train(mine, method, settings, np.random.default_rng(5))
    assert torch.equal(torch.random.get_rng_state(), seen)
    assert all(torch.equal(tensor, before[name]) for name, tensor in mine.module.state_dict().items())
    torch.manual_seed(2)
    parts = Training(problem(dropout=0.3), method, settings, np.random.default_rng(5))
    parts.advance()
    parts = pickle.loads(pickle.dumps(parts))
    while not parts.over:
        parts.advance()
    for one, two in zip([whole.leader, *whole.followers], [parts.leader, *parts.followers], strict=True):
        for name, tensor in (one.tensors | one.buffers).items():
            assert torch.equal(tensor, (two.tensors | two.buffers)[name])
            assert torch.isfinite(tensor).all()


def test_each_follower_has_its_own_running_means() -> None:
    """Two networks see different halves, so their statistics must differ, and each count its own passes alone."""
    training = train(problem(), RARTS(penalty=1.0, coupling=0.1), recipe(2), np.random.default_rng(0))
    w, y = training.followers
    assert not torch.equal(w.buffers["norm.running_mean"], y.buffers["norm.running_mean"])
    assert int(w.buffers["norm.num_batches_tracked"]) == int(y.buffers["norm.num_batches_tracked"]) == 6


def test_the_upper_loss_can_use_running_means() -> None:
    """In mode eval the upper loss of a batch must be what the module says in evaluation, in mode train of its batch."""
    for mode in ("train", "eval"):
        mine = problem(mode=mode)
        batch = next(mine.batches("upper", torch.Generator().manual_seed(0)))
        net = problem().module.train(mode == "train")
        tensors = mine.follower() | {name: buffer.clone() for name, buffer in mine.buffers().items()}
        found = mine.upper(mine.leader(), tensors, batch)
        torch.testing.assert_close(found, functional.cross_entropy(net(batch[0]), batch[1]))


class _Choice(nn.Module):
    """Three columns mixed by a softmax, and an offset that the follower learns."""

    def __init__(self) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.zeros(3))
        self.offset = nn.Parameter(torch.zeros(()))

    def forward(self, columns):
        return columns @ self.alpha.softmax(0) + self.offset


@pytest.mark.parametrize("method", [DARTS(), DARTS(order=2), RARTS(penalty=1.0, coupling=1.0), Implicit(damping=0.1)], ids=repr)
def test_the_operation_that_matters_is_found(method) -> None:
    """Of three columns the target is one, shifted by 2: that one must get nearly all, and the follower the shift."""
    generator = torch.Generator().manual_seed(0)
    columns = torch.randn(60, 3, generator=generator)
    targets = columns[:, 1] + 2.0 + 0.1 * torch.randn(60, generator=generator)
    data = Halves.split(columns, targets, share=0.5, size=10, generator=generator)
    net = Network(_Choice(), ["alpha"], functional.mse_loss, data)
    training = train(net, method, recipe(30), np.random.default_rng(0))
    shares = training.leader.tensors["alpha"].detach().softmax(0)
    assert float(shares[1]) > 0.9
    assert float(training.followers[0].leaves[0].detach()) == pytest.approx(2.0, abs=0.2)


def test_what_an_epoch_took_is_kept() -> None:
    """Seconds and memory must be there for tables: this process holds some 50 million bytes with PyTorch."""
    epoch = Training(problem(), DARTS(), recipe(1), np.random.default_rng(0)).advance()
    assert epoch.seconds > 0.0
    assert np.isnan(epoch.memory) or epoch.memory > 5e7


def test_halves_are_apart_and_whole() -> None:
    """No row may be in both halves, and a pass gives each row of whole batches once."""
    rows = torch.arange(23)
    data = Halves.split(rows, rows, share=0.6, size=4, generator=torch.Generator().manual_seed(0))
    assert sorted([*data.lower.tolist(), *data.upper.tolist()]) == rows.tolist()
    lower = torch.cat([inputs for inputs, _ in data.batches("lower", torch.Generator().manual_seed(1))]).tolist()
    assert len(lower) == len(set(lower)) == 12
    assert set(lower) <= set(data.lower.tolist())
    small = Halves(rows, rows, rows[:3], rows[3:], 10)
    assert [len(inputs) for inputs, _ in small.batches("lower", torch.Generator())] == [3]


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Network(MixedNet(), ["beta"], functional.cross_entropy, problem().data), "leader"),
        (lambda: Network(MixedNet(), [], functional.cross_entropy, problem().data), "leader"),
        (lambda: Network(MixedNet(), ["alpha"], functional.cross_entropy, problem().data, mode="x"), "mode"),
        (lambda: Halves(torch.ones(3), torch.ones(2), torch.arange(1), torch.arange(1), 1), "targets"),
        (lambda: Halves(torch.ones(3), torch.ones(3), torch.arange(0), torch.arange(1), 1), "halves"),
        (lambda: Halves.split(torch.ones(3), torch.ones(3), share=1.0, size=1, generator=torch.Generator()), "share"),
    ],
)
def test_nonsense_is_refused(make, match: str) -> None:
    """Names that are none, and halves without rows, must be said."""
    with pytest.raises(InputError, match=match):
        make()
