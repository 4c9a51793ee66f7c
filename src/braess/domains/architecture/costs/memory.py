"""Memory that a network needs: bytes of the tensors alive at the same time, counted and not measured."""

from __future__ import annotations

import copy
import weakref
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


def inference_memory(network: nn.Module, image: tuple[int, int, int], *, batch: int = 1, device: str = "cpu") -> int:
    """Return the most bytes alive at once while a batch is scored: weights, buffers, images and what is computed.

    Every tensor counts from its making to its last use, as torch runs the network operation by operation; what the libraries
    below use for a moment inside of an operation does not count.

    Parameters
    ----------
    network
        On any device; left as it is.
    image
        Channels, height and width.
    batch
        Images scored at once.
    device
        On ``meta`` nothing is computed, and what batch norms note for a moment may differ by some bytes for a channel.
    """
    shadow = _shadow(network, device).eval()
    ledger = _Ledger(shadow)
    with torch.no_grad(), ledger:
        shadow(torch.zeros(batch, *image, device=device))
    return ledger.peak


def training_memory(network: nn.Module, image: tuple[int, int, int], *, batch: int = 64, device: str = "cpu") -> int:
    """Return the most bytes alive at once in a step of training with momentum, counted as in `inference_memory`.

    To weights and buffers come a momentum for each weight, what is kept for the way back, and gradients.
    """
    shadow = _shadow(network, device).train()
    momentum = sum(values.nbytes for values in shadow.parameters())
    ledger = _Ledger(shadow)
    with ledger:
        scores = shadow(torch.zeros(batch, *image, device=device))
        functional.cross_entropy(scores, torch.zeros(batch, dtype=torch.long, device=device)).backward()  # type: ignore[no-untyped-call]
    return ledger.peak + momentum


def saved_bytes(network: nn.Module, images: Tensor) -> int:
    """Return the bytes that a forward pass in training mode keeps for the way back, weights and the images left out.

    Parameters
    ----------
    network
        Left in the mode it is in; running means of batch norms move if that is training.
    images
        ``[n, c, h, w]``.
    """
    known = {values.untyped_storage().data_ptr() for values in [*network.parameters(), *network.buffers(), images]}
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        scores = network(images)  # held until all is counted, or freed memory would be counted with what takes its place
    del scores
    return sum(kept.values())


def _shadow(network: nn.Module, device: str) -> nn.Module:
    """Copy a network without its weights, which bytes do not depend on."""
    return copy.deepcopy(network).to_empty(device=device)


class _Ledger(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Keeps the books on the bytes of a network and of all tensors that are made while it is entered."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._alive = self.peak = 0
        self._known: dict[int, Any] = {}
        for values in [*network.parameters(), *network.buffers()]:
            self._note(values.untyped_storage())

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operation and note what it made."""
        found = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(found):
            if isinstance(leaf, Tensor):
                self._note(leaf.untyped_storage())
        return found

    def _note(self, storage: Any) -> None:
        place, size = storage._cdata, storage.nbytes()
        if place in self._known:
            return
        self._alive += size
        self.peak = max(self.peak, self._alive)

        def forget(_: Any) -> None:
            del self._known[place]
            self._alive -= size

        self._known[place] = weakref.ref(storage, forget)
