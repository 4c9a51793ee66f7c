"""How choices among options are made continuous, priced, read off again, and parted where options disagree.

A relaxation holds one row of logits for each choice; nothing here knows what is chosen.
"""

from braess.learn.relaxation.choices import Choices
from braess.learn.relaxation.grouping import Grouping, agreement, best_split, split_cost
from braess.learn.relaxation.mixing import Gates, Gumbel, Mixed, Mixing, Softmax, hard
from braess.learn.relaxation.multilinear import expectation
from braess.learn.relaxation.penalty import Budget, Linear, Logarithm, LogPower, Penalty, PowerLog
from braess.learn.relaxation.reading import Reading
from braess.learn.relaxation.selection import best, decided, drawn, likeliest, project, strongest_inputs
from braess.learn.relaxation.table import TableRelaxation

__all__ = [
    "Budget",
    "Choices",
    "Gates",
    "Grouping",
    "Gumbel",
    "Linear",
    "LogPower",
    "Logarithm",
    "Mixed",
    "Mixing",
    "Penalty",
    "PowerLog",
    "Reading",
    "Softmax",
    "TableRelaxation",
    "agreement",
    "best",
    "best_split",
    "decided",
    "drawn",
    "expectation",
    "hard",
    "likeliest",
    "project",
    "split_cost",
    "strongest_inputs",
]
