"""Scores of untrained networks: each against an answer known from elsewhere, and what all must do."""

from __future__ import annotations

import itertools
import math
import pickle

import numpy as np
import pytest

pytest.importorskip("torch", reason="scores of networks need the extra learn")
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from braess.errors import InputError
from braess.learn.proxies import (
    PROXIES,
    cross_entropy,
    find_proxy,
    gradient_norm,
    gradsign,
    grasp,
    multiply_adds,
    naswot,
    parameter_count,
    snip,
    synflow,
)

RANDOM = sorted(name for name, proxy in PROXIES.items() if proxy.random)


class Branches(nn.Module):
    """Grouped, dilated, strided and padded convolutions, a layer used twice, an activation in place and one that is dead."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, padding="same", padding_mode="circular"), nn.BatchNorm2d(4))
        self.twice = nn.Conv2d(4, 4, 3, padding=2, dilation=2, groups=2, bias=False)
        self.down = nn.Conv2d(4, 6, (3, 1), stride=2, padding=(1, 0))
        self.norm = nn.BatchNorm2d(6)
        self.dead = nn.Conv2d(4, 6, 1)
        self.tokens = nn.Linear(6, 5)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(5, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.relu(self.stem(x), inplace=True)
        x = functional.relu_(self.twice(functional.relu_(self.twice(x))))
        self.dead(x)
        x = functional.relu(self.norm(self.down(x)))
        tokens = functional.gelu(self.tokens(x.flatten(2).transpose(1, 2)))
        return self.head(self.drop(tokens.mean(dim=1)))


def made(network: type[nn.Module] | nn.Module, seed: int = 0) -> nn.Module:
    """Return a network in float64 with weights of a seed and normalisation that is not the identity."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        one = network() if isinstance(network, type) else network
        for module in one.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.normal_(module.bias)
        return one.double()


def batch(n: int, seed: int = 0, classes: int = 3, shape: tuple[int, ...] = (3, 6, 6)) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.standard_normal((n, *shape))), torch.from_numpy(rng.integers(classes, size=n))


