"""Checking a file: what kind it is, what it holds, and everything that is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from braess.domains.road.formats._findings import Findings, FindingsOfFiles
from braess.domains.road.formats._table import read_table
from braess.domains.road.formats._text import read_bytes, read_text
from braess.domains.road.formats.csv_demand import COLUMNS, scan_demand
from braess.domains.road.formats.dndp import scan_design
from braess.domains.road.formats.geojson import read_features, scan_points
from braess.domains.road.formats.gmns import scan_gmns, scan_gmns_links, scan_gmns_nodes
from braess.domains.road.formats.omx import MAGIC, list_omx, read_omx
from braess.domains.road.formats.tntp_flow import scan_flows
from braess.domains.road.formats.tntp_net import scan_net
from braess.domains.road.formats.tntp_node import scan_nodes
from braess.domains.road.formats.tntp_trips import scan_trips
from braess.domains.road.network import RoadNetwork
from braess.errors import InputError
from braess.study.domain import FileReport

_KINDS = (
    "TNTP net, trips, node or flow, a network design instance, GMNS node, link or demand, "
    "origin-destination list, lane swap pairs, OMX, GeoJSON"
)
Summary = dict[str, Any]


def check_file(path: str | Path) -> FileReport:
    """Tell what kind of file this is by its content, read it, and report all that is wrong with it.

    Parameters
    ----------
    path
        A file of any supported kind, plain or gzip, or a folder with GMNS tables.

    Returns
    -------
    The report; a file that cannot be used is a report with problems, not an exception.
    """
    report = FileReport(str(path))
    if Path(path).is_dir() and (Path(path) / "link.csv").exists():
        return _check_folder(path, report)
    findings = Findings(path)
    try:
        report.kind = sniff(path, findings)
        report.summary = _CHECKS[report.kind](path, findings)
    except InputError as error:
        if not findings.problems:
            findings.problems.append(error)
    report.problems, report.warnings = findings.problems, findings.warnings
    return report


def _check_folder(path: str | Path, report: FileReport) -> FileReport:
    files = FindingsOfFiles()
    report.kind = "GMNS folder"
    try:
        result = scan_gmns(path, files)
    except InputError:
        result = None
    if result is not None:
        network, demand = result
        report.summary = _network_summary(network)
        if demand is not None:
            report.summary["total_trips"] = demand.total
    report.problems = [problem for findings in files.every for problem in findings.problems]
    report.warnings = [f"{findings.file}: {text}" for findings in files.every for text in findings.warnings]
    return report


def sniff(path: str | Path, findings: Findings) -> str:
    """Return the kind of a file.

    Raises
    ------
    InputError
        The file cannot be read or is of no known kind.
    """
    if read_bytes(path, findings).startswith(MAGIC):
        return "OMX"
    text = read_text(path, findings)
    start = text.lstrip()
    if start[:1] == "{":
        return "GeoJSON"
    if start[:1] == "[":
        return "lane swap pairs"
    upper = text.upper()
    if "<NUMBER OF LINKS>" in upper or "<NUMBER OF NODES>" in upper:
        return "network design instance" if _has_cost(upper) else "TNTP net"
    if "<NUMBER OF ZONES>" in upper or "<TOTAL OD FLOW>" in upper:
        return "TNTP trips"
    first = next(line for line in start.splitlines() if line.strip())
    kind = _sniff_header(set(first.lower().replace("~", " ").replace(";", " ").replace(",", " ").split()), "," in first)
    if kind is None:
        findings.fail("is of no kind that braess knows", found=first.strip(), expected=_KINDS)
    return kind


def _has_cost(text: str) -> bool:
    """Tell whether upper-case TNTP text has candidate links or a cost column."""
    if "<NUMBER OF NEW LINKS>" in text:
        return True
    headers = [line for line in text.splitlines() if line.lstrip().startswith("~")]
    return any("COST" in line.replace(";", " ").split() for line in headers)


def _sniff_header(words: set[str], commas: bool) -> str | None:
    if {"from_node_id", "to_node_id"} <= words:
        return "GMNS link"
    if "node_id" in words and "x_coord" in words and commas:
        return "GMNS node"
    if words & set(COLUMNS["origin"]) and words & set(COLUMNS["destination"]):
        return "origin-destination list"
    if {"x", "y"} <= words:
        return "TNTP node"
    if "volume" in words:
        return "TNTP flow"
    return None


def _network_summary(network: RoadNetwork) -> Summary:
    return {
        "name": network.name,
        "zones": network.zones,
        "nodes": network.nodes,
        "links": network.links,
        "without_through_traffic": int(np.count_nonzero(~network.through)),
        "constant_cost_links": int(np.count_nonzero((network.b == 0) | (network.power == 0))),
    }


def _net(path: str | Path, findings: Findings) -> Summary:
    network = scan_net(path, findings)
    return {} if network is None else _network_summary(network)


def _trips(path: str | Path, findings: Findings) -> Summary:
    demand = scan_trips(path, findings)
    return {} if demand is None else {"zones": len(demand.matrix), "total_trips": demand.total}


def _list(path: str | Path, findings: Findings) -> Summary:
    demand = scan_demand(path, findings)
    return {} if demand is None else {"zones": len(demand.matrix), "total_trips": demand.total}


def _nodes(path: str | Path, findings: Findings) -> Summary:
    nodes = scan_nodes(path, findings)
    return {} if nodes is None else {"nodes": len(nodes.node_ids)}


def _flows(path: str | Path, findings: Findings) -> Summary:
    rows = scan_flows(path, findings)
    return {"links": len(rows.lines), "total_flow": float(rows.array("volume").sum())}


def _design(path: str | Path, findings: Findings) -> Summary:
    read = scan_design(path, findings)
    if read is None:
        return {}
    network, candidates, cost = read
    return {
        **_network_summary(network),
        "candidates": len(candidates),
        "links_with_cost": int(np.count_nonzero(cost)),
        "total_cost": float(cost.sum()),
    }


def _gmns_nodes(path: str | Path, findings: Findings) -> Summary:
    nodes = scan_gmns_nodes(read_table(path, findings))
    return {} if nodes is None else {"nodes": len(nodes.ids), "zones": len(nodes.zone_ids)}


def _gmns_links(path: str | Path, findings: Findings) -> Summary:
    links = scan_gmns_links(read_table(path, findings), None, 1.0)
    return {} if links is None else {"links": len(links["tail"])}


def _omx(path: str | Path, findings: Findings) -> Summary:
    names = list_omx(path, findings)
    return {"matrices": names, "total_trips": {name: _omx_total(path, name, findings) for name in names}}


def _omx_total(path: str | Path, name: str, findings: Findings) -> float | None:
    """Return the sum of a matrix; one that cannot be demand (a table of costs, say) is no defect of the file."""
    try:
        return read_omx(path, name).total
    except InputError as error:
        findings.warn(f"matrix {name} cannot be demand: {error.message}")
        return None


def _geojson(path: str | Path, findings: Findings) -> Summary:
    features = read_features(path, findings)
    types = [str((feature.get("geometry") or {}).get("type")) if isinstance(feature, dict) else "None" for feature in features]
    if "LineString" not in types:
        scan_points(features, findings)
    return {"features": len(features), "geometries": sorted(set(types))}


def _pairs(path: str | Path, findings: Findings) -> Summary:
    try:
        pairs = json.loads(read_text(path, findings))
    except json.JSONDecodeError as error:
        findings.fail("not JSON: " + error.msg, line=error.lineno)
    for number, pair in enumerate(pairs, start=1):
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(node, int) for node in pair)):
            findings.add("not a pair of nodes", field=f"pair {number}", found=pair, expected="[i, j]")
    return {"pairs": len(pairs)}


_CHECKS: dict[str, Callable[[str | Path, Findings], Summary]] = {
    "TNTP net": _net,
    "TNTP trips": _trips,
    "TNTP node": _nodes,
    "TNTP flow": _flows,
    "network design instance": _design,
    "GMNS node": _gmns_nodes,
    "GMNS link": _gmns_links,
    "origin-destination list": _list,
    "OMX": _omx,
    "GeoJSON": _geojson,
    "lane swap pairs": _pairs,
}
