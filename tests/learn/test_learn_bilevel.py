"""Gradient methods for leader and follower end where closed forms say, and derive what automatic differentiation derives."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="gradient methods for leader and follower need the extra learn")

from tracked import Tracked, ends, recipe

from braess.errors import BraessError, InputError
from braess.learn.bilevel import DARTS, F2SA, RARTS, SGD, Adam, Bilevel, Hook, Implicit, Recipe, Training, Truncated, train


def _ends(method, epochs: int = 3, rate: float = 0.1, leader_rate: float | None = None) -> list[float]:
    return ends(train(Tracked(), method, recipe(epochs, rate, leader_rate), np.random.default_rng(0)))


@pytest.mark.parametrize(
    ("penalty", "coupling", "rate", "epochs", "known"),
    [
        (10.0, 10.0, 0.03, 10, (1.08108, 1.02703, 0.91892)),
        (100.0, 100.0, 0.005, 40, (1.00756, 1.00252, 0.99244)),
        (1.0, 1.0, 0.15, 15, (4.0, 2.0, -2.0)),
    ],
)
def test_rarts_ends_at_the_equilibrium_of_its_energy(penalty: float, coupling: float, rate: float, epochs: int, known) -> None:
    """Its equilibrium on the toy is known in closed form, for strong ties and weak ones."""
    leader = 1.0 / (1.0 - 0.25 / penalty - 0.5 / coupling)
    closed = (leader, leader * (1.0 - 0.5 / penalty), 2.0 - leader)
    assert closed == pytest.approx(known, abs=1e-5)
    assert _ends(RARTS(penalty=penalty, coupling=coupling), epochs, rate) == pytest.approx(closed, abs=1e-4)


def test_both_sweeps_of_rarts_end_alike() -> None:
    """Old tensors or new ones in the leader's gradient: at the equilibrium there is no difference."""
    one, other = (_ends(RARTS(sweep=sweep), 10, 0.03) for sweep in ("gauss-seidel", "jacobi"))
    assert one == pytest.approx(other, abs=1e-4)


def test_rarts_has_no_minimum_where_its_ties_are_weak() -> None:
    """Where 1 / (4 penalty) + 1 / (2 coupling) is above 1 the energy is a saddle, and the leader runs away."""
    with pytest.raises(BraessError, match="diverged"):
        _ends(RARTS(penalty=0.4, coupling=0.8), rate=0.5, epochs=100)


class _Energies(Hook):
    """Notes the energy of RARTS before each step."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def before_step(self, training) -> None:
        method, (w, y) = training.method, training.followers
        with torch.no_grad():
            upper = training.problem.upper(training.leader.tensors, y.tensors, None)
            lower = training.problem.lower(training.leader.tensors, w.tensors, None)
            tie = (y.tensors["w"] - w.tensors["w"]).square()
            self.seen.append(float(upper + method.penalty * lower + 0.5 * method.coupling * tie))


def test_the_energy_of_rarts_falls() -> None:
    """With small steps no step may raise it: that is what its theory promises."""
    energies = _Energies()
    train(Tracked(), RARTS(), recipe(3, 0.01), np.random.default_rng(0), [energies])
    assert len(energies.seen) == 300
    assert (np.diff(energies.seen) <= 1e-12).all()
    assert energies.seen[0] > energies.seen[-1] + 100.0


def test_first_order_darts_ends_at_a_wrong_point() -> None:
    """Blind to the follower's answer it ends where the derivative of the upper loss alone is 0: at (2, 2)."""
    assert _ends(DARTS()) == pytest.approx([2.0, 2.0], abs=1e-4)


@pytest.mark.parametrize("product", ["exact", "differences"])
@pytest.mark.parametrize("xi", [0.05, 0.25, 0.5])
def test_second_order_darts_ends_where_its_one_step_leads(product: str, xi: float) -> None:
    """At 2 / (1 + 2 xi), which is right only where one step is the whole answer: xi = 1/2."""
    assert _ends(DARTS(order=2, xi=xi, product=product)) == pytest.approx([2.0 / (1.0 + 2.0 * xi)] * 2, abs=1e-4)


@pytest.mark.parametrize("method", [Implicit(inner=10), Truncated(inner=50), Truncated(inner=50, checkpointed=True)], ids=repr)
def test_methods_that_know_the_answer_find_the_optimum(method) -> None:
    """The bilevel optimum of the toy is (1, 1)."""
    assert _ends(method, epochs=15, rate=0.1, leader_rate=0.3) == pytest.approx([1.0, 1.0], abs=1e-4)


