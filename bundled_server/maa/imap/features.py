"""Every family of IMAP commands this server speaks; an extension is one more line here."""

from bundled_server.maa.imap import entering, idle, selecting
from bundled_server.maa.imap.context import Feature

FEATURES: tuple[Feature, ...] = (
    entering.FEATURE,
    selecting.FEATURE,
    idle.FEATURE,
)
