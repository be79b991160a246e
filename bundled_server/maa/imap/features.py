"""Every family of IMAP commands this server speaks; an extension is one more line here."""

from bundled_server.maa.imap import (
    appending,
    compressing,
    conversations,
    copying,
    entering,
    fetching,
    idle,
    listing,
    mailboxes,
    objects,
    resyncing,
    revision,
    searching,
    selecting,
    sorting,
    status,
    storing,
    subscribing,
)
from bundled_server.maa.imap.context import Feature

FEATURES: tuple[Feature, ...] = (
    entering.FEATURE,
    listing.FEATURE,
    status.FEATURE,
    subscribing.FEATURE,
    mailboxes.FEATURE,
    selecting.FEATURE,
    resyncing.FEATURE,
    appending.FEATURE,
    fetching.FEATURE,
    searching.FEATURE,
    sorting.FEATURE,
    conversations.FEATURE,
    storing.FEATURE,
    copying.FEATURE,
    idle.FEATURE,
    objects.FEATURE,
    revision.FEATURE,
    compressing.FEATURE,
)
