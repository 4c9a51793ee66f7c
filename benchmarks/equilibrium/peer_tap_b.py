"""TAP-B, the C implementation of Algorithm B, where it was built (see README.md)."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

NETWORKS = {"sioux-falls": "SiouxFalls", "anaheim": "Anaheim", "chicago-sketch": "ChicagoSketch"}
_GAP = re.compile(r"<CONVERGENCE GAP>.*")


def tap_b_seconds(folder: Path, name: str, gap: float) -> float:
    """Return the seconds its solver takes to a relative gap, reading and writing of files excluded.

    Parameters
    ----------
    folder
        Where its executable ``tap`` and its parameter files ``run/<Network>.txt`` are; a copy with the gap asked for is
        written beside them.
    name
        One of ``NETWORKS``.
    gap
        Relative gap to reach.
    """
    settings = (folder / "run" / f"{NETWORKS[name]}.txt").read_text(encoding="utf-8")
    changed, found = _GAP.subn(f"<CONVERGENCE GAP> {gap:g}", settings)
    if found != 1:
        raise SystemExit(f"run/{NETWORKS[name]}.txt has {found} lines <CONVERGENCE GAP>, expected 1")
    copy = folder / "run" / f"{NETWORKS[name]}-asked.txt"
    copy.write_text(changed, encoding="utf-8")
    done = subprocess.run([str(folder / "tap"), f"run/{copy.name}"], cwd=folder, capture_output=True, text=True, check=True)
    seconds = re.search(r"SOLVER SECONDS ([0-9.]+)", done.stdout)
    if seconds is None:
        raise SystemExit(f"{folder / 'tap'} prints no line SOLVER SECONDS")
    return float(seconds.group(1))
