"""The networks of a program as a family, so that they are trained, measured and timed as all others are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from braess.domains.architecture.language.program import Module, Shape, Values, Variables, space_of
from braess.domains.architecture.language.torch_parts import Chosen, Layer
from braess.domains.architecture.networks import Family, Network
from braess.errors import InputError
from braess.space import Designs, Space
from braess.study.python_file import load_object, text_digest


class ProgramNetwork(Network):
    """A network that a program describes.

    Parameters
    ----------
    module
        From ``[n, c, h, w]`` images to ``[n, classes]`` scores.
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Tensor) -> Tensor:
        """Turn ``[n, c, h, w]`` images into ``[n, classes]`` scores."""
        scores: Tensor = self.module(x)
        return scores

    def blocks(self) -> Iterator[tuple[str, nn.Module]]:
        """Yield what is run in sequence."""
        for part in _in_sequence(self.module):
            yield " ".join(repr(part).split()), part

    @property
    def settings(self) -> dict[str, Any]:
        """What the `Settings` of the program decide of the training."""
        chosen = [part.values for part in self.modules() if isinstance(part, Chosen)]
        return {name: value for values in chosen for name, value in values.items()}


@dataclass(frozen=True, kw_only=True)
class ProgramFamily(Family):
    """Networks that a program describes.

    Parameters
    ----------
    program
        From images to one score for each class. Its ``repr`` should tell it from others, as those of dataclasses do.
    """

    program: Module

    @cached_property
    def space(self) -> Space:
        """What may be chosen."""
        return space_of(self.program)

    def describe(self) -> dict[str, Any]:
        """Describe the program by its ``repr``."""
        return {"image": self.image, "classes": self.classes, "program": repr(self.program)}

    def network(self, design: Designs) -> ProgramNetwork:
        """Put the network together; shapes that do not fit raise `InputError`."""
        module, out = self.program.build(design.rows()[0], self.image)
        if out != (self.classes,):
            expected = f"({self.classes},), a score for each class"
            raise InputError("the program does not end in scores of classes", field="program", found=out, expected=expected)
        return ProgramNetwork(module)


class FileProgram(Module):
    """The program that a Python file defines; it pickles as the place of the file, which is executed there again.

    Parameters
    ----------
    file
        Its path.
    name
        Of a `Module` in it, or of a function without arguments that returns one.

    Raises
    ------
    InputError
        There is no such file or program, or the file raised something.
    """

    def __init__(self, file: Path, name: str = "program") -> None:
        self._place = (Path(file).resolve(), name)
        self._program = load_object(file, name, Module, "program")  # type: ignore[type-abstract]
        self._text = text_digest(self._place[0])

    def variables(self) -> Variables:
        """Return what may be chosen."""
        return self._program.variables()

    def build(self, values: Values, shape: Shape) -> tuple[nn.Module, Shape]:
        """Return the module and the shape that it gives."""
        return self._program.build(values, shape)

    def __repr__(self) -> str:
        """Tell one text of the file from another."""
        return f"{self._place[1]} of {self._place[0].name}, {self._text}"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the place of the file."""
        return FileProgram, self._place


def _in_sequence(module: nn.Module) -> Iterator[nn.Module]:
    if isinstance(module, nn.Sequential) and not isinstance(module, Layer):
        for part in module:
            yield from _in_sequence(part)
    elif not isinstance(module, nn.Identity):
        yield module
