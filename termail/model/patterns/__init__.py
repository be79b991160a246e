"""Patterns: mutt's language and the friendly syntax, as trees, and as IMAP SEARCH for the reader."""

from termail.model.patterns.errors import PatternError
from termail.model.patterns.parser import parse

__all__ = ["PatternError", "parse"]