@pytest.mark.parametrize("penalty", [1.0, 10.0])
def test_f2sa_ends_where_its_penalty_leads(penalty: float) -> None:
    """Its equilibrium on the toy is that of RARTS with the strongest ties: 1 / (1 - 1 / (4 penalty)), which comes near 1."""
    leader = 1.0 / (1.0 - 0.25 / penalty)
    found = _ends(F2SA(penalty=penalty), epochs=10, rate=0.1, leader_rate=0.03)
    assert found == pytest.approx([leader, leader, 2.0 - leader], abs=1e-4)


class _Taxed(Tracked):
    """The toy, with a lower loss that is the less the larger the leader is, whatever the follower does."""

    def lower(self, leader, follower, batch):
        return super().lower(leader, follower, batch) - 3.0 * leader["a"]


def test_f2sa_is_not_led_by_what_the_follower_cannot_change() -> None:
    """What the lower loss has of the leader alone changes no answer: F2SA must end where it did, and RARTS does not."""
    moves = recipe(10, 0.1, 0.03)
    same = ends(train(_Taxed(), F2SA(), moves, np.random.default_rng(0)))
    assert same[0] == pytest.approx(1.0 / (1.0 - 0.025), abs=1e-4)
    led = ends(train(_Taxed(), RARTS(penalty=1.0), recipe(3, 0.03), np.random.default_rng(0)))
    assert led[0] > 3.0


class _Curved(Bilevel):
    """Losses without symmetry: tensors of several shapes, two kinds of batches, a buffer."""

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(1)
        self.data = torch.randn(6, 4, generator=generator, dtype=torch.float64)
        self.start = torch.randn(3, 4, generator=generator, dtype=torch.float64)

    def leader(self):
        return {"scale": torch.full((4,), 0.3, dtype=torch.float64), "shift": torch.tensor(0.2, dtype=torch.float64)}

    def follower(self):
        return {"m": self.start, "v": torch.full((3,), 0.5, dtype=torch.float64)}

    def buffers(self):
        return {"seen": torch.zeros((), dtype=torch.float64)}

    def lower(self, leader, follower, batch):
        follower["seen"].add_(1.0)
        inner = torch.tanh(batch * torch.exp(leader["scale"]) @ follower["m"].T + leader["shift"])
        bent = (inner @ follower["v"] - batch.sum(1)).square().mean()
        return bent + (leader["shift"].exp() * follower["m"].square()).sum() + follower["v"].square().sum()

    def upper(self, leader, follower, batch):
        inner = torch.sin(batch @ follower["m"].T) @ follower["v"]
        return (inner - batch.prod(1)).square().mean() + 0.1 * leader["scale"].square().sum()

    def batches(self, half, generator):
        rows = torch.randperm(6, generator=generator)
        return iter([self.data[part] for part in (rows if half == "lower" else rows.flip(0)).split(2)])


class _Leading(Training):
    """Keeps the gradients that the leader descends."""

    def lead(self, gradient) -> None:
        self.gradients = list(gradient)
        super().lead(self.gradients)


def _one_step(method, rate: float = 0.05, decay: float = 0.0):
    """Return a training after one step, and its problem with the tensors that the step began with."""
    problem = _Curved()
    moves = Recipe(epochs=1, leader=SGD(rate=0.1), follower=SGD(rate=rate, decay=decay))
    training = _Leading(problem, method, moves, np.random.default_rng(0))
    lower, upper = [problem.data[:2], problem.data[2:4], problem.data[4:]][: method.inner], problem.data[1:4]
    method.step(training, lower, upper)
    return training, problem, lower, upper


def _unrolled(problem, lower, upper, rate: float, decay: float):
    """Return the upper loss after plain steps, all of it on one graph of PyTorch."""
    leader = {name: tensor.clone().requires_grad_() for name, tensor in problem.leader().items()}
    now = {name: tensor.clone().requires_grad_() for name, tensor in problem.follower().items()}
    for batch in lower:
        loss = problem.lower(leader, now | problem.buffers(), batch)
        loss = loss + 0.5 * decay * sum(tensor.square().sum() for tensor in now.values())
        slope = torch.autograd.grad(loss, list(now.values()), create_graph=True)
        now = {name: tensor - rate * one for (name, tensor), one in zip(now.items(), slope, strict=True)}
    loss = problem.upper(leader, now, upper)
    return torch.autograd.grad(loss, list(leader.values())), [tensor.detach() for tensor in now.values()]


