"""TNTP network files (``*_net.tntp``), the format of *Transportation Networks for Research*.

Source of the format: Transportation Networks for Research Core Team, https://github.com/bstabler/TransportationNetworks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from braess.domains.road.formats._findings import Findings
from braess.domains.road.formats._tntp import Layout, Rows, Sections, read_rows, split_sections
from braess.domains.road.network import Floats, RoadNetwork
from braess.errors import InputError

_ORDER = ("init_node", "term_node", "capacity", "length", "free_flow_time", "b", "power", "speed", "toll", "link_type")
_SPELLINGS = {
    "init_node": ("init_node", "init", "from", "from_node", "tail", "tail_node"),
    "term_node": ("term_node", "term", "to", "to_node", "head", "head_node"),
    "capacity": ("capacity", "cap"),
    "length": ("length", "distance"),
    "free_flow_time": ("free_flow_time", "free_flow_travel_time", "fftt", "fft"),
    "b": ("b",),
    "power": ("power",),
    "speed": ("speed", "speed_limit"),
    "toll": ("toll",),
    "link_type": ("link_type", "type"),
    "cost": ("cost",),
}
_NAMES = {spelling: name for name, spellings in _SPELLINGS.items() for spelling in spellings}
_OPTIONAL = frozenset({"length", "speed", "toll", "link_type"})
_WHOLE = frozenset({"init_node", "term_node", "link_type"})
LINKS = Layout({s: n for s, n in _NAMES.items() if n != "cost"}, _ORDER, _OPTIONAL, _WHOLE)
LINKS_WITH_COST = Layout(_NAMES, (*_ORDER, "cost"), _OPTIONAL, _WHOLE)
IRRELEVANT_CAPACITY = 1.0  # in place of a zero capacity where the travel time does not depend on it


def read_tntp_net(
    path: str | Path,
    *,
    name: str | None = None,
    toll_factor: float | None = None,
    distance_factor: float | None = None,
    zero_capacity: float | None = None,
) -> RoadNetwork:
    """Read a TNTP network.

    Columns are found by the header line where there is one (any order, further columns left alone), otherwise taken
    in the usual order. Missing ``length``, ``speed``, ``toll`` and ``link_type`` become zero, a missing
    ``<FIRST THRU NODE>`` becomes 1. A zero capacity is a defect, except on links of constant cost
    (``b`` or ``power`` 0), where it has no meaning and becomes 1.

    Parameters
    ----------
    path
        The file, plain or gzip.
    name
        Name of the network; the file's own without ``_net`` where left out.
    toll_factor, distance_factor
        Time per unit of toll and per unit of length; from the file's metadata where left out, else zero.
    zero_capacity
        What to put in place of zero capacities of congestible links, in flow units.

    Returns
    -------
    Network with node labels ``1..nodes`` and zones at the first nodes.

    Raises
    ------
    InputError
        Anything in the file that cannot be used, with file, line and field.
    """
    findings = Findings(path)
    network = scan_net(
        path,
        findings,
        name=name,
        toll_factor=toll_factor,
        distance_factor=distance_factor,
        zero_capacity=zero_capacity,
    )
    return findings.result(network)


def scan_net(
    path: str | Path,
    findings: Findings,
    *,
    name: str | None = None,
    toll_factor: float | None = None,
    distance_factor: float | None = None,
    zero_capacity: float | None = None,
) -> RoadNetwork | None:
    """Read a TNTP network as `read_tntp_net` does, leaving defects in ``findings``."""
    sections = split_sections(path, findings)
    rows = read_rows(sections.body, LINKS, findings)
    links = sections.count(findings, "NUMBER OF LINKS", least=0)
    if links is not None and links != len(rows.lines):
        refuse_count(sections, findings, len(rows.lines), f"{links} as in the metadata")
    factors = (toll_factor, distance_factor)
    return build_network(sections, rows, findings, name or stem(path, "_net"), factors, zero_capacity)


def refuse_count(sections: Sections, findings: Findings, found: int, expected: str) -> None:
    """Record that the number of rows is not the one of the metadata."""
    line, message = sections.metadata["NUMBER OF LINKS"][0], "wrong number of links: rows lost or added"
    findings.add(message, line=line, field="<NUMBER OF LINKS>", found=found, expected=expected)


def stem(path: str | Path, ending: str) -> str:
    """Return the name of a file without its suffixes and without an ending such as ``_net``."""
    base = Path(path).name.removesuffix(".gz").rsplit(".", 1)[0]
    return base.removesuffix(ending)


def build_network(
    sections: Sections,
    rows: Rows,
    findings: Findings,
    name: str,
    factors: tuple[float | None, float | None],
    zero_capacity: float | None,
) -> RoadNetwork | None:
    """Check metadata and rows against each other and make the network, or ``None`` where there are problems."""
    nodes = sections.count(findings, "NUMBER OF NODES")
    zones = sections.count(findings, "NUMBER OF ZONES")
    first_through = sections.count(findings, "FIRST THRU NODE", default=1)
    toll_factor = factors[0] if factors[0] is not None else sections.number(findings, "TOLL FACTOR", 0.0)
    distance_factor = factors[1] if factors[1] is not None else sections.number(findings, "DISTANCE FACTOR", 0.0)
    if "FIRST THRU NODE" not in sections.metadata:
        findings.warn("<FIRST THRU NODE> is missing: taken as 1, so through traffic is allowed everywhere")
    if nodes is not None and zones is not None and zones > nodes:
        line = sections.metadata["NUMBER OF ZONES"][0]
        findings.add("more zones than nodes", line=line, field="<NUMBER OF ZONES>", found=zones, expected=f"at most {nodes}")
    capacity = _check_rows(rows, nodes, findings, zero_capacity)
    if findings.problems or nodes is None or zones is None or first_through is None:
        return None
    labels = np.arange(1, nodes + 1)
    columns: dict[str, Any] = {key: rows.array(key) for key in ("free_flow_time", "b", "power", "length", "toll", "speed")}
    try:
        return RoadNetwork(
            name=name,
            node_ids=labels,
            zone_nodes=np.arange(zones),
            through=labels >= first_through,
            tail=rows.whole("init_node") - 1,
            head=rows.whole("term_node") - 1,
            capacity=capacity,
            link_type=rows.whole("link_type"),
            toll_factor=toll_factor or 0.0,
            distance_factor=distance_factor or 0.0,
            **columns,
        )
    except InputError as error:
        findings.add(error.message, field=error.field, found=error.found, expected=error.expected)
        return None


def _check_rows(rows: Rows, nodes: int | None, findings: Findings, zero_capacity: float | None) -> Floats:
    """Record impossible values; return the capacities with zeros replaced as asked for."""
    for column in ("init_node", "term_node"):
        label = rows.array(column)
        if nodes is not None:
            wrong = (label < 1) | (label > nodes)
            rows.refuse(findings, column, wrong, "there is no such node", f"1 to {nodes}")
    for column in ("length", "free_flow_time", "b", "power"):
        rows.refuse(findings, column, rows.array(column) < 0, "negative value", "a number of at least 0")
    capacity = rows.array("capacity")
    rows.refuse(findings, "capacity", capacity < 0, "negative capacity", "a positive number")
    zero = capacity == 0
    constant = zero & ((rows.array("b") == 0) | (rows.array("power") == 0))
    if constant.any():
        findings.warn(f"{constant.sum()} links of constant cost have capacity 0, taken as {IRRELEVANT_CAPACITY:g}")
    capacity[constant] = IRRELEVANT_CAPACITY
    if zero_capacity is None:
        expected = "a positive number (or the option zero_capacity)"
        rows.refuse(findings, "capacity", zero & ~constant, "zero capacity", expected)
    else:
        capacity[zero & ~constant] = zero_capacity
    loops = rows.whole("init_node") == rows.whole("term_node")
    if loops.any():
        line = rows.lines[int(np.flatnonzero(loops)[0])]
        findings.warn(f"{loops.sum()} links start and end at the same node, the first on line {line}")
    return capacity
