"""Workflows that are recorded as they run, and what can be learned from the record."""

from braess.trace.backward import AdjointPropagator, SubgraphPropagator, backward
from braess.trace.bundle import bundle
from braess.trace.graph import record, node, Trace
from braess.trace.node import Node
