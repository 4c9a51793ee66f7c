"""Scores of networks that are not trained yet, to rank designs by before any is trained. Needs the extra ``learn``."""

from braess.learn.proxies._forward import Loss, Normalisation, cross_entropy
from braess.learn.proxies.gradients import gradient_norm, grasp, snip
from braess.learn.proxies.gradsign import gradsign
from braess.learn.proxies.naswot import naswot
from braess.learn.proxies.registry import PROXIES, Proxy, find_proxy
from braess.learn.proxies.size import multiply_adds, parameter_count
from braess.learn.proxies.synflow import synflow

__all__ = [
    "PROXIES",
    "Loss",
    "Normalisation",
    "Proxy",
    "cross_entropy",
    "find_proxy",
    "gradient_norm",
    "gradsign",
    "grasp",
    "multiply_adds",
    "naswot",
    "parameter_count",
    "snip",
    "synflow",
]
