"""What the IMAP sessions of one host remember for one another."""

from dataclasses import dataclass, field

from bundled_server.maa.imap.content_texts import ContentTexts
from bundled_server.maa.imap.forests import Forests
from bundled_server.mailbox.sent_dates import SentDates


@dataclass(frozen=True, slots=True)
class Memory:
    """Each part keeps itself within its limit."""

    forests: Forests = field(default_factory=Forests)
    content_texts: ContentTexts = field(default_factory=ContentTexts)
    sent_dates: SentDates = field(default_factory=SentDates)
