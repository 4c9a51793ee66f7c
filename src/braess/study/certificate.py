"""The certificate of a study: what the search has proven and what that rests on, kept with the record."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from braess.errors import StoreError
from braess.problem import Artifact, Objective
from braess.search.base import Certified
from braess.search.boxes import BoxTree
from braess.study import packing

NAME, MEDIA_TYPE = "certificate.json", "application/vnd.braess.certificate+json"
BOXES = "certificate-boxes.npz"


def write_certificate(certified: Certified, objective: Objective, best: float | None) -> list[Artifact]:
    """Write down what is proven about an objective whose best feasible value is ``best``; nothing where there is no bound.

    The gap is that of the worst the exact value of the best design can be: an evaluation, solved to a gap of its own, is not
    exact.
    """
    proof = certified.proof
    if not math.isfinite(proof.bound):
        return []
    exact = None if best is None else certified.exact
    facts = {
        "objective": objective.name,
        "sense": objective.sense,
        "unit": objective.unit,
        "best": best,
        "best_exact": None if exact is None else list(exact),
        "bound": proof.bound,
        "gap": None if exact is None else relative_gap(exact[1 if objective.sense == "min" else 0], proof.bound),
        "boxes": proof.boxes,
        "precision": certified.precision,
    }
    boxes = packing.pack(certified.boxes.arrays())
    return [
        Artifact(NAME, MEDIA_TYPE, (json.dumps(facts, indent=2) + "\n").encode()),
        Artifact(BOXES, packing.MEDIA_TYPE, boxes),
    ]


def proven_gap(artifacts: Mapping[str, Artifact]) -> float | None:
    """Return how far the best design can be from the optimum by the certificate among the artifacts, ``None`` without one.

    Raises
    ------
    StoreError
        The certificate is damaged.
    """
    if NAME not in artifacts:
        return None
    gap = read_certificate(artifacts)["gap"]
    return None if gap is None else float(gap)


def read_certificate(artifacts: Mapping[str, Artifact]) -> dict[str, float | None]:
    """Return ``bound`` and ``gap`` of the certificate among the artifacts; raises as `proven_gap` does.

    A certificate that is not there is damaged too.
    """
    try:
        facts = json.loads(artifacts[NAME].data)
        bound, gap = float(facts["bound"]), facts["gap"]
        gap = None if gap is None else float(gap)
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"the record is damaged: {NAME} states no bound and gap") from error
    return {"bound": bound, "gap": gap}


def read_boxes(artifacts: Mapping[str, Artifact]) -> BoxTree:
    """Return the boxes of the certificate among the artifacts; raises as `proven_gap` does."""
    try:
        return BoxTree.of(packing.unpack(artifacts[BOXES].data))
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"the record is damaged: {BOXES} holds no boxes") from error


def relative_gap(best: float, bound: float) -> float:
    """Return the distance of the best value from the bound, over the best value."""
    return abs(best - bound) / max(abs(best), 1e-300)
