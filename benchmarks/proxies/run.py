"""Scores untrained networks of NAS-Bench-201 on real images, and says how well each score ranks them, beside their size."""

from __future__ import annotations

import argparse
import io
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from ranking import summary

from braess.data_folder import data_roots
from braess.domains.architecture.networks import CellFamily
from braess.domains.architecture.tables import nasbench201
from braess.learn.proxies import PROXIES
from braess.learn.proxies._forward import weights_of
from results import go_through, kept_rows, write_result

HERE = Path(__file__).resolve().parent
SCORES = HERE / "scores.json"
IMAGES = 32
FAMILY = CellFamily()
PLACES = np.sort(np.random.default_rng(201).choice(len(nasbench201.load(accuracy=False).designs), 300, replace=False))
ORDER = np.random.default_rng(202).permutation(PLACES)  # so that the first of them are a sample too
MEAN, SPREAD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)  # of CIFAR-10, by channel


def batch(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw images for training, standardised, with their labels."""
    path = next(found for root in data_roots(HERE) if (found := root / "images/cifar10/cifar10_25k_jpeg.npz").is_file())
    with np.load(path) as data:
        packed, offsets, labels = data["train_jpeg"], data["train_offset"], data["train_label"]
    rows = np.random.default_rng(seed).choice(len(labels), IMAGES, replace=False)
    pictures = [Image.open(io.BytesIO(packed[offsets[row] : offsets[row + 1]].tobytes())).convert("RGB") for row in rows]
    pixels = np.stack([np.asarray(picture) for picture in pictures]) / 255.0
    standard = ((pixels - MEAN) / SPREAD).transpose(0, 3, 1, 2)
    return torch.from_numpy(standard).float(), torch.from_numpy(labels[rows].astype(np.int64))


def measure(batches: dict[int, tuple[torch.Tensor, torch.Tensor]], seed: int, place: int) -> dict[str, Any]:
    """Score one cell by everything, with new weights from its seed; seconds are those of the processor."""
    if seed not in batches:
        batches[seed] = batch(seed)
    design = FAMILY.space.designs({"operation": nasbench201.load(accuracy=False).designs[[place]]})
    drawn = np.random.SeedSequence([seed, place]).generate_state(1, np.uint64)[0]
    network = FAMILY.build(design, torch.Generator().manual_seed(int(drawn >> 1)))
    scores, seconds = {}, {}
    for name, proxy in PROXIES.items():
        if name == "gradsign-mean":  # it is worked out from the other one
            continue
        began = time.process_time()
        scores[name] = float(f"{proxy(network, *batches[seed]):.9g}")
        seconds[name] = round(time.process_time() - began, 4)
    scores["gradsign-mean"] = float(f"{scores['gradsign'] / sum(map(torch.numel, weights_of(network).values())):.9g}")
    seconds["gradsign-mean"] = seconds["gradsign"]
    return {"scores": scores, "seconds": seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="initialisations and batches of each network")
    parser.add_argument("--designs", type=int, default=len(ORDER), help="networks, the first of a random order")
    parser.add_argument("--summary", action="store_true", help="only sum up what is there")
    parser.add_argument("--no-summary", action="store_true", help="only score")
    given = parser.parse_args()
    torch.set_num_threads(1)
    if not given.summary:
        keys = [(seed, int(place)) for seed in range(given.seeds) for place in ORDER[: given.designs]]
        go_through(SCORES, ("seed", "place"), keys, partial(measure, {}))
    if not given.no_summary:
        write_result(__file__, {"images": IMAGES} | summary(kept_rows(SCORES), nasbench201.load()))


if __name__ == "__main__":
    main()