def small() -> nn.Sequential:
    """Return a smooth network of 49 weights for derivatives of second order."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        layers = (nn.Conv2d(1, 3, 2), nn.BatchNorm2d(3), nn.Tanh(), nn.Flatten(), nn.Linear(12, 3))
        return nn.Sequential(*layers).double()


def slow_gradients(network: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> list[list[torch.Tensor]]:
    """Return for each image the gradients of its loss in training with a batch of one, by plain backward passes."""
    weights = [layer.weight for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    found = []
    for image, label in zip(images, labels, strict=True):
        loss = functional.cross_entropy(network(image[None]), label[None])
        found.append([torch.zeros_like(w) if g is None else g for w, g in _grads(loss, weights)])
    return found


def _grads(loss, weights):
    return zip(weights, torch.autograd.grad(loss, weights, allow_unused=True), strict=True)


def agreement(gradients: list[list[torch.Tensor]]) -> float:
    return sum(float(torch.stack(parts).sign().sum(0).abs().sum()) for parts in zip(*gradients, strict=True))


@pytest.mark.parametrize("n", [1, 2, 7])
def test_gradsign_is_the_loop_over_single_images(n: int) -> None:
    """Batches of one in training mode, a backward pass each, is how it is defined."""
    network, (images, labels) = made(Branches), batch(n)
    network.train()
    network.drop.eval()
    assert gradsign(network, images, labels) == agreement(slow_gradients(network, images, labels)) > 0


def test_gradsign_with_running_statistics_is_the_loop_too() -> None:
    """With kept statistics the loop is over batches of one in evaluation mode."""
    network, (images, labels) = made(Branches), batch(5)
    network(images)  # statistics that differ from those at the beginning
    network.eval()
    expected = agreement(slow_gradients(network, images, labels))
    assert gradsign(network, images, labels, normalisation="running") == expected
    assert gradsign(network, images, labels, normalisation="image") != expected


def test_gradsign_with_fixed_statistics_holds_those_of_the_batch() -> None:
    """Networks whose kept statistics were set to those of the batch must give the same by another way."""
    network, (images, labels) = (
        made(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3))),
        batch(5),
    )
    found = gradsign(network, images, labels, normalisation="fixed")
    before = network[0](images).detach()
    network[1].running_mean.copy_(before.mean(dim=(0, 2, 3)))
    network[1].running_var.copy_(before.var(dim=(0, 2, 3), correction=0))
    assert gradsign(network, images, labels, normalisation="running") == found


def test_gradsign_of_one_linear_layer() -> None:
    """Signs of outer products: the derivative of the cross-entropy is probability minus label."""
    images, labels = batch(9, shape=(5,))
    layer = made(nn.Linear(5, 3))
    delta = torch.softmax(layer(images), dim=1).detach() - functional.one_hot(labels, 3)
    assert gradsign(layer, images, labels) == float((delta.sign().T @ images.sign()).abs().sum())


@pytest.mark.parametrize("n", [1, 4])
def test_gradsign_of_equal_images_counts_gradients(n: int) -> None:
    """Equal images agree in all that has a gradient; one image agrees with itself."""
    network = made(Branches)
    images, labels = batch(1)
    network.train()
    network.drop.eval()
    (gradients,) = slow_gradients(network, images, labels)
    nonzero = sum(int((gradient != 0).sum()) for gradient in gradients)
    found = gradsign(network, images.expand(n, -1, -1, -1), labels.expand(n))
    assert found == n * nonzero
    assert 0 < nonzero < sum(gradient.numel() for gradient in gradients)


def test_gradsign_of_opposite_images_is_nothing() -> None:
    """Two images that pull all weights apart agree in none."""
    layer = made(nn.Linear(4, 2, bias=False))
    image = batch(1, shape=(4,))[0]
    assert gradsign(layer, torch.cat([image, -image]), torch.tensor([0, 0]), loss=lambda outputs, _: outputs[:, 0]) == 0.0


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), n=st.integers(1, 6), factor=st.floats(1e-3, 1e3))
def test_gradsign_invariances(seed: int, n: int, factor: float) -> None:
    """Neither the scale of the loss nor the order of images matters, and the score is between its bounds."""
    network, (images, labels) = made(Branches, seed), batch(n, seed)
    score = gradsign(network, images, labels)
    order = np.random.default_rng(seed).permutation(n)
    assert gradsign(network, images[order], labels[order]) == score
    assert gradsign(network, images, labels, loss=lambda outputs, at: factor * cross_entropy(outputs, at)) == score
    count = sum(layer.weight.numel() for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear))
    assert 0 <= score <= n * count
    assert math.isclose(gradsign(network, images, labels, mean=True), score / count)


def test_gradsign_skips_what_is_no_number() -> None:
    """An image of no numbers has no say; the others keep theirs."""
    network, (images, labels) = made(Branches), batch(4)
    broken = images.clone()
    broken[1] = math.nan
    kept = [0, 2, 3]
    assert gradsign(network, broken, labels) == gradsign(network, images[kept], labels[kept])


def test_gradsign_of_maps_of_one_pixel() -> None:
    """The normalised value of a single pixel is 0: what is before it has no gradient, what is after it has."""
    network = made(nn.Sequential(nn.Conv2d(3, 4, 6), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 3)))
    images, labels = batch(1)
    assert gradsign(network, images, labels) == 12


def test_gradient_scores_against_differences() -> None:
    """The derivative of the mean loss by each weight, from differences, gives norm and SNIP."""
    network, (images, labels) = small(), batch(6, shape=(1, 3, 3))
    layers = [network[0], network[4]]
    slopes = []
    for layer in layers:
        slope = torch.zeros_like(layer.weight)
        for at in itertools.product(*(range(size) for size in layer.weight.shape)):
            values = []
            for step in (1e-5, -1e-5):
                with torch.no_grad():
                    layer.weight[at] += step
                    values.append(float(functional.cross_entropy(network(images), labels)))
                    layer.weight[at] -= step
            slope[at] = (values[0] - values[1]) / 2e-5
        slopes.append(slope)
    expected = sum(float(slope.norm()) for slope in slopes)
    assert gradient_norm(network, images, labels) == pytest.approx(expected, rel=1e-6)
    sensitive = sum(float((layer.weight.detach() * slope).abs().sum()) for layer, slope in zip(layers, slopes, strict=True))
    assert snip(network, images, labels) == pytest.approx(sensitive, rel=1e-6)


def test_grasp_against_the_whole_hessian() -> None:
    """Minus weights times Hessian times gradient, with the Hessian written out."""
    network, (images, labels) = small(), batch(6, shape=(1, 3, 3))
    weights = torch.cat([network[0].weight.flatten(), network[4].weight.flatten()]).detach()

    def loss(flat: torch.Tensor) -> torch.Tensor:
        first = functional.conv2d(images, flat[:12].view(3, 1, 2, 2), network[0].bias)
        middle = torch.tanh(functional.batch_norm(first, None, None, training=True)).flatten(1)
        return functional.cross_entropy(middle @ flat[12:].view(3, 12).T + network[4].bias, labels)

    hessian, gradient = torch.func.hessian(loss)(weights), torch.func.grad(loss)(weights)
    assert grasp(network, images, labels) == pytest.approx(-float((weights @ hessian @ gradient).detach()), rel=1e-9)


def test_synflow_of_a_chain_is_the_sum_over_paths() -> None:
    """Each layer of a chain contributes the sum over paths of products of absolute weights; biases add nothing."""
    chain = made(nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 2)))
    weights = [chain[i].weight.detach().abs().numpy() for i in (0, 2, 4)]
    paths = sum(
        weights[0][j, i] * weights[1][k, j] * weights[2][m, k]
        for i, j, k, m in itertools.product(range(3), range(5), range(4), range(2))
    )
    assert synflow(chain, torch.zeros(7, 3)) == pytest.approx(math.log1p(3 * paths), rel=1e-12)


def test_synflow_of_a_long_chain_does_not_overflow() -> None:
    """Twenty layers of 10 x 10 weights of 1e17: the flow is 1e360, which float64 cannot hold."""
    chain = nn.Sequential(*(nn.Linear(10, 10) for _ in range(20)))
    for layer in chain:
        nn.init.constant_(layer.weight, -1e17)
    found = synflow(chain, torch.zeros(1, 10))
    assert found == pytest.approx(math.log(20 * 10) + 20 * math.log(1e18), rel=1e-9)


def test_synflow_scales_with_a_layer() -> None:
    """Twice the weights of one layer is twice the flow."""
    chain = made(nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3)))
    images = batch(1)[0]
    once = math.expm1(synflow(chain, images))
    with torch.no_grad():
        chain[0].weight.mul_(2)
    assert math.expm1(synflow(chain, images)) == pytest.approx(2 * once, rel=1e-9)


def test_naswot_by_hand() -> None:
    """Codes 110, 100 and 011 of three rectifiers: they agree in 2, 1 and 0 places."""
    layer = nn.Linear(3, 3, bias=False)
    nn.init.eye_(layer.weight)
    images = torch.tensor([[1.0, 2.0, -1.0], [3.0, -1.0, -1.0], [-2.0, 1.0, 1.0]])
    kernel = np.array([[3, 2, 1], [2, 3, 0], [1, 0, 3]])
    expected = math.log(round(np.linalg.det(kernel)))
    assert naswot(nn.Sequential(layer, nn.ReLU()), images) == pytest.approx(expected, rel=1e-12)
    assert naswot(nn.Sequential(layer, nn.ReLU()), images[[2, 0, 1]]) == pytest.approx(expected, rel=1e-12)
    assert naswot(nn.Sequential(layer, nn.ReLU()), images[[0, 0, 1]]) == 0.0, "equal codes are a singular kernel"


def test_sizes() -> None:
    """Multiply-adds and parameters of layers counted by hand."""
    network = made(nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3)))
    assert multiply_adds(network, batch(2)[0]) == 3 * 4 * 9 * 16 + 64 * 3
    assert parameter_count(network) == 108 + 8 + 195


class Dead(nn.Module):
    """What it says does not depend on the images, nor on any convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3)
        self.rectifier = nn.ReLU()
        self.head = nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.rectifier(self.first(x).new_zeros(len(x), 4))
        return self.head(x)


