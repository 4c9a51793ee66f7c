"""Five search logs over sub-networks of a trained MobileNetV3 supernet: weights, multiply-adds and ImageNet accuracy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from braess.domains.architecture.tables.files import Ints, read_arrays
from braess.errors import InputError, nearest
from braess.problem.evaluations import Floats

STAGES: Final = 5
DEEPEST: Final = 4  # layers of a stage
LOGS: Final = ("ga", "linas-ga", "nsga2", "linas-nsga2", "unsga3")


@dataclass(frozen=True, eq=False)
class SearchLog:
    """What one search measured, in the order in which it did.

    Parameters
    ----------
    kernels
        ``[n, 20]`` kernel size of each layer (3, 5 or 7), stage by stage, four layers each.
    expansions
        ``[n, 20]`` expansion of each layer (3, 4 or 6).
    depths
        ``[n, 5]`` layers of each stage (2, 3 or 4); the layers after them are not there, whatever is decided of them.
    parameters
        ``[n]`` weights.
    macs
        ``[n]`` multiply-adds for one picture of 224 pixels a side.
    accuracy
        ``[n]`` ImageNet top-1 accuracy in %.
    """

    kernels: Ints
    expansions: Ints
    depths: Ints
    parameters: Ints
    macs: Ints
    accuracy: Floats

    @property
    def active(self) -> NDArray[np.bool_]:
        """``[n, 20]`` which layers are there."""
        return np.asarray((np.arange(DEEPEST) < self.depths[:, :, None]).reshape(len(self.depths), -1))

    @property
    def designs(self) -> Ints:
        """``[n, 45]`` kernels, expansions and depths, 0 for layers that are not there: equal rows are equal networks."""
        active = self.active
        return np.hstack([self.kernels * active, self.expansions * active, self.depths])


@cache
def load(log: str) -> SearchLog:
    """Return one log; do not write into its arrays.

    Parameters
    ----------
    log
        Search that measured: ``ga`` and ``linas-ga`` for accuracy alone, ``nsga2`` and ``linas-nsga2`` for accuracy and
        multiply-adds, ``unsga3`` for accuracy, multiply-adds and weights.

    Raises
    ------
    InputError
        There is no such log.

    References
    ----------
    Cummings et al. (2022), "A hardware-aware system for accelerating deep neural network optimization", arXiv:2202.12954;
    `notebooks/data/mbnv3w10_*.csv` of https://github.com/IntelLabs/DyNAS-T (Apache-2.0).
    """
    if log not in LOGS:
        raise InputError(f"no such log{nearest(log, LOGS)}", field="log", found=log, expected=f"one of {', '.join(LOGS)}")
    found = read_arrays("dynast_mbnv3")
    layers = STAGES * DEEPEST
    designs = found[f"{log}.design"].astype(np.int64)
    return SearchLog(
        kernels=designs[:, :layers],
        expansions=designs[:, layers : 2 * layers],
        depths=designs[:, 2 * layers :],
        parameters=found[f"{log}.parameters"],
        macs=found[f"{log}.macs"],
        accuracy=found[f"{log}.correct"] / 1000,  # of 50,000 pictures, to 0.002 %
    )
