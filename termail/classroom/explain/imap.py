"""IMAP: commands, responses, response codes, what FETCH asks for, flags and capabilities."""

from typing import Final

from termail.classroom.explain.note import table

COMMANDS: Final = table(
    """
CAPABILITY | what can you do? | 3501 §6.1.1
NOOP | anything new? | 3501 §6.1.2
LOGOUT | goodbye | 3501 §6.1.3
STARTTLS | encrypt from here on | 3501 §6.2.1
AUTHENTICATE | sign in by SASL | 3501 §6.2.2
LOGIN | sign in by password | 3501 §6.2.3 | The password stands in the line: only under TLS.
SELECT | open a folder | 3501 §6.3.1 | From here on message numbers mean this folder.
EXAMINE | open a folder read-only | 3501 §6.3.2
CREATE | create a folder | 3501 §6.3.3
DELETE | delete a folder | 3501 §6.3.4
RENAME | rename a folder | 3501 §6.3.5
SUBSCRIBE | subscribe to a folder | 3501 §6.3.6
UNSUBSCRIBE | no longer subscribe to a folder | 3501 §6.3.7
LIST | which folders are there? | 3501 §6.3.8
LSUB | which folders are subscribed to? | 3501 §6.3.9
STATUS | how many messages? | 3501 §6.3.10
APPEND | put a message into a folder | 3501 §6.3.11
CHECK | write down what you have | 3501 §6.4.1
CLOSE | expunge and leave the folder | 3501 §6.4.2
EXPUNGE | remove what is marked deleted | 3501 §6.4.3 | IMAP deletes in two steps: the flag \\Deleted, then this.
SEARCH | which messages? | 3501 §6.4.4 | The server looks; only numbers come back.
FETCH | data of messages | 3501 §6.4.5 | Any part alone: a flag, the header, one attachment.
STORE | change flags | 3501 §6.4.6 | FLAGS replaces, +FLAGS adds, -FLAGS takes away; .SILENT wants no echo.
COPY | copy to a folder | 3501 §6.4.7
UID | by the lasting numbers | 3501 §6.4.8 | UIDs never change and never come back; sequence numbers shift with every expunge.
MOVE | move to a folder | 6851 §3
IDLE | tell me when something changes | 2177 §3 | The server speaks when there is news; nobody has to ask.
DONE | enough of waiting | 2177 §3
ENABLE | use these extensions | 5161 §3.1
NAMESPACE | where do folders live? | 2342 §5
ID | who are you? | 2971 §3.1
UNSELECT | leave the folder as it is | 3691 §2
COMPRESS | compress from here on | 4978 §3
SORT | which messages, in which order? | 5256 §3
THREAD | which conversations? | 5256 §3
GETQUOTA | how much room? | 9208 §4.1.1
GETQUOTAROOT | how much room does this folder have? | 9208 §4.1.2
GETMETADATA | notes about a folder | 5464 §4.2
SETMETADATA | write notes about a folder | 5464 §4.3
"""
)

RESPONSES: Final = table(
    """
OK | done | 3501 §7.1.1
NO | not done: it is not possible | 3501 §7.1.2
BAD | not understood | 3501 §7.1.3
PREAUTH | you are signed in already | 3501 §7.1.4
BYE | the server is leaving | 3501 §7.1.5
CAPABILITY | what the server can do | 3501 §7.2.1
LIST | a folder | 3501 §7.2.2
LSUB | a folder that is subscribed to | 3501 §7.2.3
STATUS | the numbers of a folder | 3501 §7.2.4
SEARCH | the messages found | 3501 §7.2.5
ESEARCH | the messages found, briefly | 4731 §3.1
FLAGS | the flags this folder knows | 3501 §7.2.6
EXISTS | so many messages are there | 3501 §7.3.1 | Said unasked, it means: new mail.
RECENT | so many are new to every client | 3501 §7.3.2
EXPUNGE | this message is gone; those after it move up | 3501 §7.4.1
VANISHED | these messages are gone | 7162 §3.2.10
FETCH | data of a message | 3501 §7.4.2
ENABLED | these extensions are on | 5161 §3.2
NAMESPACE | where folders live | 2342 §5
ID | the server's name | 2971 §3.2
SORT | the messages in order | 5256 §4
THREAD | the conversations | 5256 §4
QUOTA | the room there is | 9208 §4.2.1
QUOTAROOT | which quota counts | 9208 §4.2.2
METADATA | notes about a folder | 5464 §4.4
+ | go on | 3501 §7.5 | The server waits for the rest: a literal, or the next step of signing in.
"""
)

