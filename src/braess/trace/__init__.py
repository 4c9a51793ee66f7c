"""Workflows that are recorded as they run, and what proposes better parameters from the record."""

from braess.trace.backward import AdjointPropagator, Propagator, Subgraph, SubgraphPropagator, backward, relevant
from braess.trace.bundle import Bundled, bundle
from braess.trace.code import Code, Sandbox
from braess.trace.graph import Trace, TraceWarning
from braess.trace.improvement import Improvement, improve
from braess.trace.node import Node
from braess.trace.operators import Derivative, Operator
from braess.trace.problem import WorkflowProblem
from braess.trace.proposers.endpoint import Endpoint, EndpointError, LanguageModel
from braess.trace.proposers.gradient import Adjoint, ReplayDifference
from braess.trace.proposers.repair import Repair
from braess.trace.proposers.structure import Block, Structure, blocks
from braess.trace.recording import node, record
from braess.trace.replay import replay
from braess.trace.report import Item, Report, Step, report
from braess.trace.report_text import parse, render
from braess.trace.suggestion import Proposer, Suggestion, accepted
from braess.trace.workflow import Parameter, Run, Workflow

__all__ = [
    "Adjoint",
    "AdjointPropagator",
    "Block",
    "Bundled",
    "Code",
    "Derivative",
    "Endpoint",
    "EndpointError",
    "Improvement",
    "Item",
    "LanguageModel",
    "Node",
    "Operator",
    "Parameter",
    "Propagator",
    "Proposer",
    "Repair",
    "ReplayDifference",
    "Report",
    "Run",
    "Sandbox",
    "Step",
    "Structure",
    "Subgraph",
    "SubgraphPropagator",
    "Suggestion",
    "Trace",
    "TraceWarning",
    "Workflow",
    "WorkflowProblem",
    "accepted",
    "backward",
    "blocks",
    "bundle",
    "improve",
    "node",
    "parse",
    "record",
    "relevant",
    "render",
    "replay",
    "report",
]
