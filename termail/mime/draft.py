"""A draft: what compose edits, what becomes a message, and how replies and forwards start."""

from termail.mime.compose import build
from termail.mime.forward import forward
from termail.mime.outgoing import Attachment, Built, Draft, DraftError, Protection
from termail.mime.recall import parse_draft, postpone
from termail.mime.reply import reply
from termail.mime.resend import bounce_headers

__all__ = [
    "Attachment",
    "Built",
    "Draft",
    "DraftError",
    "Protection",
    "bounce_headers",
    "build",
    "forward",
    "parse_draft",
    "postpone",
    "reply",
]
