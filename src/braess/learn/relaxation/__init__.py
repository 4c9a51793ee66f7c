"""How choices among options are made continuous, priced, read off again, and parted where options disagree.

A relaxation holds one row of logits for each choice; nothing here knows what is chosen.
"""

from braess.learn.relaxation.grouping import Grouping, agreement, best_split, split_cost
from braess.learn.relaxation.mixing import Gates, Gumbel, Mixed, Mixing, Softmax, hard
from braess.learn.relaxation.multilinear import expectation
from braess.learn.relaxation.penalty import Budget, Linear, Logarithm, LogPower, Penalty, PowerLog
from braess.learn.relaxation.reading import Reading
from braess.learn.relaxation.selection import best, drawn, likeliest, project, strongest_inputs

__all__ = [
    "Budget",
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
    "agreement",
    "best",
    "best_split",
    "drawn",
    "expectation",
    "hard",
    "likeliest",
    "project",
    "split_cost",
    "strongest_inputs",
]
