"""Forecasts with virtual nodes: what they add and what they must not touch, masks, resumption, files, bad input."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="forecasts need the extra learn")

from braess.errors import InputError
from braess.learn._semi_adaptive import Adjacency, row_normalised
from braess.learn._sensitivity import hops, layer_sensitivity
from braess.learn._wavenet import Layout, WaveNet
from braess.learn.forecaster import Forecaster
from braess.learn.model import Epoch, Limits
from braess.learn.series import Series

SMALL: dict[str, Any] = {
    "window": 4,
    "horizon": 2,
    "virtual": 2,
    "width": 8,
    "skip": 16,
    "blocks": 3,
    "batch": 16,
    "dropout": 0.2,
}
LAYOUT = Layout(horizon=2, width=6, skip=8, blocks=3, kernel=2, steps=2, dropout=0.0)
SENSORS = 9


def ring(sensors: int) -> np.ndarray:
    adjacency = np.zeros((sensors, sensors))
    at = np.arange(sensors)
    adjacency[at, (at + 1) % sensors] = adjacency[(at + 1) % sensors, at] = 1.0
    return adjacency


def drawn(seed: int, steps: int = 80, missing: float = 0.1) -> Series:
    rng = np.random.default_rng(seed)
    values = 50.0 + 10.0 * rng.standard_normal((steps, SENSORS))
    return Series(values, rng.random(values.shape) >= missing, ring(SENSORS), day=24)


def fitted(series: Series | None = None, **settings: Any) -> Forecaster:
    model = Forecaster(**(SMALL | settings))
    model.fit(*(series or drawn(0)).split(0.7, 0.3), seed=1, limits=Limits(epochs=2))
    return model


def test_without_virtual_nodes_it_is_the_plain_network() -> None:
    """Bit for bit: what is learned for virtual nodes is not there, and the rest is drawn as it would be without them."""
    torch.manual_seed(0)
    plain = WaveNet(torch.from_numpy(ring(SENSORS)).float(), 0, "fixed", LAYOUT).eval()
    torch.manual_seed(0)
    found = WaveNet(torch.from_numpy(ring(SENSORS)).float(), 0, "semi-adaptive", LAYOUT).eval()
    assert {name for name, _ in found.named_parameters()} == {name for name, _ in plain.named_parameters()}
    assert not any("adjacency" in name for name, _ in found.named_parameters())
    x = torch.randn(SENSORS, 5, 4, 3)
    assert torch.equal(plain(x), found(x))
    one, other = (fitted(virtual=0, adjacency=adjacency) for adjacency in ("fixed", "semi-adaptive"))
    assert np.array_equal(one.predict(drawn(2)), other.predict(drawn(2)))


def test_the_plain_network_by_hand() -> None:
    """A network without virtual nodes, written again step by step in double precision, must say the same."""
    torch.manual_seed(3)
    network = WaveNet(torch.from_numpy(ring(SENSORS)).float(), 0, "fixed", LAYOUT).double().eval()
    for block in network.blocks:
        block.norm.running_mean.normal_()
        block.norm.running_var.uniform_(0.5, 2.0)
    x = torch.randn(SENSORS, 1, 4, 3, dtype=torch.float64)
    way = ring(SENSORS) / 2.0
    at = np.pad(x.numpy()[:, 0], ((0, 0), (LAYOUT.field - 4, 0), (0, 0)))  # nothing was read before the window

    def linear(layer: Any, read: np.ndarray) -> np.ndarray:
        return np.asarray(read @ layer.weight.detach().numpy().T + layer.bias.detach().numpy())

    at, total = linear(network.start, at), np.zeros((SENSORS, LAYOUT.skip))
    for block, skip, dilation in zip(network.blocks, network.skips, (1, 2, 1), strict=True):
        value, gate = np.split(linear(block.gated.mix, np.concatenate([at[:, :-dilation], at[:, dilation:]], axis=2)), 2, 2)
        mixed = np.tanh(value) / (1.0 + np.exp(-gate))
        once = np.einsum("ab,btw->atw", way, mixed)
        twice = np.einsum("ab,btw->atw", way, once)
        passed = linear(block.diffusion.mix, np.concatenate([mixed, once, twice, once, twice], axis=2))
        passed += at[:, dilation:]
        norm = block.norm
        at = (passed - norm.running_mean.numpy()) / np.sqrt(norm.running_var.numpy() + norm.eps)
        at = at * norm.weight.detach().numpy() + norm.bias.detach().numpy()
        total += linear(skip, at[:, -1])
    hidden = np.maximum(linear(network.head[1], np.maximum(total, 0.0)), 0.0)
    assert network(x).detach().numpy()[:, 0] == pytest.approx(linear(network.head[3], hidden))


def test_closed_gates_leave_sensors_alone() -> None:
    """Virtual nodes from which nothing is read change no forecast."""
    real = torch.from_numpy(ring(SENSORS)).float()
    torch.manual_seed(0)
    plain = WaveNet(real, 0, "fixed", LAYOUT).eval()
    torch.manual_seed(0)
    network = WaveNet(real, 3, "semi-adaptive", LAYOUT).eval()
    x = torch.randn(SENSORS, 2, 4, 3)
    assert not torch.allclose(network(x), plain(x), atol=1e-3)
    with torch.no_grad():
        network.adjacency.placement.gate.weight.zero_()
        network.adjacency.placement.gate.bias.fill_(-1e9)
    assert torch.allclose(network(x), plain(x), atol=1e-6)


@pytest.mark.parametrize("variant", ["semi-adaptive", "adaptive", "fixed"])
def test_rows_are_shares(variant: Any) -> None:
    """What a node takes in one step adds up to 1, one way and the other, real nodes without an edge left out."""
    torch.manual_seed(0)
    for way in Adjacency(torch.rand(5, 5), 3, variant)():
        assert way.shape == (8, 8)
        assert (way >= 0).all()
        assert torch.allclose(way.sum(1), torch.ones(8))


def test_semi_adaptive_keeps_the_roads() -> None:
    """Between sensors, weights are those of the roads, times what a sensor does not read from virtual nodes."""
    torch.manual_seed(0)
    real = torch.rand(5, 5)
    way, _ = Adjacency(real, 3, "semi-adaptive")()
    share = way[:5, :5] / row_normalised(real)
    assert torch.allclose(share, share[:, :1].expand(-1, 5))
    assert ((share > 0) & (share < 1)).all()


def test_sensors_may_change_places() -> None:
    """In another order, with what places them, sensors get the same forecasts."""
    order = torch.from_numpy(np.random.default_rng(0).permutation(SENSORS))
    torch.manual_seed(0)
    real = torch.rand(SENSORS, SENSORS)
    network = WaveNet(real, 2, "semi-adaptive", LAYOUT).eval()
    turned = WaveNet(real[order][:, order], 2, "semi-adaptive", LAYOUT).eval()
    state = network.state_dict() | {"adjacency.real": real[order][:, order]}
    for name in ("adjacency.first", "adjacency.second"):
        state[name] = state[name][order]
    turned.load_state_dict(state)
    x = torch.randn(SENSORS, 2, 4, 3)
    assert torch.allclose(turned(x[order]), network(x)[order], atol=1e-5)


def test_virtual_nodes_may_change_places() -> None:
    torch.manual_seed(0)
    network = WaveNet(torch.rand(SENSORS, SENSORS), 3, "semi-adaptive", LAYOUT).eval()
    x = torch.randn(SENSORS, 2, 4, 3)
    before, order = network(x), torch.tensor([2, 0, 1])
    with torch.no_grad():
        for placed in (network.adjacency.placement.first, network.adjacency.placement.second):
            placed.copy_(placed[order].clone())
    assert torch.allclose(network(x), before, atol=1e-5)


def test_what_is_missing_teaches_nothing() -> None:
    """Whatever stands where readings are missing, the model learned and its forecasts are the same bits."""
    series = drawn(0)
    spoiled = replace(series, values=np.where(series.known, series.values, np.nan))
    assert np.array_equal(fitted(series).predict(series), fitted(spoiled).predict(spoiled))


def test_the_loss_is_the_error() -> None:
    """The validation loss must be the mean absolute error of known readings, in their units."""
    training, validation = drawn(0).split(0.7, 0.3)
    model = Forecaster(**SMALL)
    fit = model.fit(training, validation, seed=1, limits=Limits(epochs=1))
    truth, known = validation.futures(model.window, model.horizon)
    gaps = np.abs(model.predict(validation)[: len(truth)] - truth)
    assert fit.validation == pytest.approx(gaps[known].mean(), rel=1e-5)


def test_it_is_determined_by_the_seed() -> None:
    series, state = drawn(2), np.random.default_rng(0)
    torch.manual_seed(int(state.integers(100)))
    one = fitted().predict(series)
    torch.manual_seed(int(state.integers(100)))
    assert np.array_equal(one, fitted().predict(series))


def test_an_interrupted_fit_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken off after an epoch and continued, it must be the model of one go, dropout and all."""
    monkeypatch.setattr("braess.learn._fitting._CHECKPOINT", 0.0)
    parts, checkpoint = drawn(0).split(0.7, 0.3), tmp_path / "checkpoint"
    whole = Forecaster(**SMALL)
    whole.fit(*parts, seed=1, limits=Limits(epochs=4))

    def interrupt(epoch: Epoch) -> None:
        if epoch.number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Forecaster(**SMALL).fit(*parts, seed=1, limits=Limits(epochs=4), progress=interrupt, checkpoint=checkpoint)
    assert checkpoint.exists()
    after = Forecaster(**SMALL)
    after.fit(*parts, seed=1, limits=Limits(epochs=4), checkpoint=checkpoint)
    assert np.array_equal(after.predict(drawn(2)), whole.predict(drawn(2)))


