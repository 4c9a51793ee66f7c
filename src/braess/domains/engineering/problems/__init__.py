"""The problems by name."""

from __future__ import annotations

from braess.domains.engineering.problems.ackley import Ackley2, Ackley6, Ackley10
from braess.domains.engineering.problems.base import VARIANTS, EngineeringProblem, Known
from braess.domains.engineering.problems.cantilever import Cantilever
from braess.domains.engineering.problems.car_side_impact import CarSideImpact
from braess.domains.engineering.problems.compression_spring import CompressionSpring
from braess.domains.engineering.problems.concrete_beam import ConcreteBeam
from braess.domains.engineering.problems.gkxwc import GKXWC1, GKXWC2
from braess.domains.engineering.problems.heat_exchanger import HeatExchanger
from braess.domains.engineering.problems.jlh import JLH1, JLH2
from braess.domains.engineering.problems.keane_bump import KeaneBump
from braess.domains.engineering.problems.pressure_vessel import PressureVessel
from braess.domains.engineering.problems.speed_reducer import SpeedReducer
from braess.domains.engineering.problems.three_bar_truss import ThreeBarTruss
from braess.domains.engineering.problems.welded_beam import WeldedBeam

PROBLEMS: dict[str, type[EngineeringProblem]] = {
    problem.name: problem
    for problem in (
        JLH1,
        JLH2,
        GKXWC1,
        GKXWC2,
        Ackley2,
        Ackley6,
        Ackley10,
        ThreeBarTruss,
        CompressionSpring,
        ConcreteBeam,
        PressureVessel,
        WeldedBeam,
        SpeedReducer,
        HeatExchanger,
        KeaneBump,
        Cantilever,
        CarSideImpact,
    )
}

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
]
