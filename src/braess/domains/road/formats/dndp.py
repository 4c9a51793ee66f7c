"""Instances of the discrete (``*_DNDP_*``) and continuous (``*_CNDP_*``) network design problem.

Sources of the format and of the instances: Rey, D. (2020), "Computational benchmarking of exact methods for the bilevel
discrete network design problem", Transportation Research Procedia 47, https://github.com/davidrey123/DNDP; and
Rey, D. and Levin, M. (2024), "A branch-and-price-and-cut algorithm for discrete network design problems under traffic
equilibrium", https://github.com/davidrey123/DNDP-path.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from braess.domains.road.formats._findings import Findings
from braess.domains.road.formats._tntp import Rows, Sections, read_rows, split_sections
from braess.domains.road.formats.tntp_net import LINKS_WITH_COST, build_network, refuse_count, stem
from braess.domains.road.formats.tntp_trips import read_tntp_trips
from braess.domains.road.network import Bools, Demand, Floats, Ints, RoadNetwork
from braess.errors import InputError


@dataclass(frozen=True, eq=False)
class DesignInstance:
    """A published network design instance.

    Parameters
    ----------
    name
        Name of the instance, as ``SF_DNDP_10_1``.
    network
        The network with all candidate links in it, after the existing ones.
    demand
        Trips between its zones, in flow units.
    candidates
        ``[candidates]`` indices of the links that may be built; empty in a continuous instance.
    enlargeable
        ``[enlargeable]`` indices of the existing links with a positive cost, whose capacity may be enlarged;
        empty in a discrete instance.
    cost
        ``[links]`` cost of building a candidate, or of a unit of additional capacity; zero for other links.
    """

    name: str
    network: RoadNetwork = field(repr=False)
    demand: Demand = field(repr=False)
    candidates: Ints
    enlargeable: Ints
    cost: Floats = field(repr=False)

    @property
    def existing(self) -> Bools:
        """``[links]`` whether a link is there before any decision."""
        result = np.ones(self.network.links, dtype=np.bool_)
        result[self.candidates] = False
        return result


def read_design_instance(path: str | Path, *, demand_factor: float = 1.0, trips: str | Path | None = None) -> DesignInstance:
    """Read a network design instance and its demand.

    The first ``<NUMBER OF LINKS>`` rows are the existing links, the following ``<NUMBER OF NEW LINKS>`` rows the
    candidates. In some continuous instances ``<NUMBER OF NEW LINKS>`` counts the enlargeable links among the existing
    ones instead; this is recognised by the number of rows.

    Parameters
    ----------
    path
        The instance, plain or gzip.
    demand_factor
        What to multiply the trips by. The studies use 1 (Sioux Falls), 4 (Eastern Massachusetts),
        2 (Berlin-Mitte-Center) and 4 (Anaheim).
    trips
        The demand file; ``trips.txt`` in the folder of the instance where left out.

    Raises
    ------
    InputError
        Anything in the two files that cannot be used, with file, line and field.
    """
    findings = Findings(path)
    network, candidates, cost = findings.result(scan_design(path, findings))
    demand = read_tntp_trips(Path(path).with_name("trips.txt") if trips is None else trips)
    if len(demand.matrix) != network.zones:
        raise InputError(
            "the demand belongs to another network",
            file=path if trips is None else trips,
            field="<NUMBER OF ZONES>",
            found=len(demand.matrix),
            expected=f"{network.zones} as in the network",
        )
    existing = np.ones(network.links, dtype=np.bool_)
    existing[candidates] = False
    enlargeable = np.flatnonzero(existing & (cost > 0))
    return DesignInstance(network.name, network, demand.scaled(demand_factor), candidates, enlargeable, cost)


def scan_design(path: str | Path, findings: Findings) -> tuple[RoadNetwork, Ints, Floats] | None:
    """Read the network, the candidates and the costs of an instance, leaving defects in ``findings``."""
    sections = split_sections(path, findings)
    rows = read_rows(sections.body, LINKS_WITH_COST, findings)
    cost = rows.array("cost")
    rows.refuse(findings, "cost", cost < 0, "negative cost", "a number of at least 0")
    links = sections.count(findings, "NUMBER OF LINKS", least=0)
    new = _new_links(sections, rows, links, findings)
    network = build_network(sections, rows, findings, stem(path, ""), (None, None), None)
    if network is None or links is None:
        return None
    return network, np.arange(links, links + new), cost


def _new_links(sections: Sections, rows: Rows, links: int | None, findings: Findings) -> int:
    """Return the number of candidate rows after the existing links."""
    new = sections.count(findings, "NUMBER OF NEW LINKS", default=0, least=0)
    if links is None or new is None:
        return 0
    if len(rows.lines) == links and np.count_nonzero(rows.array("cost")) == new:
        return 0
    if len(rows.lines) != links + new:
        expected = f"{links} existing and {new} new ones as in the metadata"
        refuse_count(sections, findings, len(rows.lines), expected)
    return new
