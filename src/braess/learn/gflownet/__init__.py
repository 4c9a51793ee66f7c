"""Generative flow networks: policies that build designs step by step, each as often as it is worth."""

from braess.learn.gflownet.any_order import AnyOrder
from braess.learn.gflownet.construction import Construction
from braess.learn.gflownet.edits import Edits
from braess.learn.gflownet.exact import terminal_distribution
from braess.learn.gflownet.increments import Increments
from braess.learn.gflownet.named import CONSTRUCTIONS, construction_of
from braess.learn.gflownet.network import GFlowNet
from braess.learn.gflownet.ordered import Ordered
from braess.learn.gflownet.preferences import Preferences
from braess.learn.gflownet.trajectories import Trajectories

__all__ = [
    "CONSTRUCTIONS",
    "AnyOrder",
    "Construction",
    "Edits",
    "GFlowNet",
    "Increments",
    "Ordered",
    "Preferences",
    "Trajectories",
    "construction_of",
    "terminal_distribution",
]
