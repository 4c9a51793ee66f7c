"""How a domain makes itself known: its problems by name, its pictures by media type, its file checks.

A domain is an object of class `Domain` under the entry point group ``braess.domains``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from braess.errors import InputError, nearest
from braess.problem import Problem

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class ProblemSettings(Protocol):
    """The settings of one kind of problem as a study file writes them: a frozen dataclass with typed fields."""

    def build(self, folder: Path) -> Problem:
        """Build the problem; relative paths start at ``folder`` (that of the study file)."""


@dataclass(frozen=True)
class ProblemKind:
    """One kind of problem a domain offers.

    Parameters
    ----------
    name
        What a study file calls it (``kind = "lane-addition"``).
    summary
        One line for `braess list problems`.
    settings
        Returns the class of its settings (a function, so that listing problems imports little).
    """

    name: str
    summary: str
    settings: Callable[[], type[Any]]


@dataclass
class FileReport:
    """What a check of an input file found.

    Parameters
    ----------
    path
        The file or folder.
    kind
        What it was taken for, ``"unknown"`` where that could not be told.
    summary
        Facts worth showing, such as the number of links.
    problems
        Defects that forbid its use, most important first.
    warnings
        Oddities that do not.
    """

    path: str
    kind: str = "unknown"
    summary: dict[str, Any] = field(default_factory=dict)
    problems: list[InputError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether the file can be used."""
        return not self.problems


@dataclass(frozen=True)
class Domain:
    """One kind of network, with all that the study, the report and the command line need to know of it.

    Parameters
    ----------
    name, summary
        For `braess list domains`.
    problems
        The kinds of problems it offers.
    draw
        Media type of an artifact to a function that turns its bytes into titled figures. It must trust nothing in
        the bytes: a record may come from anybody.
    check_file
        Returns a report on an input file; its kind is ``"unknown"`` where the file is not of this domain.
    networks
        Returns a row of facts for each network known by name, for `braess list networks`.
    """

    name: str
    summary: str
    problems: tuple[ProblemKind, ...]
    draw: Mapping[str, Callable[[bytes], dict[str, Figure]]] = field(default_factory=dict)
    check_file: Callable[[Path], FileReport] | None = None
    networks: Callable[[], list[dict[str, Any]]] | None = None


@cache
def domains() -> dict[str, Domain]:
    """Return all installed domains by name, sorted."""
    return {point.name: point.load() for point in sorted(entry_points(group="braess.domains"), key=lambda point: point.name)}


def drawers() -> dict[str, Callable[[bytes], dict[str, Figure]]]:
    """Return every function that draws an artifact, by media type."""
    return {media_type: draw for domain in domains().values() for media_type, draw in domain.draw.items()}


def problem_kinds() -> dict[str, ProblemKind]:
    """Return every kind of problem of every installed domain by name, sorted."""
    kinds = {kind.name: kind for domain in domains().values() for kind in domain.problems}
    return dict(sorted(kinds.items()))


def find_problem(name: str) -> ProblemKind:
    """Return one kind of problem; an unknown name raises `InputError` with the nearest right one."""
    known = problem_kinds()
    if name not in known:
        raise InputError(
            f"no such problem{nearest(name, known)}", field="kind", found=name, expected=f"one of {', '.join(known)}"
        )
    return known[name]
