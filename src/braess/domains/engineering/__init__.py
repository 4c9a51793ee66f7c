"""Engineering design: parts and test functions in closed form, of least cost under constraints.

Nobody answers back here: the problems try out methods for costly, constrained responses where the answer is known.
"""

from braess.domains.engineering.problems import (
    GKXWC1,
    GKXWC2,
    JLH1,
    JLH2,
    PROBLEMS,
    VARIANTS,
    Ackley2,
    Ackley6,
    Ackley10,
    Cantilever,
    CarSideImpact,
    CompressionSpring,
    ConcreteBeam,
    EngineeringProblem,
    HeatExchanger,
    KeaneBump,
    Known,
    PressureVessel,
    SpeedReducer,
    ThreeBarTruss,
    WeldedBeam,
)
from braess.domains.engineering.settings import load

__all__ = [
    "GKXWC1",
    "GKXWC2",
    "JLH1",
    "JLH2",
    "PROBLEMS",
    "VARIANTS",
    "Ackley2",
    "Ackley6",
    "Ackley10",
    "Cantilever",
    "CarSideImpact",
    "CompressionSpring",
    "ConcreteBeam",
    "EngineeringProblem",
    "HeatExchanger",
    "KeaneBump",
    "Known",
    "PressureVessel",
    "SpeedReducer",
    "ThreeBarTruss",
    "WeldedBeam",
    "load",
]
