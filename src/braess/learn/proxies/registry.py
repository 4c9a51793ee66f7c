"""Scores of untrained networks by name, each with what it reads, which way is better and where it comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Literal, get_args

from torch import Tensor, nn

from braess.errors import InputError, nearest
from braess.learn.proxies._forward import Normalisation
from braess.learn.proxies.gradients import gradient_norm, grasp, snip
from braess.learn.proxies.gradsign import gradsign
from braess.learn.proxies.naswot import naswot
from braess.learn.proxies.size import multiply_adds, parameter_count
from braess.learn.proxies.synflow import synflow


@dataclass(frozen=True)
class Proxy:
    """A score of an untrained network that is to rank networks as training would.

    Parameters
    ----------
    name
        What a study file calls it.
    function
        Called with the network and what it reads.
    reads
        Some of ``images`` and ``labels``, in the order of the function.
    better
        Which values promise the better network: ``max`` for large ones, ``min`` for small ones.
    normalisation
        What batch normalisation does while scoring; ``None`` where the score does not depend on it.
    random
        Whether it depends on the weights that a network begins with.
    reference
        Paper and equation.
    """

    name: str
    function: Callable[..., float]
    reads: tuple[Literal["images", "labels"], ...]
    better: Literal["max", "min"]
    normalisation: Normalisation | None
    random: bool
    reference: str

    def __call__(self, network: nn.Module, images: Tensor, labels: Tensor) -> float:
        """Return the score of a network on a batch of images ``[n, ...]`` with labels ``[n]``."""
        batch = {"images": images, "labels": labels}
        return self.function(network, *(batch[part] for part in self.reads))

    def normalised_by(self, normalisation: Normalisation | None) -> Proxy:
        """Return the same score with another normalisation, or itself for ``None`` or where it does not depend on it.

        Raises
        ------
        InputError
            There is no such normalisation, or it is not for this score.
        """
        if normalisation is None:
            return self
        if normalisation not in get_args(Normalisation):
            expected = f"one of {', '.join(get_args(Normalisation))}"
            raise InputError("no such normalisation", field="normalisation", found=normalisation, expected=expected)
        if self.normalisation is None:
            return self
        return replace(self, normalisation=normalisation, function=partial(self.function, normalisation=normalisation))

    def describe(self) -> dict[str, Any]:
        """Describe the score as plain data, for the record."""
        return {"name": self.name, "better": self.better, "normalisation": self.normalisation}


_BOTH: Final = ("images", "labels")
_SUMMED = "summed as in arXiv:2101.08134, equation 1"

PROXIES: Final[dict[str, Proxy]] = {
    proxy.name: proxy
    for proxy in (
        Proxy("gradsign", gradsign, _BOTH, "max", "image", True, "Zhang and Jia (2022), arXiv:2110.08616, algorithm 1"),
        Proxy(
            "gradsign-mean",
            partial(gradsign, mean=True),
            _BOTH,
            "max",
            "image",
            True,
            "Zhang and Jia (2022), arXiv:2110.08616, algorithm 1, per weight",
        ),
        Proxy(
            "gradient-norm",
            gradient_norm,
            _BOTH,
            "max",
            "batch",
            True,
            "Abdelfattah et al. (2021), arXiv:2101.08134, section 3.2",
        ),
        Proxy("snip", snip, _BOTH, "max", "batch", True, f"Lee et al. (2019), arXiv:1810.02340, equation 4; {_SUMMED}"),
        Proxy("grasp", grasp, _BOTH, "max", "batch", True, f"Wang et al. (2020), arXiv:2002.07376, equation 8; {_SUMMED}"),
        Proxy(
            "synflow",
            synflow,
            ("images",),
            "max",
            "none",
            True,
            f"Tanaka et al. (2020), arXiv:2006.05467, equation 1; {_SUMMED}",
        ),
        Proxy("naswot", naswot, ("images",), "max", "batch", True, "Mellor et al. (2021), arXiv:2006.04647, equation 2"),
        Proxy("flops", multiply_adds, ("images",), "max", None, False, "size: multiply-adds for one image"),
        Proxy("parameters", parameter_count, (), "max", None, False, "size: number of trainable parameters"),
    )
}


def find_proxy(name: str) -> Proxy:
    """Return one score; an unknown name raises `InputError` with the nearest right one."""
    if name not in PROXIES:
        raise InputError(
            f"no such score{nearest(str(name), PROXIES)}", field="score", found=name, expected=f"one of {', '.join(PROXIES)}"
        )
    return PROXIES[name]