@pytest.mark.parametrize("name", RANDOM)
def test_dead_networks_score_nothing(name: str) -> None:
    """Where no image reaches the output there is nothing to learn, and nothing to stumble over."""
    images, labels = batch(4)
    assert PROXIES[name](made(Dead), images, labels) == 0.0
    if name != "synflow":  # which does not look at images
        assert PROXIES[name](made(nn.Sequential(nn.Flatten(), nn.ReLU(), nn.Linear(108, 3))), 0.0 * images, labels) == 0.0


@pytest.mark.parametrize("name", sorted(PROXIES))
def test_networks_are_left_as_they_were(name: str) -> None:
    """Weights, statistics, modes, gradients and hooks, the batch and the generators; and again gives the same bits."""
    network, (images, labels) = made(Rectified), batch(5)
    network[1].eval()
    state = {key: value.clone() for key, value in network.state_dict().items()}
    kept, modes, generator = images.clone(), [module.training for module in network.modules()], torch.get_rng_state()
    first = PROXIES[name](network, images, labels)
    assert all(torch.equal(value, state[key]) for key, value in network.state_dict().items())
    assert [module.training for module in network.modules()] == modes
    assert all(parameter.grad is None and parameter.requires_grad for parameter in network.parameters())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    assert not any("forward" in vars(module) for module in network.modules())
    assert torch.equal(images, kept)
    assert not images.requires_grad
    assert torch.equal(torch.get_rng_state(), generator)
    assert first > 0 or name == "grasp"
    assert PROXIES[name](network, images, labels) == first
    copy = pickle.loads(pickle.dumps(PROXIES[name]))
    assert copy(network.float(), images.float(), labels) == pytest.approx(first, rel=0.05)


