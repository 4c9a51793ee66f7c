"""How different sequences are, as those count it who make them: in letters changed, put in or left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from braess.errors import InputError


def edit_diversity(texts: Sequence[str]) -> float:
    """Return the mean edit distance (Levenshtein) of two of the texts, in letters.

    Needs the extra ``sequence``.

    Raises
    ------
    InputError
        There are fewer than two texts, or rapidfuzz is not installed.
    """
    n = len(texts)
    if n < 2:
        raise InputError("there is nothing to compare", field="texts", found=n, expected="at least two")
    try:
        from rapidfuzz.distance import Levenshtein
        from rapidfuzz.process import cdist
    except ImportError:
        raise InputError("rapidfuzz is not installed", expected="pip install 'braess[sequence]'") from None
    distances = cdist(texts, texts, scorer=Levenshtein.distance, dtype=np.int32)
    return float(distances.sum(dtype=np.float64)) / (n * (n - 1))
