"""The domains: one room per kind of network, found through the entry point group ``braess.domains``."""
