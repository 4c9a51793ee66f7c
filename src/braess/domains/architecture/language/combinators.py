"""What puts modules together: in sequence, one of several, repeated, swapped, left out, or added to what goes in."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from braess import space
from braess.domains.architecture.language.program import Module, Shape, Values, Variables, below, opened
from braess.errors import InputError
from braess.space import Binary, Choice, Space

if TYPE_CHECKING:
    from torch import nn


def _in_turn(parts: Sequence[tuple[Module, Values]], shape: Shape) -> tuple[nn.Module, Shape]:
    """Build parts one after the other."""
    from torch import nn

    built = []
    for part, values in parts:
        module, shape = part.build(values, shape)
        built.append(module)
    return nn.Sequential(*built), shape


def _named(parts: Mapping[str, Module]) -> Variables:
    """Return the variables of parts, each in a space of its name; those with nothing to choose are left out."""
    spaces = {name: opened(part) for name, part in parts.items()}
    return {name: inner for name, inner in spaces.items() if inner is not None}


@dataclass(frozen=True)
class Concat(Module):
    """Parts in sequence; what is chosen of part ``i`` is called ``i.name``."""

    parts: Sequence[Module]

    def variables(self) -> Variables:
        """Return what may be chosen."""
        return _named({str(i): part for i, part in enumerate(self.parts)})

    def build(self, values: Values, shape: Shape) -> tuple[nn.Module, Shape]:
        """Return the module and the shape that it gives."""
        return _in_turn([(part, below(values, str(i))) for i, part in enumerate(self.parts)], shape)


@dataclass(frozen=True)
class Or(Module):
    """One of several parts, by name."""

    parts: Mapping[str, Module]

    def variables(self) -> Variables:
        """Return what may be chosen."""
        return {"option": Choice({name: opened(part) for name, part in self.parts.items()})}

    def build(self, values: Values, shape: Shape) -> tuple[nn.Module, Shape]:
        """Return the module and the shape that it gives."""
        option = values["option"]
        return self.parts[option].build(below(values, f"option.{option}"), shape)


@dataclass(frozen=True)
class Optional(Module):
    """A part or nothing."""

    part: Module

    def variables(self) -> Variables:
        """Return what may be chosen."""
        return {"there": Choice({"no": None, "yes": opened(self.part)})}

    def build(self, values: Values, shape: Shape) -> tuple[nn.Module, Shape]:
        """Return the module and the shape that it gives."""
        parts = [(self.part, below(values, "there.yes"))] if values["there"] == "yes" else []
        return _in_turn(parts, shape)


@dataclass(frozen=True)
class MaybeSwap(Module):
    """Two parts in one order or the other."""

    first: Module
    second: Module

    def variables(self) -> Variables:
        """Return what may be chosen."""
        return {"swapped": Binary(), **_named({"first": self.first, "second": self.second})}

    def build(self, values: Values, shape: Shape) -> tuple[nn.Module, Shape]:
        """Return the module and the shape that it gives."""
        parts = [(self.first, below(values, "first")), (self.second, below(values, "second"))]
        return _in_turn(parts[::-1] if values["swapped"] else parts, shape)


@dataclass(frozen=True)
class _Repeated(Module):
    """A part in sequence, one of some numbers of times.

    Parameters
    ----------
    part
        What is repeated.
    times
        Numbers to choose from, growing.
    """

    part: Module
    times: Sequence[int]

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not self.times:
            raise InputError("no number of repetitions", field="times", found=self.times)

    @property
    def _tied(self) -> bool:
        return isinstance(self, RepeatTied)

    def variables(self) -> Variables:
        """Return what may be chosen."""
        times = tuple(self.times)
        inner = opened(self.part) or Space({})
        return {"times": space.Repeat(inner, times[0], times[-1], among=times, tied=self._tied)}

    def build(self, values: Values, shape: Shape) -> tuple[nn.Module, Shape]:
        """Return the module and the shape that it gives."""
        names = [self._name(i) for i in range(values["times"])]
        return _in_turn([(self.part, below(values, f"times.{name}")) for name in names], shape)

    @abstractmethod
    def _name(self, i: int) -> str:
        """Return where what was chosen of repetition ``i`` is found."""


@dataclass(frozen=True)
class Repeat(_Repeated):
    """A part in sequence, one of some numbers of ``times``, chosen anew each time."""

    def _name(self, i: int) -> str:
        return str(i)


@dataclass(frozen=True)
class RepeatTied(_Repeated):
    """A part in sequence, one of some numbers of ``times``, chosen once for all; each has weights of its own."""

    def _name(self, i: int) -> str:  # noqa: ARG002 -- all are alike
        return "each"


@dataclass(frozen=True)
class Residual(Module):
    """What goes in is added to what comes out, with zeros around the smaller of the two."""

    part: Module

    def variables(self) -> Variables:
        """Return what may be chosen."""
        return self.part.variables()

    def build(self, values: Values, shape: Shape) -> tuple[nn.Module, Shape]:
        """Return the module and the shape that it gives."""
        from braess.domains.architecture.language.torch_parts import Added

        module, out = self.part.build(values, shape)
        if len(out) != len(shape):
            raise InputError("a sum of unlike shapes", field="shape", found=out, expected=f"{len(shape)} dimensions")
        wide = tuple(max(a, b) for a, b in zip(shape, out, strict=True))
        return Added(module, shape, out, wide), wide
