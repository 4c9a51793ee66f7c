"""Training is the same for the same seed, goes on after an interruption as if nothing had happened, and learns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from braess.errors import BraessError, InputError

torch = pytest.importorskip("torch", reason="training needs the extra learn")

from braess.domains.architecture.networks import CellFamily, Network
from braess.domains.architecture.training import Labelled, load_images
from braess.domains.architecture.training.augmentation import flipped, shifted
from braess.domains.architecture.training.fit import Fitted, error_of, fit, one_thread
from braess.domains.architecture.training.recipe import Training

IMAGES = load_images("stripes", training=300, validation=200)
FAMILY = CellFamily(image=IMAGES.shape, classes=4, nodes=3, channels=4, cells=1, stages=2)
RECIPE = Training(epochs=4, batch=32, rate=0.05, smoothing=0.1, flip=True, shift=1)


def fresh() -> Network:
    return FAMILY.build(FAMILY.space.designs({"operation": [[3, 1, 2]]}), torch.Generator().manual_seed(0))


def train(network: Network, seed: int = 1, **more: object) -> Fitted:
    with one_thread():
        return fit(network, IMAGES.training, RECIPE, torch.Generator().manual_seed(seed), **more)  # type: ignore[arg-type]


def same(first: Network, second: Network) -> bool:
    ours, theirs = first.state_dict(), second.state_dict()
    return all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_same_seed_same_bits() -> None:
    """Another seed orders and moves images otherwise; the global generator plays no part and stays where it was."""
    first, second, other = fresh(), fresh(), fresh()
    before = torch.get_rng_state()
    losses = train(first).losses
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(9)
    assert train(second).losses == losses
    torch.set_rng_state(before)
    train(other, seed=2)
    assert same(first, second)
    assert not same(first, other)


@pytest.mark.parametrize("after", [1, 3])
def test_goes_on_where_it_was(after: int, tmp_path: Path) -> None:
    """Stopped after some epochs and called again, it ends with the same bits, and leaves no file."""
    whole, first, second = fresh(), fresh(), fresh()
    expected = train(whole).losses
    path = tmp_path / "kept"

    def stop(done: int, total: int) -> None:
        assert total == RECIPE.epochs
        if done == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(first, checkpoint=path, progress=stop)
    assert path.exists()
    assert train(second, checkpoint=path).losses == expected
    assert same(whole, second)
    assert not path.exists()


def test_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kept"

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(fresh(), checkpoint=path, progress=stop)
    with pytest.raises(InputError, match="another fit"):
        train(fresh(), seed=2, checkpoint=path)


def test_linear_network_takes_the_steps_of_the_formula() -> None:
    """Two epochs of gradient descent on a linear layer, with decay, momentum and cosine, against the formulas in float64."""
    rng = np.random.default_rng(0)
    pixels, labels = rng.normal(size=(6, 1, 1, 2)).astype(np.float32), np.array([0, 1, 2, 0, 1, 2])
    layer = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(2, 3))
    weights = np.hstack([layer[1].weight.detach().double().numpy(), layer[1].bias.detach().double().numpy()[:, None]])
    training = Training(epochs=2, batch=6, rate=0.3, momentum=0.8, decay=0.01)
    fit(layer, Labelled(pixels, labels), training, torch.Generator().manual_seed(0))
    x, velocity = np.hstack([pixels.reshape(6, 2), np.ones((6, 1))]), np.zeros_like(weights)
    for step in range(2):
        scores = x @ weights.T
        chance = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        gradient = (chance - np.eye(3)[labels]).T @ x / 6 + 0.01 * weights
        velocity = gradient if step == 0 else 0.8 * velocity + gradient
        weights = weights - 0.15 * (1 + np.cos(np.pi * step / 2)) * (gradient + 0.8 * velocity)
    found = np.hstack([layer[1].weight.detach().numpy(), layer[1].bias.detach().numpy()[:, None]])
    np.testing.assert_allclose(found, weights, atol=1e-6)


def test_learns() -> None:
    """A few epochs bring the error on images never trained on far below that of guessing, 0.75."""
    network = fresh()
    with one_thread():
        fit(network, IMAGES.training, Training(epochs=8, batch=32, rate=0.1), torch.Generator().manual_seed(0))
        assert error_of(network, IMAGES.validation) < 0.4


def test_error_counts_wrong_images() -> None:
    network = fresh().eval()
    with torch.no_grad():
        guesses = [int(network(torch.from_numpy(row[None])).argmax()) for row in IMAGES.validation.pixels]
    assert error_of(network, IMAGES.validation) == pytest.approx(np.mean(guesses != IMAGES.validation.labels))


def test_what_diverges_is_said() -> None:
    with pytest.raises(BraessError, match="diverged in epoch 1"):
        fit(fresh(), IMAGES.training, Training(epochs=1, rate=1e30), torch.Generator().manual_seed(0))


def test_mirrored_images_are_mirrored() -> None:
    pixels = torch.rand(64, 2, 3, 4, generator=torch.Generator().manual_seed(0))
    found = flipped(pixels, torch.Generator().manual_seed(1))
    kept = (found == pixels).flatten(1).all(dim=1)
    assert torch.equal(found[~kept], pixels[~kept].flip(3))
    assert 16 < int(kept.sum()) < 48


def test_moved_images_are_cuts_of_a_padded_one() -> None:
    """By brute force: each image is one of the 25 cuts, and with so many images every one of them turns up."""
    pixels = torch.rand(400, 1, 5, 5, generator=torch.Generator().manual_seed(0)) + 1
    found = shifted(pixels, 2, torch.Generator().manual_seed(1))
    seen = set()
    for before, after in zip(pixels, found, strict=True):
        padded = torch.zeros(1, 9, 9)
        padded[:, 2:7, 2:7] = before
        cuts = [(i, j) for i in range(5) for j in range(5) if torch.equal(padded[:, i : i + 5, j : j + 5], after)]
        assert len(cuts) == 1
        seen.add(cuts[0])
    assert len(seen) == 25


@pytest.mark.parametrize(
    "setting",
    [{"epochs": 0}, {"batch": 0}, {"rate": 0.0}, {"momentum": 1.0}, {"decay": -1.0}, {"smoothing": 1.0}, {"shift": -1}],
)
def test_nonsense_is_refused(setting: dict[str, float]) -> None:
    with pytest.raises(InputError) as error:
        Training(**setting)  # type: ignore[arg-type]
    assert error.value.field == next(iter(setting))


def test_a_batch_needs_as_many_images() -> None:
    with pytest.raises(InputError, match="fewer images"):
        fit(fresh(), IMAGES.training, Training(batch=301), torch.Generator())
