"""Networks built from designs: cells, chains of inverted residuals, residual networks and perceptrons of designed widths."""

from braess.domains.architecture.networks.cells import Cell, CellFamily, CellNetwork, edges_of, live_edges
from braess.domains.architecture.networks.chain import ChainFamily, ChainNetwork, InvertedResidual
from braess.domains.architecture.networks.family import Family, Network, initialise
from braess.domains.architecture.networks.operations import OPERATIONS, operation
from braess.domains.architecture.networks.widths import MLP, MLPFamily, ResNet, ResNetFamily

__all__ = [
    "MLP",
    "OPERATIONS",
    "Cell",
    "CellFamily",
    "CellNetwork",
    "ChainFamily",
    "ChainNetwork",
    "Family",
    "InvertedResidual",
    "MLPFamily",
    "Network",
    "ResNet",
    "ResNetFamily",
    "edges_of",
    "initialise",
    "live_edges",
    "operation",
]
