"""Spaces of networks as small programs: modules with what may be chosen of them, and combinators that put them together."""

from braess.domains.architecture.language.combinators import (
    Concat,
    MaybeSwap,
    Optional,
    Or,
    Repeat,
    RepeatTied,
    Residual,
)
from braess.domains.architecture.language.modules import Affine, BatchNorm, Conv2D, Dropout, Empty, Pool, ReLU, Settings
from braess.domains.architecture.language.problem import ProgramProblem
from braess.domains.architecture.language.program import Module, Shape, network, space_of

__all__ = [
    "Affine",
    "BatchNorm",
    "Concat",
    "Conv2D",
    "Dropout",
    "Empty",
    "MaybeSwap",
    "Module",
    "Optional",
    "Or",
    "Pool",
    "ProgramProblem",
    "ReLU",
    "Repeat",
    "RepeatTied",
    "Residual",
    "Settings",
    "Shape",
    "network",
    "space_of",
]