def test_another_process_forecasts_the_same_bits(tmp_path: Path) -> None:
    model, series = fitted(), drawn(2)
    path, values = tmp_path / "model", tmp_path / "values.npz"
    model.save(path)
    np.savez(values, values=series.values, known=series.known, adjacency=series.adjacency)
    script = (
        "import sys, numpy as np; from braess.learn.forecaster import Forecaster; from braess.learn.series import Series;"
        "kept = np.load(sys.argv[2]); series = Series(kept['values'], kept['known'], kept['adjacency'], day=24);"
        "np.save(sys.argv[3], Forecaster.load(sys.argv[1]).predict(series))"
    )
    found = tmp_path / "found.npy"
    subprocess.run([sys.executable, "-c", script, str(path), str(values), str(found)], check=True)
    assert np.array_equal(np.load(found), model.predict(series))
    again = tmp_path / "again"
    Forecaster.load(path).save(again)
    assert again.read_bytes() == path.read_bytes()


def followers(seed: int) -> tuple[Series, np.ndarray]:
    """Let sensors of a ring of 24 that are out of reach of the first repeat it three steps later."""
    sensors, steps = 24, 700
    far = np.arange(7, 18)
    values = np.random.default_rng(seed).standard_normal((steps, sensors))
    values[3:, far] = values[:-3, :1] + 0.1 * values[3:, far]
    return Series(values, np.ones_like(values, dtype=np.bool_), ring(sensors), day=steps), far


