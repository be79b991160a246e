"""An IMAP machine that knows a few commands, for the tests of its framing."""

import pytest

from bundled_server.protocols.imap import arguments
from bundled_server.protocols.imap.cursor import Bounds
from bundled_server.protocols.imap.grammar import AFTER_LOGIN, ANY, BEFORE_LOGIN, SELECTED, Syntax, table
from bundled_server.protocols.imap.machine import ImapMachine, Limits

COMMANDS = table(
    (
        Syntax("NOOP", ANY, arguments.nothing),
        Syntax("LOGIN", BEFORE_LOGIN, arguments.login, secret=True),
        Syntax("AUTHENTICATE", BEFORE_LOGIN, arguments.authenticate, secret=True),
        Syntax("SELECT", AFTER_LOGIN, arguments.mailbox),
        Syntax("DELETE", AFTER_LOGIN, arguments.mailbox),
        Syntax("APPEND", AFTER_LOGIN, arguments.append, holds_message=True),
        Syntax("LIST", AFTER_LOGIN, arguments.list_mailboxes),
        Syntax("STATUS", AFTER_LOGIN, arguments.status),
        Syntax("ID", ANY, arguments.identity),
        Syntax("IDLE", AFTER_LOGIN, arguments.nothing),
        Syntax("FETCH", SELECTED, arguments.fetch),
        Syntax("UID FETCH", SELECTED, arguments.fetch),
        Syntax("STORE", SELECTED, arguments.store),
        Syntax("SEARCH", SELECTED, arguments.search),
        Syntax("COPY", SELECTED, arguments.copy),
    )
)
LIMITS = Limits(
    line_octets=1000, literal_before_login_octets=100, message_octets=5000, errors=20, bounds=Bounds(8, 50)
)


@pytest.fixture
def machine() -> ImapMachine:
    return ImapMachine(COMMANDS, LIMITS)
