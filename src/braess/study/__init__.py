"""The run: budget, loop, record, result."""