@pytest.mark.parametrize(("virtual", "epochs", "least", "most"), [(0, 5, 0.9, 1.5), (2, 25, 0.0, 0.1)])
def test_virtual_nodes_reach_everywhere(virtual: int, epochs: int, least: float, most: float) -> None:
    """A reading six edges are too few for must be found through virtual nodes, and cannot be found without."""
    series, far = followers(0)
    training, validation, test = series.split(0.7, 0.1, 0.2)
    settings = SMALL | {"horizon": 1, "virtual": virtual, "dropout": 0.0, "rate": 5e-3}
    model = Forecaster(**settings)
    model.fit(training, validation, seed=0, limits=Limits(epochs=epochs))
    truth, _ = test.futures(model.window, 1)
    error = np.square(model.predict(test)[: len(truth)] - truth)[:, :, far].mean() / truth[:, :, far].var()
    assert least <= error <= most
    sensitivity = model.sensitivity(test, beyond=7)
    assert (sensitivity == 0.0).all() if not virtual else (sensitivity > 0.0).any()


def test_distant_is_distant_either_way() -> None:
    """Features diffuse against one-way roads too, so these must not make sensors seem farther apart."""
    one_way = np.eye(4, k=1)
    one_way[3, 3] = 1.0
    assert hops(one_way).tolist() == np.abs(np.subtract.outer(np.arange(4), np.arange(4))).tolist()


