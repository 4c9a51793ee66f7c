"""The certificate of a study: what the search has proven, kept with the record."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from braess.errors import StoreError
from braess.problem import Artifact, Objective
from braess.search.base import Proof

NAME, MEDIA_TYPE = "certificate.json", "application/vnd.braess.certificate+json"


def write_certificate(proof: Proof, objective: Objective, best: float | None) -> Artifact | None:
    """Write down what is proven about an objective whose best feasible value is ``best``; nothing where there is no bound."""
    if not math.isfinite(proof.bound):
        return None
    facts = {
        "objective": objective.name,
        "sense": objective.sense,
        "unit": objective.unit,
        "best": best,
        "bound": proof.bound,
        "gap": None if best is None else relative_gap(best, proof.bound),
        "boxes": proof.boxes,
    }
    return Artifact(NAME, MEDIA_TYPE, (json.dumps(facts, indent=2) + "\n").encode())


def proven_gap(artifacts: Mapping[str, Artifact], best: float | None) -> float | None:
    """Return how far ``best`` can be from the optimum by the certificate among the artifacts, ``None`` without one.

    Raises
    ------
    StoreError
        The certificate is damaged.
    """
    kept = artifacts.get(NAME)
    if kept is None or best is None:
        return None
    try:
        return relative_gap(best, float(json.loads(kept.data)["bound"]))
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"the record is damaged: {NAME} states no bound") from error


def relative_gap(best: float, bound: float) -> float:
    """Return the distance of the best value from the bound, over the best value."""
    return abs(best - bound) / max(abs(best), 1e-300)
