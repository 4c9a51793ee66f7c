"""What may be decided (`Space`, made of variables) and batches of decisions (`Designs`)."""

from braess.space.designs import Designs
from braess.space.discrete import Binary, Categorical, Integer
from braess.space.enumeration import every_design
from braess.space.permutation import Permutation
from braess.space.real import Real
from braess.space.space import Condition, Leaf, Space
from braess.space.structure import Choice, Repeat
from braess.space.variables import LeafVariable

__all__ = [
    "Binary",
    "Categorical",
    "Choice",
    "Condition",
    "Designs",
    "Integer",
    "Leaf",
    "LeafVariable",
    "Permutation",
    "Real",
    "Repeat",
    "Space",
    "every_design",
]
