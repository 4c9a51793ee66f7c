"""Measures the equilibrium engine: from nothing, from a neighbour's state, in batches, as cities grow; beside its peers."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cold import GAP, REPEATS, measure, measure_threads
from curves import measure_curve
from limit import bytes_per_second
from parts import PARTS, write_part
from peer_aequilibrae import measure_peer
from scale import measure_scale
from warm import NETWORKS, measure_batch, measure_one

from braess.domains.road import names

BATCHES = {"sioux-falls": 3000, "anaheim": 400, "chicago-sketch": 16}
THREADS = {"chicago-sketch": GAP, "city-3000": 1e-6}  # relative gaps
_RESULT = Path(__file__).resolve().with_name("result.json")


def _cold(tap_b: Path | None) -> dict[str, Any]:
    return {
        "relative_gap": GAP,
        "repeats": REPEATS,
        "bytes_per_second": bytes_per_second(),
        "rows": [_shown(measure(name, tap_b)) for name in names()],
        "aequilibrae": [_shown(row) for row in measure_peer()],
    }


def _threads(_: Path | None) -> dict[str, Any]:
    at_hand = {name: gap for name, gap in THREADS.items() if name in names() or name.startswith("city-")}
    return {"rows": [_shown(measure_threads(name, relative_gap=gap)) for name, gap in at_hand.items()]}


def _curves(tap_b: Path | None) -> dict[str, Any]:
    return {"rows": [_shown(measure_curve(name, tap_b)) for name in names()]}


def _warm(_: Path | None) -> dict[str, Any]:
    return {"rows": [_shown(row) for name in NETWORKS for row in measure_one(name)]}


def _batch(_: Path | None) -> dict[str, Any]:
    at_hand = {name: count for name, count in BATCHES.items() if name in names()}
    return {"rows": [_shown(row) for name, count in at_hand.items() for row in measure_batch(name, count)]}


def _scale(_: Path | None) -> dict[str, Any]:
    return {"rows": [_shown(row) for row in measure_scale()]}


_MEASURES: dict[str, Callable[[Path | None], dict[str, Any]]] = {
    "cold": _cold,
    "threads": _threads,
    "curves": _curves,
    "warm": _warm,
    "batch": _batch,
    "scale": _scale,
}


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    print(row, flush=True)
    return row


def parts_of(text: str) -> tuple[str, ...]:
    asked = tuple(text.split(","))
    unknown = set(asked) - set(PARTS)
    if unknown:
        raise argparse.ArgumentTypeError(f"no parts {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return asked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tap-b", type=Path, help="folder with TAP-B's executable 'tap' and its inputs (see README.md)")
    parser.add_argument(
        "--only", type=parts_of, default=PARTS, help=f"parts to measure, the others stay as they are: {','.join(PARTS)}"
    )
    arguments = parser.parse_args()
    for part in arguments.only:
        print(f"== {part}", flush=True)
        write_part(_RESULT, part, _MEASURES[part](arguments.tap_b))
    print(_RESULT)


if __name__ == "__main__":
    main()