def test_sensitivity_is_the_norm_of_the_jacobian() -> None:
    """Differentiated one feature at a time, the derivatives by the readings, and no other input, must have these norms."""
    torch.manual_seed(0)
    network = WaveNet(torch.from_numpy(ring(SENSORS)).float(), 2, "semi-adaptive", LAYOUT).double().eval()
    x = torch.randn(SENSORS, 1, 4, 3, dtype=torch.float64)
    far = hops(ring(SENSORS)) >= 2
    targets = np.array([0, 5])
    expected = []
    for block in range(LAYOUT.blocks):
        norms = []
        for target in targets:
            jacobian = torch.autograd.functional.jacobian(lambda at, b=block, v=target: network.hidden(at)[b][v, 0, -1], x)
            norms.append(jacobian[:, far[target], 0, :, 0].square().sum(dim=(0, 2)).sqrt().mean())
        expected.append(float(torch.stack(norms).mean()))
    assert layer_sensitivity(network, x, targets, far[targets]) == pytest.approx(expected)


def test_ties_are_the_blocks_of_the_adjacency() -> None:
    ties = fitted().ties()
    assert (ties.read.shape, ties.write.shape) == ((SENSORS, 2), (2, SENSORS))
    assert (ties.read > 0).all()
    assert (ties.read.sum(axis=1) < 1).all()
    assert (ties.write.sum(axis=1) < 1).all()


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"window": 0}, "window"),
        ({"window": 6}, "window"),
        ({"horizon": 0}, "horizon"),
        ({"virtual": -1}, "virtual"),
        ({"adjacency": "adaptiv"}, "adjacency.*adaptive"),
        ({"dropout": 1.0}, "dropout"),
        ({"rate": 0.0}, "rate"),
        ({"decay": -1.0}, "decay"),
    ],
)
def test_nonsense_is_refused(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError, match=field):
        Forecaster(**(SMALL | settings))


def test_other_series_are_refused(tmp_path: Path) -> None:
    series = drawn(0)
    model = Forecaster(**SMALL)
    for ask in (model.ties, lambda: model.predict(series), lambda: model.save(tmp_path / "model")):
        with pytest.raises(InputError, match="learned nothing"):
            ask()
    training, validation = series.split(0.7, 0.3)
    with pytest.raises(InputError, match="too short"):
        model.fit(training, validation.split(0.1, 0.9)[0])
    with pytest.raises(InputError, match="other sensors"):
        model.fit(training, replace(validation, adjacency=np.eye(SENSORS)))
    model = fitted()
    with pytest.raises(InputError, match="day"):
        model.predict(replace(series, day=48))
    with pytest.raises(InputError, match="too short"):
        model.predict(series.split(0.03, 0.97)[0])
    with pytest.raises(InputError, match="beyond"):
        model.sensitivity(series, beyond=SENSORS)
    with pytest.raises(InputError, match="device"):
        model.to("abacus")
    (tmp_path / "text").write_text("nothing")
    with pytest.raises(InputError, match="no model"):
        Forecaster.load(tmp_path / "text")
