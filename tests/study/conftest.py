"""Lets the tests of studies draw the random spaces that the tests of spaces draw."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "space"))
