"""The certificate of a study: what the search has proven and what that rests on, kept with the record."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import NamedTuple

from braess import packing
from braess.errors import StoreError
from braess.problem import Artifact, Objective
from braess.search.boxes import BoxTree
from braess.search.capabilities import Certificate

NAME, MEDIA_TYPE = "certificate.json", "application/vnd.braess.certificate+json"
BOXES = "certificate-boxes.npz"


def write_certificate(certificate: Certificate, objective: Objective, best: float | None) -> list[Artifact]:
    """Write down what is proven about an objective whose best feasible value is ``best``; nothing where there is no bound.

    The gap is that of the worst the exact value of the best design can be: an evaluation, solved to a gap of its own, is not
    exact.
    """
    proof = certificate.proof
    if not math.isfinite(proof.bound):
        return []
    exact = certificate.exact
    if best is None or exact is None or not all(map(math.isfinite, exact)):
        exact = None  # nothing is known of a best design
    facts = {
        "objective": objective.name,
        "sense": objective.sense,
        "unit": objective.unit,
        "best": best,
        "best_exact": None if exact is None else list(exact),
        "bound": proof.bound,
        "gap": None if exact is None else relative_gap(exact[1 if objective.sense == "min" else 0], proof.bound),
        "boxes": proof.boxes,
        "precision": certificate.precision,
    }
    boxes = packing.pack(certificate.boxes.arrays())
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
    return read_certificate(artifacts).gap


class Claim(NamedTuple):
    """What a certificate states."""

    bound: float
    gap: float | None
    """``None`` where there is no best design."""


def read_certificate(artifacts: Mapping[str, Artifact]) -> Claim:
    """Return what the certificate among the artifacts states; raises as `proven_gap` does, also where there is none."""
    try:
        facts = json.loads(artifacts[NAME].data)
        return Claim(float(facts["bound"]), None if facts["gap"] is None else float(facts["gap"]))
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"the record is damaged: {NAME} states no bound and gap") from error


def read_boxes(artifacts: Mapping[str, Artifact]) -> BoxTree:
    """Return the boxes of the certificate among the artifacts; raises as `proven_gap` does."""
    try:
        return BoxTree.of(packing.unpack(artifacts[BOXES].data))
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"the record is damaged: {BOXES} holds no boxes") from error


def relative_gap(best: float, bound: float) -> float:
    """Return the distance of the best value from the bound, over the best value."""
    return abs(best - bound) / max(abs(best), 1e-300)
