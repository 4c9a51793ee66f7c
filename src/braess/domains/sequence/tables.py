"""Measured tables of sequences: how strongly proteins bind words of DNA, and the fitness of variants of protein GB1."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from braess.data_folder import data_roots, where_to_look
from braess.errors import InputError, nearest
from braess.problem.evaluations import Floats
from braess.text_table import read_text_table

ALPHABET = "ACGT"
AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
SHIPPED = Path(__file__).with_name("data")
GB1 = Path("sequences", "gb1_four_mutations.csv.zip")
_SCALE = 100_000  # scores are published to five digits
_STRAND = str.maketrans(ALPHABET, ALPHABET[::-1])
_SITES = 4


@dataclass(frozen=True, eq=False)
class Affinities:
    """How strongly one transcription factor binds each word of DNA.

    Parameters
    ----------
    name
        Of the factor.
    scores
        ``[4 ** length]`` scores of the words in alphabetical order.
    """

    name: str
    scores: Floats

    @property
    def length(self) -> int:
        """Letters of a word."""
        return round(math.log(len(self.scores), len(ALPHABET)))

    def of(self, word: str) -> float:
        """Return the score of a word, looked up as what comes first in the alphabet: the word or its other strand."""
        return self._by_word[min(word, other_strand(word))]

    @cached_property
    def _by_word(self) -> dict[str, float]:
        return dict(zip(canonical_words(self.length), self.scores[_canonical_places(self.length)].tolist(), strict=True))


def other_strand(word: str) -> str:
    """Return the reverse complement of a word of DNA."""
    return word.translate(_STRAND)[::-1]


def canonical_words(length: int) -> list[str]:
    """Return the words that do not come after their other strand, in alphabetical order."""
    digits = _digits(_canonical_places(length), length)
    return ["".join(ALPHABET[digit] for digit in row) for row in digits]


def factors() -> list[str]:
    """Return the names of the factors whose tables are shipped."""
    with np.load(SHIPPED / "binding.npz") as data:
        return sorted(data.files)


def load_affinities(factor: str, folder: Path = Path(), field: str = "factor") -> Affinities:
    """Return the table of a factor.

    Parameters
    ----------
    factor
        Name of a table that is shipped (see `factors`), or path of a file as `read_affinities` reads them.
    folder
        Where relative paths start.
    field
        What an error says it was named by.

    Raises
    ------
    InputError
        There is neither, or the file cannot be used.
    """
    known = factors()
    if factor in known:
        with np.load(SHIPPED / "binding.npz") as data:
            return Affinities(factor, _both_strands(data[factor] / _SCALE))
    if not (folder / factor).is_file():
        message = f"no such factor or file{nearest(factor, known)}"
        raise InputError(message, field=field, found=factor, expected=f"one of {', '.join(known)}, or a path")
    return read_affinities(folder / factor)


def read_affinities(path: Path) -> Affinities:
    """Read a table of all words of one length: tab-separated, words in the first column, scores in ``E-score``.

    Each word stands for its other strand too. Files packed with gzip are read as well.

    Raises
    ------
    InputError
        It is no such table, a score is no number, or a word is missing, given twice or not made of A, C, G and T.
    """
    table = read_text_table(path, ("E-score",), separator="\t")
    words = table.iloc[:, 0].astype(str)
    length = len(words.iloc[0])
    for row, word in enumerate(words):
        if not word or len(word) != length or set(word) - set(ALPHABET):
            expected = f"{length} letters of {ALPHABET}"
            raise InputError("not such a word", file=path, line=row + 2, field=table.columns[0], found=word, expected=expected)
    scores = _numbers(table, "E-score", path)
    by_word = dict(zip((min(word, other_strand(word)) for word in words), scores, strict=True))
    known = canonical_words(length)
    if len(by_word) != len(words) or len(by_word) != len(known):
        found = f"{len(words)} rows, {len(by_word)} different words"
        raise InputError("not each word once", file=path, found=found, expected=f"{len(known)} words of {length} letters")
    return Affinities(path.name.split(".")[0], _both_strands(np.array([by_word[word] for word in known])))


def load_gb1() -> dict[str, float]:
    """Return the fitness of 149,361 variants of protein GB1 at four sites, by the letters there; the wild type VDGV has 1.

    Raises
    ------
    InputError
        ``sequences/gb1_four_mutations.csv.zip`` is not in the folder that ``BRAESS_DATA`` names, or cannot be read.

    References
    ----------
    Wu, Dai, Olson, Lloyd-Smith and Sun (2016), doi:10.7554/eLife.16965; as `four_mutations_full_data.csv.zip` of
    https://github.com/J-SNACKKB/FLIP.
    """
    for root in data_roots(SHIPPED):
        if (root / GB1).exists():
            return _read_gb1(root / GB1)
    expected = f"{GB1.as_posix()}; {where_to_look()}"
    raise InputError("this table is not shipped", field="kind", found="gb1", expected=expected)


def _read_gb1(path: Path) -> dict[str, float]:
    table = read_text_table(path, ("Variants", "Fitness"))
    variants = table["Variants"].astype(str)
    for row, variant in enumerate(variants):
        if len(variant) != _SITES or set(variant) - set(AMINO_ACIDS):
            expected = f"{_SITES} letters of {AMINO_ACIDS}"
            raise InputError("no such variant", file=path, line=row + 2, field="Variants", found=variant, expected=expected)
    return dict(zip(variants, _numbers(table, "Fitness", path).tolist(), strict=True))


def _numbers(table: pd.DataFrame, column: str, path: Path) -> Floats:
    numbers = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=np.float64)
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        row = int(wrong[0])
        found = table[column].iloc[row]
        raise InputError("not a number", file=path, line=row + 2, field=column, found=found, expected="a finite number")
    return np.asarray(numbers)


def _both_strands(scores: Floats) -> Floats:
    """Return the scores of all words from those of the words that do not come after their other strand."""
    length = round(math.log(2 * len(scores), len(ALPHABET)) - 0.01)
    both = np.empty(len(ALPHABET) ** length)
    places = _canonical_places(length)
    both[places] = scores
    both[_other_places(length)[places]] = scores
    return both


def _canonical_places(length: int) -> NDArray[np.int64]:
    return np.flatnonzero(np.arange(len(ALPHABET) ** length) <= _other_places(length))


def _other_places(length: int) -> NDArray[np.int64]:
    """Return the place of each word's other strand among all words in alphabetical order."""
    digits = _digits(np.arange(len(ALPHABET) ** length), length)
    return np.asarray((len(ALPHABET) - 1 - digits) @ len(ALPHABET) ** np.arange(length))


def _digits(places: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    return np.asarray(places[:, None] // len(ALPHABET) ** np.arange(length - 1, -1, -1) % len(ALPHABET))
