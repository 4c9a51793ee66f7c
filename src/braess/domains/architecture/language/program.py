"""What every part of a program is: variables that decide it, and a torch module once they are decided."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from braess.errors import InputError
from braess.space import Choice, LeafVariable, Repeat, Space

if TYPE_CHECKING:
    from torch import nn

Shape: TypeAlias = tuple[int, ...]
"""Of one example: channels, height and width, or features."""

Values: TypeAlias = Mapping[str, Any]
"""Path below the part to what was decided there, as `Designs.rows` writes it."""

Variables: TypeAlias = dict[str, LeafVariable | Choice | Repeat | Space]


class Module(ABC):
    """A part of a program: what may be chosen of it, and what it becomes.

    References
    ----------
    Negrinho and Gordon (2017), "DeepArchitect", arXiv:1704.08792, section 3.
    """

    @abstractmethod
    def variables(self) -> Variables:
        """Return what may be chosen, by names of its own."""

    @abstractmethod
    def build(self, values: Values, shape: Shape) -> tuple[nn.Module, Shape]:
        """Return the torch module and the shape of what comes out of it.

        Parameters
        ----------
        values
            What was chosen.
        shape
            Of what goes in.

        Raises
        ------
        InputError
            There is no such module for this shape.
        """


def space_of(program: Module) -> Space:
    """Return the space of the designs that a program describes.

    Examples
    --------
    >>> from braess.domains.architecture.language import Affine, Concat, Optional, Dropout, ReLU, space_of
    >>> program = Concat([Affine([64, 128, 256]), ReLU(), Optional(Dropout([0.5, 0.9])), Affine([10])])
    >>> space_of(program).cardinality
    9.0
    """
    return Space(program.variables())


def network(program: Module, values: Values, shape: Shape, seed: int = 0) -> nn.Module:
    """Return the network that a design stands for, with first weights as torch draws them.

    Parameters
    ----------
    program
        That describes the space.
    values
        The design, a row of `Designs.rows`.
    shape
        Of one example: ``(channels, height, width)`` or ``(features,)``. Batches are ``[n, *shape]``.
    seed
        Of the weights; torch's own generator is left as it was.

    Raises
    ------
    InputError
        The design asks for a module that there is not, such as a map smaller than a pixel.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return program.build(values, shape)[0]


def opened(program: Module) -> Space | None:
    """Return the space of a part, ``None`` where nothing is to be chosen."""
    variables = program.variables()
    return Space(variables) if variables else None


def below(values: Values, name: str) -> Values:
    """Return what was decided below a name."""
    start = f"{name}."
    return {path[len(start) :]: value for path, value in values.items() if path.startswith(start)}


def as_map(shape: Shape, part: str) -> tuple[int, int, int]:
    """Return channels, height and width; `InputError` where the shape is another."""
    if len(shape) != 3:
        raise InputError(f"{part} works on maps", field="shape", found=shape, expected="channels, height and width")
    return shape[0], shape[1], shape[2]
