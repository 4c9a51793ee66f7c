"""Tensors that an optimiser moves, with the buffers that losses keep beside them."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import torch

from braess.learn.bilevel.problem import Tensors
from braess.learn.bilevel.recipe import Optimiser


class Mover:
    """Tensors that an optimiser moves.

    Parameters
    ----------
    tensors
        By name; copied.
    settings
        How they move.
    buffers
        What losses keep beside them; copied.
    """

    def __init__(self, tensors: Tensors, settings: Optimiser, buffers: Tensors | None = None) -> None:
        self.tensors: Tensors = {name: tensor.detach().clone().requires_grad_() for name, tensor in tensors.items()}
        self.buffers: Tensors = {name: tensor.detach().clone() for name, tensor in (buffers or {}).items()}
        self.optimiser = settings.over(self.tensors.values())

    @property
    def leaves(self) -> list[torch.Tensor]:
        """The tensors in order."""
        return list(self.tensors.values())

    @property
    def rate(self) -> float:
        """The learning rate now."""
        return float(self.optimiser.param_groups[0]["lr"])

    @rate.setter
    def rate(self, rate: float) -> None:
        self.optimiser.param_groups[0]["lr"] = rate

    def scratch(self, tensors: Iterable[torch.Tensor] | None = None) -> Tensors:
        """Return these tensors (left out: its own) under its names, with copies of the buffers: losses leave no mark."""
        values = self.leaves if tensors is None else tensors
        return dict(zip(self.tensors, values, strict=True)) | {name: buffer.clone() for name, buffer in self.buffers.items()}

    def move(self, gradients: Iterable[torch.Tensor | None], clip: float | None = None) -> None:
        """Take one step down these gradients, made no longer than ``clip`` together; a tensor that has none stays as it is."""
        for tensor, gradient in zip(self.leaves, gradients, strict=True):
            tensor.grad = None if gradient is None else gradient.detach()
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(self.leaves, clip)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)

    def state(self) -> dict[str, Any]:
        """Return all that it goes on from, as tensors and numbers."""
        tensors = {name: tensor.detach().clone() for name, tensor in self.tensors.items()}
        buffers = {name: buffer.clone() for name, buffer in self.buffers.items()}
        return {"tensors": tensors, "buffers": buffers, "optimiser": copy.deepcopy(self.optimiser.state_dict())}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        with torch.no_grad():
            for own, kept in ((self.tensors, state["tensors"]), (self.buffers, state["buffers"])):
                for name, tensor in own.items():
                    tensor.copy_(kept[name])
        self.optimiser.load_state_dict(copy.deepcopy(state["optimiser"]))
