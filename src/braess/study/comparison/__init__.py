"""Several searches on one problem under one budget, each with the same seeds: who did better, and by enough to mean it."""

from braess.study.comparison.compared import Compared
from braess.study.comparison.running import compare

__all__ = ["Compared", "compare"]
