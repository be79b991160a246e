"""What a protocol command does, in a few words and with its RFC, for the wire pane."""

from typing import Final

_IMAP: Final = {
    "CAPABILITY": ("what can you do?", "3501 §6.1.1"),
    "NOOP": ("anything new?", "3501 §6.1.2"),
    "LOGOUT": ("goodbye", "3501 §6.1.3"),
    "STARTTLS": ("encrypt from here on", "3501 §6.2.1"),
    "AUTHENTICATE": ("sign in by SASL", "3501 §6.2.2"),
    "LOGIN": ("sign in by password", "3501 §6.2.3"),
    "SELECT": ("open a folder", "3501 §6.3.1"),
    "EXAMINE": ("open a folder read-only", "3501 §6.3.2"),
    "CREATE": ("create a folder", "3501 §6.3.3"),
    "DELETE": ("delete a folder", "3501 §6.3.4"),
    "RENAME": ("rename a folder", "3501 §6.3.5"),
    "SUBSCRIBE": ("subscribe to a folder", "3501 §6.3.6"),
    "LIST": ("which folders are there?", "3501 §6.3.8"),
    "STATUS": ("how many messages?", "3501 §6.3.10"),
    "APPEND": ("put a message into a folder", "3501 §6.3.11"),
    "CLOSE": ("expunge and leave the folder", "3501 §6.4.2"),
    "EXPUNGE": ("remove what is marked deleted", "3501 §6.4.3"),
    "SEARCH": ("which messages?", "3501 §6.4.4"),
    "FETCH": ("data of messages", "3501 §6.4.5"),
    "STORE": ("change flags", "3501 §6.4.6"),
    "COPY": ("copy to a folder", "3501 §6.4.7"),
    "MOVE": ("move to a folder", "6851 §3"),
    "IDLE": ("tell me when something changes", "2177 §3"),
    "DONE": ("enough of waiting", "2177 §3"),
    "ENABLE": ("use these extensions", "5161 §3.1"),
    "NAMESPACE": ("where do folders live?", "2342 §5"),
    "ID": ("who are you?", "2971 §3.1"),
    "UNSELECT": ("leave the folder as it is", "3691 §2"),
    "COMPRESS": ("compress from here on", "4978 §3"),
}
_SMTP: Final = {
    "EHLO": ("who I am; what can you do?", "5321 §4.1.1.1"),
    "HELO": ("who I am", "5321 §4.1.1.1"),
    "MAIL": ("the envelope's sender", "5321 §4.1.1.2"),
    "RCPT": ("one recipient of the envelope", "5321 §4.1.1.3"),
    "DATA": ("the message follows, until a lone dot", "5321 §4.1.1.4"),
    "RSET": ("forget this envelope", "5321 §4.1.1.5"),
    "NOOP": ("are you there?", "5321 §4.1.1.9"),
    "QUIT": ("goodbye", "5321 §4.1.1.10"),
    "STARTTLS": ("encrypt from here on", "3207 §4"),
    "AUTH": ("sign in", "4954 §4"),
    "BDAT": ("a chunk of the message", "3030 §2"),
}
_POP3: Final = {
    "CAPA": ("what can you do?", "2449 §5"),
    "STLS": ("encrypt from here on", "2595 §4"),
    "USER": ("who I am", "1939 §7"),
    "PASS": ("my password", "1939 §7"),
    "AUTH": ("sign in by SASL", "5034 §4"),
    "STAT": ("how much mail is there?", "1939 §5"),
    "LIST": ("how long is each message?", "1939 §5"),
    "UIDL": ("the lasting name of each message", "1939 §7"),
    "RETR": ("give me this message", "1939 §5"),
    "TOP": ("its header and some lines", "1939 §7"),
    "DELE": ("mark this message for deletion", "1939 §5"),
    "QUIT": ("delete what is marked, and goodbye", "1939 §6"),
}
_TABLES: Final = {"imap": _IMAP, "smtp": _SMTP, "pop3": _POP3}


def hint(protocol: str, text: str) -> str:
    """Words and RFC for a line the client says, "" when no table knows it."""
    words = text.upper().split(maxsplit=3)
    if not words:
        return ""
    at = 0
    if protocol == "imap" and words[0] != "DONE":
        at = 1
        if len(words) > 2 and words[1] == "UID":
            at = 2
    entry = _TABLES.get(protocol, {}).get(words[at]) if at < len(words) else None
    return f"{entry[0]} · RFC {entry[1]}" if entry else ""
