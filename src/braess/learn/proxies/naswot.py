"""NASWOT: how differently the rectifiers of a network answer to different images."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from braess.errors import InputError
from braess.learn.proxies._forward import Normalisation, checked, normalised

_RECTIFIERS = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Hardswish)


def naswot(network: nn.Module, images: Tensor, *, normalisation: Normalisation = "batch") -> float:
    """Return the logarithm of the determinant of the kernel of rectifier codes; more is better.

    The code of an image says of each rectifier whether its input is above 0; the kernel ``[n, n]`` counts for two images the
    rectifiers that agree. Its entries are whole numbers, so its determinant is at least 1 where it is not singular; where
    it is, as in a network whose rectifiers see nothing of the images, the score is 0. The network is left as it was.

    Parameters
    ----------
    network
        Its rectifiers are modules (`torch.nn.ReLU` and the like).
    images
        ``[n, ...]``.
    normalisation
        What batch normalisation does; ``batch`` as published.

    Returns
    -------
    float
        At least 0.

    Raises
    ------
    InputError
        The network calls no rectifier.

    References
    ----------
    Mellor, Turner, Storkey and Crowley (2021), "Neural architecture search without training", arXiv:2006.04647, equation 2.
    """
    agreeing = torch.zeros((len(checked(images)),) * 2, dtype=torch.float64, device=images.device)
    seen = 0

    def count(_: nn.Module, given: tuple[Tensor, ...]) -> None:
        nonlocal seen
        seen += 1
        code = 2.0 * (given[0] > 0).flatten(1).float() - 1.0
        agreeing.add_((code @ code.T).double().add(code.shape[1]).mul(0.5))

    rectifiers = [module for module in network.modules() if isinstance(module, _RECTIFIERS)]
    handles = [rectifier.register_forward_pre_hook(count) for rectifier in rectifiers]
    try:
        with normalised(network, normalisation), torch.no_grad():
            network(images)
    finally:
        for handle in handles:
            handle.remove()
    if seen == 0:
        raise InputError("no rectifier among its modules", field="network", found=type(network).__name__, expected="nn.ReLU")
    values = torch.linalg.eigvalsh(agreeing)
    singular = float(values[0]) <= float(values[-1]) * len(values) * torch.finfo(values.dtype).eps
    return 0.0 if singular else max(0.0, float(values.log().sum()))
