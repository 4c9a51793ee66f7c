"""What searches with a generative model share: the sizes and training of the model, and designs known before it begins."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, ClassVar, Literal

from braess.errors import InputError
from braess.problem import Problem
from braess.search._labelled import read_labelled
from braess.search._validate import at_least, between, positive
from braess.search.base import Search

if TYPE_CHECKING:
    from braess.learn.vae import VAERecipe
    from braess.problem import Evaluations
    from braess.space import Designs


@dataclass(frozen=True)
class Generative(Search):
    """A search whose designs come from a variational autoencoder, trained again in each round.

    Parameters
    ----------
    examples
        CSV file of designs with what they came to, columns as ``braess export`` writes them: each decision, the objective,
        the constraints. Empty: the first round is random.
    size
        Designs of a round.
    latent
        Numbers in a code.
    hidden
        Units of each hidden layer of the encoder; the decoder has the same in reverse.
    beta
        Weight of the distance of codes from the prior, against the error of what is decoded.
    epochs
        Passes over the designs in each round.
    minibatch
        Designs in a step of Adam, at most.
    rate
        Learning rate.
    """

    kinds: ClassVar[frozenset[str]] = frozenset({"binary", "integer", "categorical", "real"})
    objectives: ClassVar[Literal["one", "many", "any"]] = "one"

    examples: str = ""
    size: int = 100
    latent: int = 10
    hidden: tuple[int, ...] = (64,)
    beta: float = 0.01
    epochs: int = 1000
    minibatch: int = 256
    rate: float = 1e-3

    def __post_init__(self) -> None:
        """Check the hyper-parameters, and that PyTorch is there."""
        for field in ("size", "latent", "epochs", "minibatch"):
            at_least(field, getattr(self, field), 1)
        for units in self.hidden:
            at_least("hidden", units, 1)
        between("beta", self.beta, 0.0, 1e6)
        positive("rate", self.rate)
        if find_spec("torch") is None:
            raise InputError("PyTorch is not installed", field="method", expected="pip install 'braess[learn]'")

    def recipe(self) -> VAERecipe:
        """Return how the model is built and trained."""
        from braess.learn.vae import VAERecipe

        return VAERecipe(self.latent, self.hidden, self.beta, self.epochs, self.minibatch, self.rate)

    def known(self, problem: Problem) -> tuple[Designs, Evaluations] | None:
        """Read the designs that the search begins with, as `read_labelled` does; ``None`` where it begins with random ones."""
        return read_labelled(self.folder / self.examples, problem) if self.examples else None

    def require_fit(self, problem: Problem) -> None:
        """Refuse a problem the method cannot handle, or a file of other designs than the problem's."""
        super().require_fit(problem)
        self.known(problem)
