"""The leader's methods, one file each; they know spaces and capabilities, never a domain."""

from braess.search.base import Running, Search
from braess.search.registry import find, searches

__all__ = ["Running", "Search", "find", "searches"]
