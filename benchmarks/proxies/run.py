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
from ranking import POOL, QUERIES, summary

from braess.data_folder import data_roots
from braess.domains.architecture.networks import CellFamily
from braess.domains.architecture.tables import nasbench201
from braess.learn.proxies import PROXIES
from results import go_through, kept_rows, write_result

HERE = Path(__file__).resolve().parent
SCORES = HERE / "scores.json"
IMAGES = 32
FAMILY = CellFamily()
PLACES = np.sort(np.random.default_rng(201).choice(len(nasbench201.load(accuracy=False).designs), 300, replace=False))
ORDER = np.random.default_rng(202).permutation(PLACES)  # so that the first of them are a sample too
# Scores that are measured together; GraSP takes as long as all others. The mean of GradSign is worked out from its sum.
PARTS = {
    "first order": [name for name in PROXIES if name not in ("grasp", "gradsign-mean")],
    "second order": ["grasp"],
}
MEAN, SPREAD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)  # of CIFAR-10, by channel

Batch = tuple[torch.Tensor, torch.Tensor]


def batch(seed: int) -> Batch:
    """Draw images for training, standardised, with their labels."""
    path = next(found for root in data_roots(HERE) if (found := root / "images/cifar10/cifar10_25k_jpeg.npz").is_file())
    with np.load(path) as data:
        packed, offsets, labels = data["train_jpeg"], data["train_offset"], data["train_label"]
    rows = np.random.default_rng(seed).choice(len(labels), IMAGES, replace=False)
    pictures = [Image.open(io.BytesIO(packed[offsets[row] : offsets[row + 1]].tobytes())).convert("RGB") for row in rows]
    pixels = np.stack([np.asarray(picture) for picture in pictures]) / 255.0
    standard = ((pixels - MEAN) / SPREAD).transpose(0, 3, 1, 2)
    return torch.from_numpy(standard).float(), torch.from_numpy(labels[rows].astype(np.int64))


def measure(batches: dict[int, Batch], part: str, seed: int, place: int) -> dict[str, Any]:
    """Score one cell by some of the scores, with new weights from its seed; seconds are those of the processor."""
    if seed not in batches:
        batches[seed] = batch(seed)
    design = FAMILY.space.designs({"operation": nasbench201.load(accuracy=False).designs[[place]]})
    drawn = np.random.SeedSequence([seed, place]).generate_state(1, np.uint64)[0]
    network = FAMILY.build(design, torch.Generator().manual_seed(int(drawn >> 1)))
    scores, seconds = {}, {}
    for name in PARTS[part]:
        began = time.process_time()
        scores[name] = float(f"{PROXIES[name](network, *batches[seed]):.9g}")
        seconds[name] = round(time.process_time() - began, 4)
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
        places = [int(place) for place in ORDER[: given.designs]]
        keys = [(part, seed, place) for seed in range(given.seeds) for part in PARTS for place in places]
        go_through(SCORES, ("part", "seed", "place"), keys, partial(measure, {}))
    if not given.no_summary:
        found = summary(kept_rows(SCORES), nasbench201.load(), weights)
        write_result(__file__, {"images": IMAGES, "methods": in_words(found)} | found)


def weights(place: int) -> int:
    """Count the weights of convolutions and linear layers of a cell's network."""
    network = FAMILY.blank(FAMILY.space.designs({"operation": nasbench201.load(accuracy=False).designs[[place]]}))
    return sum(layer.weight.numel() for layer in network.modules() if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear))


def in_words(found: dict[str, Any]) -> dict[str, str]:
    """Say what choosing by GradSign saves, beside choosing by size, where that was measured."""
    regrets = {row["proxy"]: row["datasets"][0]["regret"] for row in found["rows"]} | {"random": found["random"][0]}
    if None in (regrets["gradsign"], regrets["flops"], regrets["random"]):
        return {}
    by_score, by_size, at_random = (regrets[name]["mean"] for name in ("gradsign", "flops", "random"))
    text = (
        f"NAS-Bench-201, CIFAR-10: the best of {QUERIES} cells that GradSign chooses of {POOL} is {by_score:.2f} % "
        f"below the best of the table (mean), of {QUERIES} that FLOPs choose {by_size:.2f} %, of {QUERIES} at random "
        f"{at_random:.2f} %"
    )
    return {"assisted": text}


if __name__ == "__main__":
    main()
