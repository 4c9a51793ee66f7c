"""Sequential optimisation with a linear model of what was chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from braess.problem import Problem
from braess.search._validate import at_least, between, one_of
from braess.search.base import Running, Search


@dataclass(frozen=True)
class SMBO(Search):
    """Sequential model-based optimisation with ridge regression: the best by the model of some random designs is evaluated.

    The model is linear in what was chosen, or in how often each sequence of choices comes, and is fitted anew each time to
    worth: the objective on the range seen so far, from 0 to 1, where what fails or breaks constraints counts as the worst as
    long as something does not. Its penalty is the best of a range by the error of leaving one out. Now and then a random design
    is evaluated instead. No design is evaluated twice; it ends when it finds no new one.

    Use it for one objective on any space with many choices, when the follower takes seconds or more: a proposal takes
    milliseconds.

    Parameters
    ----------
    initial
        Random designs before there is a model.
    candidates
        Random designs of which the model chooses.
    epsilon
        Probability that a random one is evaluated instead.
    features
        ``"choices"``: each option of each variable that is decided, and numbers themselves; ``"n-grams"``: the number of
        decisions and how often sequences of successive ones come, where repetitions of a part are not told apart.
    longest
        Most decisions in a sequence, with ``"n-grams"``.
    seen
        Times that a sequence must have come so far to count, with ``"n-grams"``.
    batch
        Designs proposed before any of them is told: the best ones by the model.

    References
    ----------
    Negrinho and Gordon (2017), "DeepArchitect", arXiv:1704.08792, section 5. The penalty is 1,000 there, which leaves a model
    of some dozens of designs nearly constant.
    """

    name: ClassVar[str] = "smbo"
    summary: ClassVar[str] = "ridge regression on choices picks the best of random designs; any space"
    reference: ClassVar[str] = "Negrinho and Gordon (2017), arXiv:1704.08792"
    objectives: ClassVar[Literal["one", "many", "any"]] = "one"

    initial: int = 10
    candidates: int = 50
    epsilon: float = 0.25
    features: str = "choices"
    longest: int = 4
    seen: int = 3
    batch: int = 1

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        at_least("initial", self.initial, 1)
        at_least("batch", self.batch, 1)
        at_least("candidates", self.candidates, self.batch)
        between("epsilon", self.epsilon, 0.0, 1.0)
        one_of("features", self.features, ("choices", "n-grams"))
        at_least("longest", self.longest, 1)
        at_least("seen", self.seen, 1)

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._smbo import SMBORun

        return SMBORun(problem, rng, self)
