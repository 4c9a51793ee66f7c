"""What may be decided (`Space`, made of variables), batches of decisions (`Designs`), and decisions one by one (`Tree`)."""

from braess.space.designs import Designs
from braess.space.discrete import Binary, Categorical, Integer
from braess.space.enumeration import every_design
from braess.space.leaves import Condition, Leaf
from braess.space.permutation import Permutation
from braess.space.real import Real
from braess.space.space import Over, Space
from braess.space.structure import Choice, Repeat
from braess.space.tree import Decision, Tree, Walk
from braess.space.variables import LeafVariable, is_ordered

__all__ = [
    "Binary",
    "Categorical",
    "Choice",
    "Condition",
    "Decision",
    "Designs",
    "Integer",
    "Leaf",
    "LeafVariable",
    "Over",
    "Permutation",
    "Real",
    "Repeat",
    "Space",
    "Tree",
    "Walk",
    "every_design",
    "is_ordered",
]
