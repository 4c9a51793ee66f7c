"""What searches with a generative flow network are told alike."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from braess.errors import InputError
from braess.problem import Problem
from braess.search._validate import at_least, between, one_of, positive
from braess.search.base import Search

_CONSTRUCTIONS = ("ordered", "any-order", "increments")


@dataclass(frozen=True)
class GFlowNetSearch(Search):
    """A search with a generative flow network.

    Parameters
    ----------
    batch
        Designs asked for before the network learns from them; known ones join each lesson.
    updates
        Lessons after each batch.
    construction
        ``ordered``: one decision after another, for every space; ``any-order``: whichever decision next; ``increments``: whole
        numbers in steps of one.
    digits
        Real numbers take one of ``8 ** digits`` values.
    hidden, layers
        Units of each hidden layer of the network, and number of these.
    rate
        Learning rate of the policy.
    explore
        Share of steps that are random.
    """

    batch: int = 64
    updates: int = 64
    construction: str = "ordered"
    digits: int = 3
    hidden: int = 128
    layers: int = 2
    rate: float = 5e-3
    explore: float = 0.05

    def __post_init__(self) -> None:
        """Check the hyper-parameters, and that PyTorch is there."""
        for name in ("batch", "updates", "digits", "hidden", "layers"):
            at_least(name, getattr(self, name), 1)
        positive("rate", self.rate)
        between("explore", self.explore, 0.0, 1.0)
        one_of("construction", self.construction, _CONSTRUCTIONS)
        if find_spec("torch") is None:
            raise InputError("PyTorch is not installed", field="method", expected="pip install 'braess[learn]'")

    def require_fit(self, problem: Problem) -> None:
        """Refuse a problem that it cannot handle, or whose designs cannot be built in the way that is asked for."""
        super().require_fit(problem)
        from braess.learn.gflownet.named import construction_of

        construction_of(problem.space, self.construction, self.digits)
