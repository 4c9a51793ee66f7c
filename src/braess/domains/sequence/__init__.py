"""Sequences of letters: measured tables and tasks whose exact best designs are known.

Nobody answers back here: the problems try out searches that are to find many different good designs.
"""

from braess.domains.sequence.diversity import edit_diversity
from braess.domains.sequence.problems import GB1, LANDSCAPES, Binding, Grid, NGrams, SequenceProblem
from braess.domains.sequence.tables import Affinities, factors, load_affinities, load_gb1, read_affinities

__all__ = [
    "GB1",
    "LANDSCAPES",
    "Affinities",
    "Binding",
    "Grid",
    "NGrams",
    "SequenceProblem",
    "edit_diversity",
    "factors",
    "load_affinities",
    "load_gb1",
    "read_affinities",
]
