"""Fitting prior-fitted networks: it goes on where it was, writes what can be read, and comes near to exact posteriors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="prior-fitted networks need the extra learn")

from braess.errors import InputError
from braess.learn.prior_fitted import pretraining
from braess.learn.prior_fitted.mixture import Mixture
from braess.learn.prior_fitted.network import PriorNetwork, Shape
from braess.learn.prior_fitted.pretraining import KINDS, Kind, Recipe, Step, pretrain, read_network, tasks_of
from braess.learn.prior_fitted.priors import one_process, threshold
from braess.learn.prior_fitted.shipped import facts_of, shipped

TINY = replace(
    KINDS["values"], shape=Shape(width=16, heads=2, layers=3, hidden=16, outputs=6), report=lambda network: {"none": []}
)
SHORT = Recipe(steps=6, rows=200, most=12, queries=8, coordinates=3)


def _weights(path: Path) -> list[torch.Tensor]:
    return list(read_network(path)[0].state_dict().values())


def test_an_interrupted_fit_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bit for bit the weights of the fit that nobody interrupted."""
    monkeypatch.setattr(pretraining, "_CHECKPOINT", 0.0)
    whole, again = tmp_path / "whole.net", tmp_path / "again.net"
    pretrain(TINY, whole, SHORT)
    counted = 0

    def interrupt(n: int, tasks: object = tasks_of) -> None:
        nonlocal counted
        counted += 1
        if counted == 4:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pretraining, "tasks_of", lambda *given: (interrupt(0), tasks_of(*given))[1])
        with pytest.raises(KeyboardInterrupt):
            pretrain(TINY, again, SHORT)
    assert not again.exists()
    with pytest.raises(InputError, match="another fit"):
        pretrain(TINY, again, replace(SHORT, seed=1))
    pretrain(TINY, again, SHORT)
    assert all(torch.equal(one, other) for one, other in zip(_weights(whole), _weights(again), strict=True))
    assert [file.name for file in sorted(tmp_path.iterdir())] == ["again.net", "whole.net"]


