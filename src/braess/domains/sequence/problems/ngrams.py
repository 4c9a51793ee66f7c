"""Sequences with many of the wanted pairs of letters: a task without measurements whose front is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from braess.domains.sequence.problems.base import Codes, SequenceProblem
from braess.domains.sequence.tables import AMINO_ACIDS
from braess.errors import InputError
from braess.problem import Objective
from braess.problem.evaluations import Floats
from braess.study.pareto import nondominated


class NGrams(SequenceProblem):
    """Find sequences in which each of some words occurs often.

    Occurrences may overlap. The words share letters, so they get in each other's way.

    Parameters
    ----------
    words
        What is counted, such as ``("AV", "VC")``.
    shortest, longest
        Fewest and most letters of a sequence.

    Raises
    ------
    InputError
        There are no words, one is there twice, is empty, longer than a sequence or not of the twenty letters.

    References
    ----------
    Jain, Raparthy, Hernández-García, Rector-Brooks, Bengio, Miret and Bengio (2023), "Multi-objective GFlowNets",
    arXiv:2210.12765; first by Stanton et al. (2022), arXiv:2203.12742.
    """

    unit = "occurrences"

    def __init__(self, words: Sequence[str] = ("AV", "VC"), shortest: int = 32, longest: int = 36) -> None:
        wrong = [word for word in words if not word or len(word) > shortest or set(word) - set(AMINO_ACIDS)]
        if not words or wrong or len(set(words)) != len(words):
            expected = f"different words of at most {shortest} letters of {AMINO_ACIDS}"
            raise InputError("not such words", field="words", found=list(words), expected=expected)
        super().__init__(AMINO_ACIDS, shortest, longest)
        self.name = "n-grams"
        self.words = tuple(words)
        self.objectives = tuple(Objective(word, "max", self.unit) for word in words)

    def measure(self, codes: Codes) -> Floats:
        """Return how often each word occurs, ``[n, m]``."""
        counts = []
        for word in self.words:
            places = range(self.longest - len(word) + 1)
            wanted = [self.alphabet.index(letter) for letter in word]
            counts.append(sum((codes[:, at : at + len(word)] == wanted).all(axis=1) for at in places))
        return np.stack(counts, axis=1).astype(np.float64)

    def recompute(self, text: str) -> list[float]:
        """Count the words in a text."""
        return [sum(text.startswith(word, at) for at in range(len(text))) for word in self.words]

    def front(self) -> Floats:
        """Return the counts of all designs that none dominates, each once, ``[k, m]``.

        By dynamic programming: of all beginnings of one length with the same last letters only those with counts that none
        dominates can become best. Letters in none of the words are alike.
        """
        kept = max(map(len, self.words)) - 1
        letters = [*sorted({letter for word in self.words for letter in word}), " "]
        ends: dict[str, Floats] = {"": np.zeros((1, len(self.words)))}
        found = []
        for length in range(1, self.longest + 1):
            grown: dict[str, list[Floats]] = {}
            for text, counts in self._grown(ends, letters):
                grown.setdefault(text[-kept:] if kept else "", []).append(counts)
            ends = {end: _best(np.concatenate(counts)) for end, counts in grown.items()}
            if length >= self.shortest:
                found += list(ends.values())
        return _best(np.concatenate(found))

    def _grown(self, ends: dict[str, Floats], letters: Sequence[str]) -> Iterator[tuple[str, Floats]]:
        for end, counts in ends.items():
            for letter in letters:
                text = end + letter
                yield text, counts + [text.endswith(word) for word in self.words]

    def describe(self) -> dict[str, Any]:
        """Describe the problem as plain data."""
        return super().describe() | {"words": list(self.words)}


def _best(counts: Floats) -> Floats:
    different = np.unique(counts, axis=0)
    return different[nondominated(-different)]
