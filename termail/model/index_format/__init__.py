"""mutt's index_format: a line of the index as the user laid it out."""

from termail.model.index_format.formatter import IndexFormat
from termail.model.index_format.parser import FormatError

__all__ = ["FormatError", "IndexFormat"]
