"""Trains every cell of three edges on small pictures, three times, for a table in which searches can be compared exactly."""

from __future__ import annotations

import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.architecture.costs.counting import flops, parameters
from braess.domains.architecture.networks import CellFamily
from braess.domains.architecture.training import Images, load_images
from braess.domains.architecture.training.fit import error_of, one_thread
from braess.domains.architecture.training.problem import trained
from braess.domains.architecture.training.recipe import Training
from braess.space import every_design
from results import go_through

REPEATS = 3
TRAINING = Training(epochs=8, batch=64, rate=0.1)
FAMILY = CellFamily(image=(1, 14, 14), nodes=3, channels=8, cells=1)
NAMES = ("cell", "repeat")


@cache
def pictures() -> Images:
    return load_images("fashion-mnist", training=6_000, validation=2_000, pooled=2)


def measure(cell: str, repeat: int) -> dict[str, Any]:
    """Return errors in % on pictures for validation and for testing, and costs."""
    design = FAMILY.space.designs({"operation": [[FAMILY.operations.index(name) for name in cell.split("|")]]})
    images = pictures()
    began = time.process_time()  # of the core alone: others may use it, too
    with one_thread():
        network = trained(FAMILY, design, images.training, TRAINING, (0, repeat))
        seconds = time.process_time() - began
        errors = [100 * error_of(network, part) for part in (images.validation, images.test)]
    costs = {"flops": flops(network, FAMILY.image), "parameters": parameters(network)}
    return {"validation_error": round(errors[0], 4), "test_error": round(errors[1], 4), **costs, "seconds": round(seconds, 2)}


def main() -> None:
    rows = every_design(FAMILY.space).rows()
    keys = [("|".join(row["operation"]), repeat) for repeat in range(REPEATS) for row in rows]
    go_through(Path(__file__).with_name("result.json"), NAMES, keys, measure)


if __name__ == "__main__":
    main()
