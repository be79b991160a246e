"""The numbers of SMTP's replies: the three digits of 1982, and the enhanced codes of RFC 3463."""

from typing import Final

from termail.classroom.explain.note import Note, table

REPLIES: Final = table(
    """
211 | status, or help | 5321 §4.2.3
214 | help | 5321 §4.2.3
220 | ready | 5321 §4.2.3 | The greeting; after STARTTLS: begin TLS now.
221 | goodbye | 5321 §4.2.3 | The server closes the connection.
235 | you are signed in | 4954 §6
250 | done | 5321 §4.2.3 | After the final dot it means: the message is on disk, and it is my duty now.
251 | not here, but I forward it | 5321 §4.2.3
252 | I cannot say, but I would try | 5321 §4.2.3
334 | go on signing in | 4954 §4 | What follows is the mechanism's challenge in base64.
354 | send the message, end with a lone dot | 5321 §4.2.3
421 | closing; try again later | 5321 §4.2.3
432 | the password must be changed first | 4954 §4.7.9
450 | not now: mailbox busy (greylisting says this too) | 5321 §4.2.3 | 4xx is temporary: the sender keeps the message and tries again.
451 | not now: an error here | 5321 §4.2.3 | 4xx is temporary: the sender keeps the message and tries again.
452 | not now: no room | 5321 §4.2.3
454 | not now: signing in or TLS does not work | 4954 §6
455 | these parameters cannot be honoured now | 5321 §4.2.3
500 | no such command | 5321 §4.2.3
501 | a wrong parameter | 5321 §4.2.3
502 | not offered here | 5321 §4.2.3
503 | not at this moment: the order is wrong | 5321 §4.2.3
504 | this parameter is not offered | 5321 §4.2.3
521 | no mail is taken here | 7504 §3
530 | sign in first | 4954 §6
534 | this mechanism is too weak | 4954 §6
535 | wrong user or password | 4954 §6
538 | only under encryption | 4954 §6
550 | refused: no such mailbox, or policy | 5321 §4.2.3 | 5xx is final: the sender gets a bounce.
551 | not here; try the address given | 5321 §4.2.3
552 | too large, or the mailbox is full | 5321 §4.2.3
553 | this is no mailbox name | 5321 §4.2.3
554 | refused | 5321 §4.2.3 | 5xx is final: the sender gets a bounce.
555 | these parameters are not known | 5321 §4.2.3
556 | the domain takes no mail | 7504 §4
"""
)

CLASSES: Final = {"2": "success", "4": "a temporary failure: try again", "5": "a permanent failure"}

ENHANCED: Final = table(
    """
0.0 | nothing more to say | 3463 §3.1
1.0 | the address | 3463 §3.2
1.1 | the mailbox does not exist | 3463 §3.2
1.2 | the domain does not exist | 3463 §3.2
1.3 | the address is badly written | 3463 §3.2
1.4 | the address fits more than one mailbox | 3463 §3.2
1.5 | the recipient is good | 3463 §3.2
1.6 | the mailbox has moved | 3463 §3.2
1.7 | the sender's address is badly written | 3463 §3.2
1.8 | the sender's domain does not exist | 3463 §3.2
1.10 | the domain takes no mail (null MX) | 7505 §4
2.0 | the mailbox | 3463 §3.3
2.1 | the mailbox is disabled | 3463 §3.3
2.2 | the mailbox is full | 3463 §3.3
2.3 | longer than allowed | 3463 §3.3
2.4 | the list cannot be expanded | 3463 §3.3
3.0 | the mail system | 3463 §3.4
3.1 | the disk is full | 3463 §3.4
3.2 | not taking mail now | 3463 §3.4
3.3 | it cannot do what was asked | 3463 §3.4
3.4 | the message is too large | 3463 §3.4
3.5 | badly set up | 3463 §3.4
4.0 | the network | 3463 §3.5
4.1 | the host does not answer | 3463 §3.5
4.2 | the connection broke | 3463 §3.5
4.3 | the directory does not answer | 3463 §3.5
4.4 | no way there | 3463 §3.5
4.5 | too much mail at once | 3463 §3.5
4.6 | the message goes in a circle | 3463 §3.5
4.7 | tried for too long | 3463 §3.5
5.0 | the protocol | 3463 §3.6
5.1 | not a command for this moment | 3463 §3.6
5.2 | a syntax error | 3463 §3.6
5.3 | too many recipients | 3463 §3.6
5.4 | a bad parameter | 3463 §3.6
5.5 | another version of the protocol | 3463 §3.6
5.6 | the line of signing in is too long | 4954 §6
6.0 | the content | 3463 §3.7
6.1 | this kind of content is not taken | 3463 §3.7
6.3 | a conversion is needed and not possible | 3463 §3.7
6.6 | there is no such message content | 4468 §3.5
6.7 | addresses in UTF-8 are not taken | 6531 §3.7.4
7.0 | security | 3463 §3.8
7.1 | not allowed: policy | 3463 §3.8
7.2 | not allowed to write to this list | 3463 §3.8
7.4 | this security is not offered | 3463 §3.8
7.5 | the cryptography failed | 3463 §3.8
7.7 | it was changed on the way | 3463 §3.8
7.8 | wrong user or password | 4954 §6
7.9 | this mechanism is too weak | 4954 §6
7.10 | encryption is needed | 5248 §3
7.11 | this mechanism needs encryption | 4954 §6
7.20 | no DKIM signature passes | 7372 §3.1
7.23 | SPF says no | 7372 §3.2
7.24 | SPF cannot be checked | 7372 §3.2
7.25 | the address has no name in the DNS | 7372 §3.3
7.26 | several checks failed | 7372 §3.4
"""
)


def enhanced(code: str) -> Note | None:
    """A code such as 5.7.1; None when it is none, or unknown."""
    kind, _, detail = code.partition(".")
    note = ENHANCED.get(detail)
    if note is None or kind not in CLASSES:
        return None
    return Note(code, note.brief, note.source, f"{kind}.x.x: {CLASSES[kind]}.")
