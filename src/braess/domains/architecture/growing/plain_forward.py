"""What a plain network computes, in plain numpy: an independent route to check it by."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from braess.domains.architecture.training.images import Labelled
from braess.learn.morph import Conv, Plain, Pool
from braess.problem.evaluations import Floats

_EPSILON = 1e-5  # of batch norms
_AT_ONCE = 256  # images


def plain_error(layers: Plain, weights: Mapping[str, Floats], images: Labelled) -> float:
    """Return the share of images that a network with these weights labels wrongly.

    Parameters
    ----------
    layers
        Its description.
    weights
        By place in the network and name, such as ``"0.weight"``.
    images
        To be labelled.
    """
    wrong = 0
    for start in range(0, len(images), _AT_ONCE):
        scores = plain_scores(layers, weights, images.pixels[start : start + _AT_ONCE].astype(np.float64))
        wrong += int((scores.argmax(axis=1) != images.labels[start : start + _AT_ONCE]).sum())
    return wrong / len(images)


def plain_scores(layers: Plain, weights: Mapping[str, Floats], pixels: Floats) -> Floats:
    """Return scores ``[n, classes]`` of pixels ``[n, channels, height, width]``."""
    values, at = pixels, 0
    for layer in layers:
        if isinstance(layer, Conv):
            values = np.maximum(_normalised(_convolved(values, weights[f"{at}.weight"]), weights, at + 1), 0.0)
            at += 3
        elif isinstance(layer, Pool):
            n, channels, height, width = values.shape
            cells = values[:, :, : height // 2 * 2, : width // 2 * 2].reshape(n, channels, height // 2, 2, width // 2, 2)
            values, at = cells.max(axis=(3, 5)), at + 1
        else:
            if values.ndim > 2:
                values, at = values.reshape(len(values), -1), at + 1
            values = np.maximum(values @ weights[f"{at}.weight"].T + weights[f"{at}.bias"], 0.0)
            at += 2
    if values.ndim > 2:
        values, at = values.reshape(len(values), -1), at + 1
    scores: Floats = values @ weights[f"{at}.weight"].T + weights[f"{at}.bias"]
    return scores


def _convolved(values: Floats, kernel: Floats) -> Floats:
    side = kernel.shape[-1]
    padded = np.pad(values, ((0, 0), (0, 0), (side // 2, side // 2), (side // 2, side // 2)))
    windows = sliding_window_view(padded, (side, side), axis=(2, 3))
    found: Floats = np.einsum("nchwij,ocij->nohw", windows, kernel, optimize=True)
    return found


def _normalised(values: Floats, weights: Mapping[str, Floats], at: int) -> Floats:
    scale, shift, mean, variance = (
        weights[f"{at}.{name}"][:, None, None] for name in ("weight", "bias", "running_mean", "running_var")
    )
    found: Floats = (values - mean) / np.sqrt(variance + _EPSILON) * scale + shift
    return found
