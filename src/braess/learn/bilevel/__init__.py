"""Gradient methods for any differentiable leader and follower, and the one loop that trains by them. Needs the extra ``learn``.

A `Bilevel` problem gives two losses of the leader's and the follower's tensors, and batches of two halves of its data;
`Network` makes one of a PyTorch module. A `Method` says how both move, a `Recipe` with which optimisers, and `train` does it.

======================  ==================================================  ===================  =========================
method                  the leader's gradient                                second derivatives   right where
======================  ==================================================  ===================  =========================
`DARTS`, order 1        with the follower as it is                           none                 it has no influence
`DARTS`, order 2        one step of the follower ahead                       one product          one step leads far
`RARTS`                 of an energy with two tied followers                 none                 the least lower loss is
                                                                                                  the same for all leaders
`F2SA`                  of the upper loss and how far the follower   none                 its penalty is large
                        is from its best
`Implicit`              at the follower's optimum                            one solve            the follower is there
`Joint`                 of the lower loss: one level                         none                 data are many
`Truncated`             through the follower's last steps                    a product a step     they are enough
======================  ==================================================  ===================  =========================
"""

from braess.learn.bilevel._machine import drawing_from
from braess.learn.bilevel.darts import DARTS
from braess.learn.bilevel.f2sa import F2SA
from braess.learn.bilevel.implicit import Implicit
from braess.learn.bilevel.joint import Joint
from braess.learn.bilevel.method import Method
from braess.learn.bilevel.mover import Mover
from braess.learn.bilevel.network import Data, Halves, Network
from braess.learn.bilevel.problem import Bilevel, Half, Relaxation, Tensors
from braess.learn.bilevel.rarts import RARTS
from braess.learn.bilevel.recipe import SGD, Adam, Optimiser, Recipe
from braess.learn.bilevel.training import Epoch, Hook, Training, train
from braess.learn.bilevel.truncated import Truncated

__all__ = [
    "DARTS",
    "F2SA",
    "RARTS",
    "SGD",
    "Adam",
    "Bilevel",
    "Data",
    "Epoch",
    "Half",
    "Halves",
    "Hook",
    "Implicit",
    "Joint",
    "Method",
    "Mover",
    "Network",
    "Optimiser",
    "Recipe",
    "Relaxation",
    "Tensors",
    "Training",
    "Truncated",
    "drawing_from",
    "train",
]
