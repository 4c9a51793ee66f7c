"""What the problems over sequences of letters share: their space, texts of designs and back, and the exact front."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError
from braess.problem import Evaluations, Problem
from braess.problem.evaluations import Floats
from braess.space import Categorical, Designs, Repeat, Space
from braess.study.enumeration import enumerated_front

Codes = NDArray[np.int64]  # [n, longest] places in the alphabet, -1 after the end


class SequenceProblem(Problem):
    """A problem over sequences of letters.

    Parameters
    ----------
    alphabet
        The letters.
    shortest, longest
        Fewest and most letters of a sequence.
    """

    unit: ClassVar[str]

    def __init__(self, alphabet: str, shortest: int, longest: int) -> None:
        self.alphabet = alphabet
        self.shortest, self.longest = shortest, longest
        letter = tuple(alphabet)
        if shortest == longest:
            self.space = Space({"letters": Categorical(options=letter, size=longest)})
        else:
            self.space = Space({"letters": Repeat(Space({"letter": Categorical(options=letter)}), shortest, longest)})

    @abstractmethod
    def measure(self, codes: Codes) -> Floats:
        """Return the objectives ``[n, m]`` of sequences given as places in the alphabet."""

    @abstractmethod
    def recompute(self, text: str) -> Sequence[float]:
        """Return the objectives of one sequence by a plain second route."""

    def evaluate(self, designs: Designs) -> Evaluations:
        """Evaluate ``n`` designs at once."""
        began = time.perf_counter()
        objectives = self.measure(self.codes(designs))
        return Evaluations.of(objectives, seconds=(time.perf_counter() - began) / max(len(designs), 1))

    def check(self, designs: Designs) -> Evaluations:
        """Evaluate the texts of the designs one by one."""
        rows = [self.recompute(text) for text in self.texts(designs)]
        return Evaluations.of(np.array(rows, dtype=np.float64).reshape(len(designs), len(self.objectives)))

    def codes(self, designs: Designs) -> Codes:
        """Return the places of the letters in the alphabet, ``[n, longest]``, -1 after the end of a sequence."""
        matrix, mask = self.space.flatten(designs)
        letters = slice(None) if self.shortest == self.longest else slice(1, None)
        return np.where(mask[:, letters], matrix[:, letters], -1).astype(np.int64)

    def texts(self, designs: Designs) -> list[str]:
        """Return the sequences of ``n`` designs as text."""
        return ["".join(self.alphabet[code] for code in row if code >= 0) for row in self.codes(designs)]

    def designs_of(self, texts: Sequence[str]) -> Designs:
        """Return the designs of sequences given as text.

        Raises
        ------
        InputError
            A sequence is too short or too long, or has a letter that is not in the alphabet.
        """
        matrix = np.zeros((len(texts), self.space.width))
        first = self.space.width - self.longest
        for row, text in enumerate(texts):
            foreign = set(text) - set(self.alphabet)
            if foreign or not self.shortest <= len(text) <= self.longest:
                lengths = f"{self.shortest}" if self.shortest == self.longest else f"{self.shortest} to {self.longest}"
                expected = f"{lengths} letters of {self.alphabet}"
                raise InputError("not such a sequence", field=f"texts[{row}]", found=text, expected=expected)
            matrix[row, :first] = len(text)
            matrix[row, first : first + len(text)] = [self.alphabet.index(letter) for letter in text]
        return self.space.unflatten(matrix)

    def front(self) -> Floats:
        """Return the objectives of all designs that none dominates, each once, ``[k, m]``."""
        return enumerated_front(self)

    def describe(self) -> dict[str, Any]:
        """Describe the problem as plain data."""
        return {"name": self.name, "alphabet": self.alphabet, "shortest": self.shortest, "longest": self.longest}
