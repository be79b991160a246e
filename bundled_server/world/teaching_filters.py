"""The filters of the practice world: one of each kind, so that each can be seen at work."""

from bundled_server.filter_config import (
    BayesSettings,
    Content,
    Dkim,
    Dmarc,
    DnsLists,
    FilterSettings,
    Greylist,
    Lists,
    Names,
    Rule,
    Scanner,
    Spf,
    Zone,
)
from bundled_server.world.places import BLOCK_LIST

RULES = (
    Rule(
        name="prize",
        where="subject",
        words=("you have won", "lottery"),
        score=3.0,
        reason="the subject promises a prize",
    ),
    Rule(
        name="password",
        where="subject",
        regex=r"\b(?:verify|confirm) your (?:account|password)\b",
        score=3.0,
        reason="the subject asks for a password to be confirmed",
    ),
    Rule(
        name="full mailbox",
        where="subject",
        words=("mailbox is full",),
        score=1.5,
        reason="the subject says that a mailbox is full",
    ),
    Rule(
        name="shouting",
        where="subject",
        regex="(?-i:^[A-Z0-9 !?.,'-]{12,200}$)",
        score=1.0,
        reason="the subject is all capitals",
    ),
)

TEACHING_FILTERS = FilterSettings(
    lists=Lists(),
    dnsbl=DnsLists(zones=(Zone(zone=BLOCK_LIST, weight=6.0),), rest_seconds=5.0),
    names=Names(),
    spf=Spf(),
    greylist=Greylist(enabled=False, delay_seconds=60.0),
    dkim=Dkim(),
    dmarc=Dmarc(),
    content=Content(rules=RULES),
    bayes=BayesSettings(),
    scanner=Scanner(),
)
"""Greylisting is off until somebody switches it on: nobody wants to wait for the first letter of a lesson."""