@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize("checkpointed", [False, True])
def test_truncated_gradients_are_those_of_the_whole_graph(checkpointed: bool, decay: float) -> None:
    """Three steps on three batches, derived step by step, must give what one graph of all gives; so must the follower."""
    training, *parts = _one_step(Truncated(inner=3, checkpointed=checkpointed), decay=decay)
    known, after = _unrolled(*parts, 0.05, decay)
    for mine, theirs in zip([*training.gradients, *training.followers[0].leaves], [*known, *after], strict=True):
        torch.testing.assert_close(mine.detach(), theirs, rtol=1e-11, atol=1e-13)
    assert float(training.followers[0].buffers["seen"]) == 3.0


@pytest.mark.parametrize(("product", "close"), [("exact", 1e-11), ("differences", 1e-3)])
def test_second_order_darts_derives_one_step(product: str, close: float) -> None:
    """It is the truncated gradient of one step; passes on the side must leave no mark on buffers."""
    training, *parts = _one_step(DARTS(order=2, product=product), decay=0.3)
    known, _ = _unrolled(*parts, 0.05, 0.3)
    for mine, theirs in zip(training.gradients, known, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=close, atol=close)
    assert float(training.followers[0].buffers["seen"]) == 1.0


def test_implicit_gradients_are_those_of_the_solved_system() -> None:
    """Where the follower stands after its moves, the Hessian of everything, solved densely, must give the same."""
    training, problem, lower, upper = _one_step(Implicit(tolerance=1e-12, damping=19.7), rate=1e-12, decay=0.3)
    leader, follower = problem.leader(), problem.follower()
    sizes = [tensor.numel() for tensor in (*leader.values(), *follower.values())]
    shapes = [tensor.shape for tensor in (*leader.values(), *follower.values())]
    flat = torch.cat([tensor.reshape(-1) for tensor in (*leader.values(), *follower.values())])

    def loss(half, batch):
        def of(vector):
            parts = [part.reshape(shape) for part, shape in zip(torch.split(vector, sizes), shapes, strict=True)]
            tensors = dict(zip(follower, parts[2:], strict=True)) | problem.buffers()
            return getattr(problem, half)(dict(zip(leader, parts[:2], strict=True)), tensors, batch)

        return of

    a = sizes[0] + sizes[1]
    slope = torch.autograd.functional.jacobian(loss("upper", upper), flat)
    hessian = torch.autograd.functional.hessian(loss("lower", lower[0]), flat)
    inner = hessian[a:, a:] + 20.0 * torch.eye(len(flat) - a, dtype=torch.float64)
    assert torch.linalg.eigvalsh(inner).min() > 0.0
    known = slope[:a] - hessian[:a, a:] @ torch.linalg.solve(inner, slope[a:])
    mine = torch.cat([one.reshape(-1) for one in training.gradients])
    torch.testing.assert_close(mine, known, rtol=1e-8, atol=1e-9)


METHODS = [DARTS(), DARTS(order=2), RARTS(penalty=1.0, coupling=1.0), F2SA(), Implicit(inner=2), Truncated(inner=2)]


def _moving(epochs: int, method=None) -> Recipe:
    plain = isinstance(method, Truncated)
    return Recipe(
        epochs=epochs,
        leader=Adam(rate=0.02, betas=(0.5, 0.999), decay=1e-3),
        follower=SGD(rate=0.02, floor=0.001, momentum=0.0 if plain else 0.9, decay=1e-3),
        warmup=1,
        clip=None if plain else 2.0,
    )


def _leaves(training) -> list[torch.Tensor]:
    return [leaf.detach() for mover in (training.leader, *training.followers) for leaf in mover.leaves]


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_goes_on_bit_for_bit(method) -> None:
    """Pickled, or from a state that PyTorch reads without executing anything: the rest must be as if nothing had happened."""
    import io

    whole = train(_Curved(), method, _moving(6, method), np.random.default_rng(3))
    half = Training(_Curved(), method, _moving(6, method), np.random.default_rng(3))
    for _ in range(3):
        half.advance()
    file = io.BytesIO()
    torch.save(half.state(), file)
    again = Training(_Curved(), method, _moving(6, method), np.random.default_rng(99))
    again.restore(torch.load(io.BytesIO(file.getvalue()), weights_only=True))
    for other in (pickle.loads(pickle.dumps(half)), again, half):
        while not other.over:
            other.advance()
        assert all(torch.equal(one, two) for one, two in zip(_leaves(whole), _leaves(other), strict=True))
        assert [epoch.upper for epoch in other.history[1:]] == [epoch.upper for epoch in whole.history[1:]]


def test_the_follower_alone_moves_during_warmup() -> None:
    """The leader must stay where it is, and both copies of RARTS must move."""
    for method in METHODS[:3]:
        training = Training(_Curved(), method, _moving(3, method), np.random.default_rng(3))
        training.advance()
        for name, tensor in _Curved().leader().items():
            assert torch.equal(training.leader.tensors[name].detach(), tensor)
        assert all(not torch.equal(follower.leaves[0].detach(), _Curved().start) for follower in training.followers)
        training.advance()
        assert not torch.equal(training.leader.tensors["scale"].detach(), _Curved().leader()["scale"])


