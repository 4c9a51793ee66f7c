"""Measures the equilibrium engine: from nothing, from a neighbour's state, in batches; beside peers where they are at hand."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from cold import GAP, REPEATS, measure
from peer_aequilibrae import measure_peer
from scale import measure_scale
from warm import NETWORKS, measure_batch, measure_one

from braess.domains.road import names
from results import write_result

BATCHES = {"sioux-falls": 3000, "anaheim": 400, "chicago-sketch": 16}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tap-b", type=Path, help="folder with TAP-B's executable 'tap' and its inputs (see README.md)")
    parser.add_argument("--scale", action="store_true", help="also solve generated cities of up to 13,000 nodes (minutes)")
    return parser.parse_args()


def _collect(tap_b: Path | None, scale: bool) -> dict[str, Any]:
    networks, warm, batch = [], [], []
    for name in names():
        networks.append(measure(name, tap_b))
        print(networks[-1])
    for name in NETWORKS:
        warm += measure_one(name)
        print(*warm[-5:], sep="\n")
    for name, count in BATCHES.items():
        if name in names():
            batch += measure_batch(name, count)
            print(*batch[-3:], sep="\n")
    peer = measure_peer()
    print(*peer, sep="\n")
    grown = measure_scale() if scale else None
    return {"networks": networks, "warm": warm, "batch": batch, "aequilibrae": peer, "scale": grown}


def main() -> None:
    arguments = _arguments()
    found = _collect(arguments.tap_b, arguments.scale)
    compared = [row["largest_relative_difference"] for row in found["networks"] if row["largest_difference"] is not None]
    text = f"link flows of {len(compared)} networks within {max(compared):.0e} of the largest published flow"
    result = {"relative_gap_asked": GAP, "repeats": REPEATS, **found, "methods": {"equilibrium": text}}
    print(write_result(__file__, result))


if __name__ == "__main__":
    main()