def test_a_seed_is_a_network(tmp_path: Path) -> None:
    for name, seed in (("one", 0), ("same", 0), ("other", 1)):
        pretrain(TINY, tmp_path / name, replace(SHORT, seed=seed))
    one, same, other = (_weights(tmp_path / name) for name in ("one", "same", "other"))
    assert all(torch.equal(a, b) for a, b in zip(one, same, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_global_randomness_is_left_alone(tmp_path: Path) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    pretrain(TINY, tmp_path / "net", SHORT)
    assert torch.equal(torch.get_rng_state(), before)


def test_progress_is_told(tmp_path: Path) -> None:
    steps: list[Step] = []
    pretrain(TINY, tmp_path / "net", SHORT, steps.append)
    assert [(step.number, step.most, step.left) for step in steps] == [(6, 6, 0.0)]
    assert np.isfinite(steps[0].loss)


@pytest.mark.parametrize("damage", ["no file", "no archive", "other weights"])
def test_what_is_no_network_is_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "net"
    if damage == "no archive":
        path.write_bytes(b"something")
    if damage == "other weights":
        from braess.learn._file import write_model

        write_model(path, {"shape": {"width": 8, "heads": 2}}, b"something")
    with pytest.raises(InputError, match=r"no such file|no model|no prior-fitted network"):
        read_network(path)


def test_a_broken_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "net.checkpoint").write_bytes(b"something")
    with pytest.raises(InputError, match="no checkpoint"):
        pretrain(TINY, tmp_path / "net", SHORT)


@pytest.mark.parametrize("changed", [{"steps": 0}, {"seed": -1}, {"most": 2}])
def test_impossible_recipes_are_refused(changed: dict[str, int]) -> None:
    with pytest.raises(InputError, match=next(iter(changed))):
        replace(SHORT, **changed)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_shipped_networks_are_of_the_recipe_here(name: str) -> None:
    """What is shipped must be what the command makes, and small."""
    facts, kind = facts_of(name), KINDS[name]
    assert facts["shape"] == pretraining.asdict(kind.shape)
    assert facts["recipe"] == pretraining.asdict(kind.recipe)
    assert sum(weight.numel() for weight in shipped(name).parameters()) < 1_000_000


@pytest.mark.parametrize("name", sorted(KINDS))
def test_shipped_reports_are_what_the_networks_still_say(name: str) -> None:
    """A change of the code that reads or asks would show here."""
    again = KINDS[name].report(shipped(name))
    for rows, shipped_rows in zip(again.values(), facts_of(name)["report"].values(), strict=True):
        for row, told in zip(rows, shipped_rows, strict=True):
            assert row == pytest.approx(told, abs=2e-3)


def test_shipped_values_are_foretold_nearly_as_well_as_can_be() -> None:
    """Within 1.2 nats of who knows the process and its lengths, from rows alone; nine tenths must cover about as many."""
    for row in facts_of("values")["report"]["values"]:
        assert row["nats"] < row["exact_nats"] + 1.2, row
        assert 0.86 < row["covered"] < 0.95, row


def test_shipped_labels_are_foretold_better_the_more_are_known() -> None:
    rows = facts_of("labels")["report"]["labels"]
    assert [row["known"] for row in rows] == [16, 64, 256]
    assert rows[0]["nats"] > rows[1]["nats"] > rows[2]["nats"]
    for row in rows:
        assert row["nats"] < row["share_nats"]
        assert row["calibration_error"] < 0.03


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_network_comes_near_to_the_exact_posterior(tmp_path: Path) -> None:
    """Of one process, known to the fit by its draws only: within a twentieth of a nat with any number of coordinates."""
    kind = Kind(
        one_process,
        Shape(width=64, heads=8, layers=6, hidden=128, outputs=9),
        pretraining.value_loss,
        SHORT,
        lambda network: {},
    )
    pretrain(kind, tmp_path / "net", Recipe(steps=4_000, rows=2048, most=40, queries=32, coordinates=3))
    network, _ = read_network(tmp_path / "net")
    gaps = []
    for n, d in ((8, 1), (20, 2), (40, 3)):
        tasks = one_process(100, n, 50, d, torch.Generator().manual_seed(7)).float()
        assert tasks.exact is not None
        density = Mixture.of(network(tasks.rows, tasks.answers, tasks.queries)).log_density(tasks.wanted)
        gaps.append(float((tasks.exact - density).mean()))
    assert max(gaps) < 0.05, gaps


@pytest.mark.slow
def test_a_network_comes_near_to_the_exact_probability(tmp_path: Path) -> None:
    """Of labels that turn at a place anywhere, one in ten wrong: Bayes' rule over a grid of places."""
    kind = Kind(threshold, Shape(width=32, heads=4, layers=4, hidden=64), pretraining.label_loss, SHORT, lambda network: {})
    pretrain(kind, tmp_path / "net", Recipe(steps=1_500, rows=2048, most=40, queries=32, coordinates=1))
    network, _ = read_network(tmp_path / "net")
    tasks = threshold(200, 20, 30, 1, torch.Generator().manual_seed(7))
    said = _log_odds(network, tasks.float()).sigmoid().double()
    grid = torch.linspace(0.0, 1.0, 2001, dtype=torch.float64)
    right = (tasks.rows > grid) == (tasks.answers[..., None] > 0.0)
    weight = torch.where(right, 0.9, 0.1).double().log().sum(1).softmax(-1)
    above = (weight[:, None] * (tasks.queries > grid)).sum(-1)
    exact = 0.9 * above + 0.1 * (1.0 - above)
    divergence = exact * (exact / said).log() + (1.0 - exact) * ((1.0 - exact) / (1.0 - said)).log()
    assert float(divergence.mean()) < 0.03


def _log_odds(network: PriorNetwork, tasks: pretraining.Tasks) -> torch.Tensor:
    with torch.no_grad():
        said: torch.Tensor = network(tasks.rows, tasks.answers, tasks.queries)[..., 0]
    return said
