"""TNTP node files (``*_node.tntp``): coordinates of nodes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from braess.domains.road.formats._findings import Findings
from braess.domains.road.formats._tntp import Layout, read_rows, split_sections
from braess.domains.road.formats.coordinates import NodeCoordinates

_SPELLINGS = {
    "node": ("node", "node_id", "id"),
    "x": ("x", "x_coord", "xcoord", "longitude", "lon"),
    "y": ("y", "y_coord", "ycoord", "latitude", "lat"),
}
_NAMES = {spelling: name for name, spellings in _SPELLINGS.items() for spelling in spellings}
_NODES = Layout(_NAMES, ("node", "x", "y"), whole=frozenset({"node"}))


def read_tntp_nodes(path: str | Path, *, geographic: bool = False) -> NodeCoordinates:
    """Read a TNTP node file.

    Parameters
    ----------
    path
        The file, plain or gzip.
    geographic
        Whether its coordinates are longitude and latitude, which the format cannot say.

    Raises
    ------
    InputError
        Anything in the file that cannot be used, with file, line and field.
    """
    findings = Findings(path)
    return findings.result(scan_nodes(path, findings, geographic=geographic))


def scan_nodes(path: str | Path, findings: Findings, *, geographic: bool = False) -> NodeCoordinates | None:
    """Read a node file as `read_tntp_nodes` does, leaving defects in ``findings``."""
    rows = read_rows(split_sections(path, findings, with_metadata=False).body, _NODES, findings)
    if not rows.lines:
        findings.add("the file has no nodes", expected="rows of node, x, y")
    labels = rows.array("node")
    repeated = np.ones(labels.size, dtype=bool)
    repeated[np.unique(labels, return_index=True)[1]] = False
    rows.refuse(findings, "node", repeated, "the node is given twice", "each node once")
    if findings.problems:
        return None
    return NodeCoordinates(rows.whole("node"), np.column_stack([rows.array("x"), rows.array("y")]), geographic)