class Rectified(nn.Sequential):
    """A small network of the usual parts."""

    def __init__(self) -> None:
        parts = (nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
        super().__init__(*parts, nn.Flatten(), nn.Linear(16, 3))


@pytest.mark.parametrize("name", sorted(PROXIES))
def test_frozen_weights_are_scored_alike(name: str) -> None:
    """Whether weights are to be trained does not matter to a score of them, only to their number."""
    network, (images, labels) = made(Rectified), batch(5)
    score = PROXIES[name](network, images, labels)
    network.requires_grad_(False)
    assert PROXIES[name](network, images, labels) == (0.0 if name == "parameters" else score)
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_bad_input_is_refused() -> None:
    """Each by the name of what is wrong."""
    network, (images, labels) = made(Rectified), batch(4)
    for call, words in (
        (lambda: gradsign(network, images[:0], labels[:0]), "no batch of images"),
        (lambda: gradsign(network, images.long(), labels), "whole numbers"),
        (lambda: snip(network, images, labels[:3]), "not one label"),
        (lambda: gradsign(network, images, labels, normalisation="batch"), "mix none"),
        (lambda: grasp(network, images, labels, normalisation="layer"), "no such normalisation"),
        (lambda: naswot(nn.Linear(3, 2).double(), images.flatten(1)[:, :3]), "no rectifier"),
        (lambda: find_proxy("grad-sign"), "did you mean 'gradsign'"),
        (lambda: find_proxy("gradsign").normalised_by("layer"), "no such normalisation"),
    ):
        with pytest.raises(InputError, match=words):
            call()
    network[1] = nn.BatchNorm2d(8, track_running_stats=False).double()
    with pytest.raises(InputError, match="keeps no statistics"):
        gradsign(network, images, labels, normalisation="running")
    assert network.training, "refused, and left as it was"


def test_registry_says_what_it_scores_by() -> None:
    """The normalisation of the record must be the one that is used, and all scores say which way is better."""
    network, (images, labels) = made(Rectified), batch(4)
    for name, proxy in PROXIES.items():
        assert proxy.name == name
        assert proxy.better in ("min", "max")
        assert proxy.reference
        assert proxy.normalised_by(None) is proxy
        assert proxy.normalised_by(proxy.normalisation)(network, images, labels) == proxy(network, images, labels)
    running = PROXIES["gradsign"].normalised_by("running")
    assert running.describe() == {"name": "gradsign", "better": "max", "normalisation": "running"}
    assert running(network, images, labels) == gradsign(network, images, labels, normalisation="running")
    assert PROXIES["flops"].normalised_by("running") is PROXIES["flops"]
