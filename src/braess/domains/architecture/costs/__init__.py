"""What a network costs: operations, parameters, memory and time, and whether time adds up over its blocks."""

from braess.domains.architecture.costs.additive import Additivity, LatencyTable, profile
from braess.domains.architecture.costs.counting import flops, parameters
from braess.domains.architecture.costs.latency import Timing, latency
from braess.domains.architecture.costs.memory import inference_memory, saved_bytes, training_memory

__all__ = [
    "Additivity",
    "LatencyTable",
    "Timing",
    "flops",
    "inference_memory",
    "latency",
    "parameters",
    "profile",
    "saved_bytes",
    "training_memory",
]
