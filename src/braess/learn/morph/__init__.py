"""Grows trained networks without changing what they compute: wider layers, more layers; needs the extra ``learn``.

A grown network is a new one; the old stays as it is. Its parameters are new too, so an optimiser starts anew with them: the
momentum of the old ones would say nothing of the copies.
"""

from braess.learn.morph.deepening import deepen
from braess.learn.morph.growing import grow, steps_between
from braess.learn.morph.plain import Conv, Dense, Plain, Pool, build_plain
from braess.learn.morph.weighted import weighted_layers
from braess.learn.morph.widening import widen

__all__ = [
    "Conv",
    "Dense",
    "Plain",
    "Pool",
    "build_plain",
    "deepen",
    "grow",
    "steps_between",
    "weighted_layers",
    "widen",
]
