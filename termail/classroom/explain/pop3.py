"""POP3: commands, answers and capabilities."""

from typing import Final

from termail.classroom.explain.note import table

COMMANDS: Final = table(
    """
CAPA | what can you do? | 2449 §5
STLS | encrypt from here on | 2595 §4
USER | who I am | 1939 §7
PASS | my password | 1939 §7 | It stands in the line: only under TLS.
APOP | a digest proves my password | 1939 §7
AUTH | sign in by SASL | 5034 §4
STAT | how much mail is there? | 1939 §5
LIST | how long is each message? | 1939 §5
UIDL | the lasting name of each message | 1939 §7 | How a client knows what it has already.
RETR | give me this message | 1939 §5 | The whole of it: POP cannot ask for a part.
TOP | its header and some lines | 1939 §7
DELE | mark this message for deletion | 1939 §5 | It goes with QUIT; RSET takes the mark back.
RSET | take the marks back | 1939 §5
NOOP | are you there? | 1939 §5
LAST | the highest message read | 1460 §1
QUIT | delete what is marked, and goodbye | 1939 §6
UTF8 | names and headers in UTF-8 | 6856 §2
LANG | answer in this language | 6856 §3
"""
)

ANSWERS: Final = table(
    """
+OK | yes | 1939 §3
-ERR | no | 1939 §3
+ | go on signing in | 5034 §4
. | the end of a long answer | 1939 §3
"""
)

CODES: Final = table(
    """
IN-USE | another client has the mailbox open | 2449 §8.1.2
LOGIN-DELAY | too soon after the last time | 2449 §8.1.1
AUTH | signing in failed | 3206 §4
SYS/TEMP | not now | 3206 §3
SYS/PERM | an error somebody must mend | 3206 §3
"""
)

CAPABILITIES: Final = table(
    """
TOP | the header alone can be asked for | 2449 §6.1
USER | signing in by USER and PASS | 2449 §6.2
SASL | mechanisms to sign in with | 2449 §6.3
RESP-CODES | answers carry codes in brackets | 2449 §6.4
LOGIN-DELAY | how long to wait between visits | 2449 §6.5
PIPELINING | several commands at once | 2449 §6.6
EXPIRE | how long mail is kept | 2449 §6.7
UIDL | lasting names of messages | 2449 §6.8
IMPLEMENTATION | the server's name | 2449 §6.9
STLS | encryption is offered | 2595 §4
UTF8 | UTF-8 is offered | 6856 §2
"""
)
