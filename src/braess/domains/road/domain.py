"""How the road domain makes itself known to studies, reports and the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from braess.domains.road.artifact import MEDIA_TYPE
from braess.study.domain import Domain, FileReport, ProblemKind

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def _draw(data: bytes) -> dict[str, Figure]:
    from braess.domains.road.pictures import draw

    return draw(data)


def _networks() -> list[dict[str, Any]]:
    from braess.domains.road.library import load, names

    rows = []
    for name in names():
        network, demand = load(name)
        rows.append(
            {"name": name, "zones": network.zones, "nodes": network.nodes, "links": network.links, "trips": demand.total}
        )
    return rows


def _check_file(path: Path) -> FileReport:
    if path.suffix == ".toml":
        from braess.domains.road.assignment_file import check_assignment

        return check_assignment(path)
    from braess.domains.road.formats import check_file

    return check_file(path)


def _settings(name: str) -> Any:
    def load() -> type[Any]:
        from braess.domains.road import settings

        found: type[Any] = getattr(settings, name)
        return found

    return load


ROAD = Domain(
    name="road",
    summary="Roads to widen, build or toll; drivers settle into user equilibrium.",
    problems=(
        ProblemKind("lane-addition", "Which links get more lanes under a budget.", _settings("LaneAdditionSettings")),
        ProblemKind("lane-swap", "Which roads give lanes of one direction to the other.", _settings("LaneSwapSettings")),
        ProblemKind("link-addition", "Which new links to build under a budget.", _settings("LinkAdditionSettings")),
        ProblemKind("capacity-expansion", "How much capacity to buy for each link.", _settings("CapacityExpansionSettings")),
        ProblemKind("toll-design", "What to charge on some links.", _settings("TollDesignSettings")),
    ),
    draw={MEDIA_TYPE: _draw},
    check_file=_check_file,
    networks=_networks,
)
