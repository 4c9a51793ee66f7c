"""Proves the best designs of published link addition instances; beside them brute force and what was published."""

from __future__ import annotations

import argparse
import fnmatch
import itertools
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.road import LinkAddition, load_design, published_table
from braess.search import find
from braess.space import every_design
from braess.study import Budget, Study
from results import stamp, whole

SHARES = (0.25, 0.5, 0.75)
OTHERS = [
    f"{network}_DNDP_{size}_{i}" for network in ("EM", "BMC", "A") for size in (10, 20) for i in range(1, 6)
]  # half budget
GAP = 1e-6
SECONDS = 600.0
ENUMERATED = 12  # candidates up to which brute force looks at every design
EQUILIBRIA = 1e-10  # relative gap
_RESULT = Path(__file__).resolve().with_name("result.json")


def prove(name: str, share: float, published: float | None) -> dict[str, Any]:
    """Prove one instance, and enumerate it where it is small."""
    found = load_design(name)
    problem = LinkAddition(
        found.network,
        found.demand,
        candidates=found.candidates,
        cost=found.cost[found.candidates],
        budget_share=share,
        relative_gap=EQUILIBRIA,
    )
    began = time.perf_counter()
    study = Study(problem, find("branch-and-bound")(gap=GAP), budget=Budget(seconds=SECONDS), seed=0, progress="off")
    result = whole(study.run())
    seconds = time.perf_counter() - began
    facts = json.loads(result.artifacts["certificate.json"].data)
    return {
        "instance": name,
        "budget_share": share,
        "candidates": problem.space.width,
        "best": float(problem.check(result.best_design).objectives[0, 0]),
        "build": result.best_design["build"][0].tolist(),
        "gap": result.gap,
        "boxes": facts["boxes"],
        "evaluations": len(result.evaluations),
        "seconds": seconds,
        "brute_force": _brute_force(problem),
        "published": published,
    }


def _brute_force(problem: LinkAddition) -> float | None:
    if problem.space.width > ENUMERATED:
        return None
    everything = every_design(problem.space)
    within = everything.take(np.flatnonzero(problem.construction_cost(everything) <= problem.budget))
    return float(problem.evaluate(within).objectives.min())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "instances", nargs="*", default=["*"], help="patterns of instances, such as 'SF_DNDP_10_*'; left out: all"
    )
    arguments = parser.parse_args()
    table = published_table("dndp_rey2020")
    table = table[table.demand_pct == 100]
    old = json.loads(_RESULT.read_text(encoding="utf-8"))["rows"] if _RESULT.exists() else []
    rows = {(row["instance"], row["budget_share"]): row for row in old}
    prove("SF_DNDP_10_1", 0.25, None)  # compiles
    for name, share in [*itertools.product(sorted(set(table.instance)), SHARES), *itertools.product(OTHERS, (0.5,))]:
        if any(fnmatch.fnmatch(name, pattern) for pattern in arguments.instances):
            known = table[(table.instance == name) & (table.budget_pct == 100 * share)]
            published = 1000 * float(known.iloc[0].best_design_ue_tstt_thousand) if len(known) else None
            rows[name, share] = prove(name, share, published) | stamp()
            print(rows[name, share], flush=True)
            _write([rows[key] for key in sorted(rows)])
    _write([rows[key] for key in sorted(rows)])


def _write(rows: list[dict[str, Any]]) -> None:
    proven = [row for row in rows if row["gap"] <= GAP]
    slowest = max((row["seconds"] for row in proven), default=0.0)
    claim = (
        f"Link addition: {len(proven)} of the {len(rows)} published instances measured proven to {GAP:g}, each within "
        f"{slowest:,.0f} s"
    )
    figures = {"gap": GAP, "seconds": SECONDS, "rows": rows, "methods": {"branch-and-bound": claim}}
    _RESULT.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