CODES: Final = table(
    """
ALERT | the user must read this | 3501 §7.1
BADCHARSET | this charset is unknown | 3501 §7.1
CAPABILITY | what the server can do now | 3501 §7.1
PARSE | a message cannot be read well | 3501 §7.1
PERMANENTFLAGS | the flags that last | 3501 §7.1 | \\* means: words of your own may be kept too.
READ-ONLY | nothing can be changed | 3501 §7.1
READ-WRITE | changes are possible | 3501 §7.1
TRYCREATE | create the folder first | 3501 §7.1
UIDNEXT | the next message will get at least this UID | 3501 §7.1
UIDVALIDITY | while this number stays, UIDs mean the same | 3501 §7.1
UNSEEN | the first unseen message | 3501 §7.1
APPENDUID | the UID it was given | 4315 §3
COPYUID | from which UIDs to which | 4315 §3
UIDNOTSTICKY | UIDs do not last here | 4315 §3
HIGHESTMODSEQ | the number of the latest change | 7162 §3.1.2.1 | A client that remembers it asks later for what changed since.
NOMODSEQ | changes are not numbered here | 7162 §3.1.2.2
MODIFIED | somebody else changed these meanwhile | 7162 §3.1.3
CLOSED | the folder before this is closed | 7162 §3.2.11
MAILBOXID | a name of the folder that outlives renaming | 8474 §4.1
UNAVAILABLE | a part of the server is away | 5530 §3
AUTHENTICATIONFAILED | wrong user or password | 5530 §3
AUTHORIZATIONFAILED | not allowed to act for that user | 5530 §3
EXPIRED | the password has expired | 5530 §3
PRIVACYREQUIRED | only under encryption | 5530 §3
CONTACTADMIN | ask the administrator | 5530 §3
NOPERM | not allowed | 5530 §3
INUSE | busy now | 5530 §3
EXPUNGEISSUED | somebody removed it | 5530 §3
CORRUPTION | something is broken at the server | 5530 §3
SERVERBUG | a mistake of the server | 5530 §3
CLIENTBUG | a mistake of the client | 5530 §3
CANNOT | never possible | 5530 §3
LIMIT | too much | 5530 §3
OVERQUOTA | no room | 5530 §3
ALREADYEXISTS | there is one already | 5530 §3
NONEXISTENT | there is none | 5530 §3
TOOBIG | too large | 7889 §4
"""
)

ITEMS: Final = table(
    """
UID | the lasting number | 3501 §6.4.5
FLAGS | its flags | 3501 §6.4.5
INTERNALDATE | when it was delivered | 3501 §6.4.5
RFC822.SIZE | its size in octets | 3501 §6.4.5
ENVELOPE | date, subject and addresses of its header | 3501 §6.4.5 | IMAP's word; SMTP's envelope is another thing.
BODYSTRUCTURE | the tree of its MIME parts | 3501 §6.4.5
BODY | a section of it (this marks it read) | 3501 §6.4.5
BODY.PEEK | a section of it, without marking it read | 3501 §6.4.5
MODSEQ | the number of its latest change | 7162 §3.1.4.2
PREVIEW | its first words | 8970 §3.1
BINARY.PEEK | a part, decoded by the server | 3516 §4.2
EMAILID | a name of the message in every folder | 8474 §5.1
THREADID | a name of its conversation | 8474 §5.2
CHANGEDSINCE | only what changed since | 7162 §3.1.4.1
QRESYNC | and tell what vanished since | 7162 §3.2.5
CONDSTORE | number the changes | 7162 §3.1.8
"""
)

FLAGS: Final = table(
    r"""
\Seen | it was read | 3501 §2.3.2
\Answered | it was answered | 3501 §2.3.2
\Flagged | it is important | 3501 §2.3.2
\Deleted | to be removed by the next EXPUNGE | 3501 §2.3.2
\Draft | it is not finished | 3501 §2.3.2
\Recent | this client is the first to see it | 3501 §2.3.2
$Forwarded | it was forwarded | 5788 §3
$Junk | it is spam | 5788 §3
$NotJunk | it is no spam | 5788 §3
$MDNSent | the receipt was sent | 3503 §3
"""
)

CAPABILITIES: Final = table(
    """
IMAP4REV1 | the protocol of 2003 | 3501 §1
IMAP4REV2 | the protocol of 2021 | 9051 §1
LOGINDISABLED | no LOGIN before TLS | 3501 §6.2.3
LITERAL+ | literals without waiting | 7888 §3
SASL-IR | signing in, one round trip less | 4959 §3
IDLE | news without asking | 2177 §2
MOVE | moving in one step | 6851 §3
UIDPLUS | the UIDs of what was put or copied | 4315 §2
CONDSTORE | changes are numbered | 7162 §3.1
QRESYNC | catching up in one round trip | 7162 §3.2
SPECIAL-USE | which folder is for sent, drafts, junk | 6154 §2
ESEARCH | brief search results | 4731 §3
COMPRESS=DEFLATE | compression | 4978 §3
"""
)
