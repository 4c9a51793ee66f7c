"""The problems over sequences and grids, one file each."""

from braess.domains.sequence.problems.base import SequenceProblem
from braess.domains.sequence.problems.binding import Binding
from braess.domains.sequence.problems.gb1 import GB1
from braess.domains.sequence.problems.grid import LANDSCAPES, Grid
from braess.domains.sequence.problems.ngrams import NGrams

__all__ = ["GB1", "LANDSCAPES", "Binding", "Grid", "NGrams", "SequenceProblem"]
