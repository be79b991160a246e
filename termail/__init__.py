"""termail: a terminal Mail User Agent with an internal Mail Retrieval Agent and a local Mail Transport Agent."""

__version__ = "0.1.0"
