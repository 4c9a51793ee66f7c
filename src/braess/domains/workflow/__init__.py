"""Workflows of one's own in study files: a Python file says what is run for each design."""

from braess.domains.workflow.settings import WorkflowSettings, load

__all__ = ["WorkflowSettings", "load"]
