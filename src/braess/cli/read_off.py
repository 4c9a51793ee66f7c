"""What `braess assign` writes beside link flows: skims, path flows, and the trips that use selected links."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from braess.errors import InputError

if TYPE_CHECKING:
    from braess.domains.road.assignment_task import AssignmentResult, AssignmentTask
    from braess.domains.road.network import Floats


class Over(str, Enum):
    """Paths that skims follow."""

    shortest = "shortest"
    used = "used"


class Split(str, Enum):
    """How flows are broken up into paths."""

    proportional = "proportional"
    few = "few"


class Mode(str, Enum):
    """Which of several selected links trips must use."""

    any = "any"
    all = "all"
    ordered = "ordered"


@dataclass(frozen=True)
class ReadOff:
    """What is wanted of an equilibrium, as the options of the command say."""

    skims: Path | None
    over: Over
    paths: Path | None
    split: Split
    least_flow: float
    links: list[str]
    mode: Mode
    trips: Path | None
    of_class: str | None

    def check(self, task: AssignmentTask) -> None:
        """Refuse what cannot be done, before the equilibrium is solved."""
        from braess.domains.road.formats import require_matrix_file
        from braess.domains.road.links import pick_links

        if self.paths is not None and self.paths.suffix != ".csv":
            raise InputError("unknown kind of file to write", field="--paths", found=self.paths.suffix, expected=".csv")
        for option, path in (("--skims", self.skims), ("--select-output", self.trips)):
            if path is not None:
                require_matrix_file(path, option)
        if self.links:
            pick_links(task.network, self._picked())
        elif self.trips is not None:
            raise InputError("no link is selected", field="--select-output", expected="--select-link beside it")
        if self.of_class is not None or self._wanted:
            try:
                task.require_class(self.of_class)
            except InputError as error:
                raise InputError(error.message, field="--class", found=error.found, expected=error.expected) from None

    def write(self, result: AssignmentResult) -> tuple[dict[str, Any], dict[str, Floats]]:
        """Write the files, and return facts to print and further columns of the link flows."""
        from braess.domains.road import path_flows, select_link, skims
        from braess.domains.road.formats import write_matrices, write_table

        if not self._wanted:
            return {}, {}
        prepared, solved = result.read(self.of_class)
        zones = prepared.network.node_ids[prepared.network.zone_nodes]
        if self.skims is not None:
            write_matrices(self.skims, skims(prepared, solved, over=self.over.value).matrices(), zones)
        facts: dict[str, Any] = {}
        if self.paths is not None:
            found = path_flows(prepared, solved, split=self.split.value, least_flow=self.least_flow)
            write_table(self.paths, found.columns())
            facts = {"paths": len(found), "trips_on_paths_left_out": found.left_out}
        if not self.links:
            return facts, {}
        selected = select_link(prepared, solved, self._picked(), mode=self.mode.value)
        if self.trips is not None:
            write_matrices(self.trips, {"volume": selected.trips}, zones, listed=selected.trips > 0)
        return facts | {"selected_trips": selected.total}, {"selected_flow": selected.flow}

    @property
    def written(self) -> tuple[Path, ...]:
        """The files."""
        return tuple(path for path in (self.skims, self.paths, self.trips) if path is not None)

    @property
    def _wanted(self) -> bool:
        return bool(self.skims or self.paths or self.links)

    def _picked(self) -> list[int | str]:
        """Take a bare number as the index of a link, as parallel links need it."""
        return [int(link) if link.isdecimal() else link for link in self.links]
