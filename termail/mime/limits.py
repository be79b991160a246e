"""Every limit of reading mail, named once."""

from typing import Final

HEADER_OCTETS: Final = 1_048_576
"""A header block is read up to here."""
HEADER_COUNT: Final = 2_000
"""Fields of one header block."""
FIELD_OCTETS: Final = 262_144
"""One field's value, unfolded."""
ADDRESS_COUNT: Final = 2_000
"""Addresses of one field."""
REFERENCE_COUNT: Final = 200
"""Message ids kept of References (the newest)."""
REFERENCE_OCTETS: Final = 998
"""The longest message id that is believed."""
DATE_OCTETS: Final = 128
"""A longer Date is not a date."""

PART_DEPTH: Final = 100
"""Multiparts inside multiparts."""
PART_COUNT: Final = 2_000
"""Parts of one message, all levels together."""
BOUNDARY_LINES: Final = 1_000_000
"""Lines that begin like a boundary and are looked at."""
PARAMETER_COUNT: Final = 100
"""Parameters of one Content-Type or Content-Disposition, segments of RFC 2231 included."""
PARAMETER_OCTETS: Final = 8_192
"""One parameter's value when its segments are joined."""
UUENCODED_BLOCKS: Final = 100
"""uuencoded files looked for in one text."""

GUESS_OCTETS: Final = 16_384
"""How much undeclared text the charset guesser is shown."""

SHOWN_CHARACTERS: Final = 16_000_000
"""Text of one message that is displayed."""
SHOWN_LINES: Final = 1_000_000
"""Lines of one display."""
UNFOLDED_LINE: Final = 100_000
"""A longer physical line is not searched for links and not kept whole by format=flowed."""

HTML_OCTETS: Final = 4_000_000
"""HTML of one part that is rendered."""
HTML_DEPTH: Final = 200
"""Elements inside elements; deeper ones are flattened."""
HTML_NODES: Final = 100_000
"""Elements of one document handed to html2text."""
HTML_LINKS: Final = 2_000
"""Links numbered in one message."""
HTML_SECONDS: Final = 3.0
"""How long the layout of one HTML document may take before its process is killed."""
HTML_START_SECONDS: Final = 5.0
"""How long that process may take to start."""

FILENAME_OCTETS: Final = 200
"""A saved attachment's name, in UTF-8 octets."""
RECEIVED_HOPS: Final = 100
"""Received fields read of one message."""