class _Calls(Hook):
    """Notes when it is called."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] = []

    def before_epoch(self, training) -> None:
        self.seen.append(("epoch", len(training.history)))

    def before_step(self, training) -> None:
        self.seen.append(("step", len(training.history)))

    def after_epoch(self, training) -> None:
        self.seen.append(("end", len(training.history)))


def test_hooks_are_called_in_order() -> None:
    """Before each epoch and step, and once the epoch is in the history."""
    calls = _Calls()
    train(Tracked(steps=3), DARTS(inner=2), recipe(2, 0.1), np.random.default_rng(0), [calls])
    once = ["epoch", "step", "step", "end"]
    assert [name for name, _ in calls.seen] == [*once, *once]
    assert [number for _, number in calls.seen] == [0, 0, 0, 1, 1, 1, 1, 2]


def test_the_learning_rate_falls_along_a_cosine() -> None:
    """Half-way it must be half-way, as PyTorch's own schedule has it."""
    settings = SGD(rate=0.4, floor=0.1)
    theirs = torch.optim.SGD([torch.zeros(1)], lr=0.4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(theirs, 10, eta_min=0.1)
    for epoch in range(10):
        assert settings.rate_at(epoch, 10) == pytest.approx(schedule.get_last_lr()[0], rel=1e-12)
        theirs.step()
        schedule.step()
    assert SGD(rate=0.4).rate_at(7, 10) == 0.4


def test_long_gradients_are_shortened() -> None:
    """A follower that is clipped to 0.1 and moves by plain descent cannot go further than that times its rate."""
    for method in (DARTS(), RARTS()):
        moves = Recipe(epochs=1, leader=SGD(rate=1e-9), follower=SGD(rate=1.0), clip=0.1)
        training = train(Tracked(steps=1), method, moves, np.random.default_rng(0))
        assert abs(ends(training)[1] + 2.0) == pytest.approx(0.1, rel=1e-4)


def test_what_moves_cost_is_counted() -> None:
    """The counts are those the methods document, for 100 moves."""
    counts = {}
    for method in (DARTS(), DARTS(order=2), DARTS(order=2, product="differences"), RARTS(), RARTS(sweep="jacobi"), F2SA()):
        epoch = Training(Tracked(), method, recipe(1, 0.001), np.random.default_rng(0)).advance()
        counts[method] = (epoch.gradients / 100, epoch.products / 100)
    assert list(counts.values()) == [(2, 0), (3, 1), (5, 0), (4, 0), (2, 0), (3, 0)]


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: DARTS(order=3), "order"),
        (lambda: DARTS(product="none"), "product"),
        (lambda: DARTS(xi=-1.0), "xi"),
        (lambda: DARTS(inner=0), "inner"),
        (lambda: RARTS(penalty=0.0), "penalty"),
        (lambda: RARTS(coupling=float("nan")), "coupling"),
        (lambda: RARTS(sweep="random"), "sweep"),
        (lambda: F2SA(penalty=-1.0), "penalty"),
        (lambda: Implicit(tolerance=0.0), "tolerance"),
        (lambda: Implicit(steps=0), "steps"),
        (lambda: Implicit(damping=-1.0), "damping"),
        (lambda: SGD(rate=0.0), "rate"),
        (lambda: SGD(rate=0.1, floor=0.2), "floor"),
        (lambda: SGD(rate=0.1, momentum=-0.1), "momentum"),
        (lambda: Adam(rate=0.1, betas=(0.5, 1.0)), "betas"),
        (lambda: Adam(rate=0.1, decay=-1.0), "decay"),
        (lambda: Recipe(epochs=0, leader=SGD(rate=1), follower=SGD(rate=1)), "epochs"),
        (lambda: Recipe(epochs=3, leader=SGD(rate=1), follower=SGD(rate=1), warmup=4), "warmup"),
        (lambda: Recipe(epochs=3, leader=SGD(rate=1), follower=SGD(rate=1), clip=0.0), "clip"),
        (lambda: Training(_Curved(), Truncated(), _moving(3), np.random.default_rng(0)), "follower"),
        (lambda: train(Tracked(steps=0), DARTS(), recipe(1, 0.1), np.random.default_rng(0)), "problem"),
    ],
)
def test_nonsense_is_refused(make, field: str) -> None:
    """A wrong setting must be named before anything runs."""
    with pytest.raises(InputError, match=field):
        make()
