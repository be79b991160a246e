"""The replies that are always the same, and the text of HELP."""

from collections.abc import Mapping

from bundled_server.protocols.smtp.replies import Reply

DATA_PLEASE = Reply(354, "", 'Enter mail, end with "." on a line by itself')
RESET = Reply(250, "2.0.0", "Reset state")
NEEDS_SMTPUTF8 = Reply(553, "5.6.7", "Address needs SMTPUTF8, to be said in MAIL")
BINARY_NEEDS_BDAT = Reply(503, "5.5.1", "BODY=BINARYMIME needs BDAT")
NOTHING_DONE = Reply(250, "2.0.0", "OK")
TLS_PLEASE = Reply(220, "2.0.0", "Ready to start TLS")
TLS_ACTIVE = Reply(503, "5.5.1", "TLS is active already")
TLS_MISSING = Reply(502, "5.5.1", "STARTTLS is not available")
ETRN_MISSING = Reply(502, "5.5.1", "ETRN is not available")
AUTH_MISSING = Reply(502, "5.5.1", "AUTH is not available")
AUTH_NEEDS_EHLO = Reply(503, "5.5.1", "Say EHLO before AUTH")
ALREADY_AUTHENTICATED = Reply(503, "5.5.1", "Already authenticated")
UNKNOWN_MECHANISM = Reply(504, "5.5.4", "Mechanism not supported")
WRONG_LOGIN = Reply(535, "5.7.8", "Authentication credentials invalid")
TOO_MANY_FAILURES = Reply(454, "4.7.0", "Too many failed logins, try again later")
AUTH_UNAVAILABLE = Reply(454, "4.7.0", "Temporary authentication failure, try again later")
AUTH_CANCELLED = Reply(501, "5.7.0", "Authentication cancelled")
AUTH_SUCCEEDED = Reply(235, "2.7.0", "Authentication succeeded")
TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "Too many recipients")
TRY_LATER = Reply(451, "4.3.0", "Local error, try again later")
HELP_TEXT: Mapping[str, str] = {
    "": "Commands: HELO EHLO MAIL RCPT DATA BDAT RSET NOOP QUIT HELP VRFY EXPN STARTTLS AUTH ETRN\n"
    "HELP <command> tells more",
    "HELO": "HELO <hostname>: introduce yourself",
    "EHLO": "EHLO <hostname>: introduce yourself and ask for the extensions",
    "MAIL": "MAIL FROM:<sender> [parameters]: begin a message",
    "RCPT": "RCPT TO:<recipient> [parameters]: name a recipient, as often as needed",
    "DATA": 'DATA: send the message, end with "." on a line by itself',
    "BDAT": "BDAT <octets> [LAST]: send that many octets of the message, with no dot behind them",
    "RSET": "RSET: forget the message that was begun",
    "NOOP": "NOOP: do nothing",
    "QUIT": "QUIT: close the connection",
    "HELP": "HELP [command]: this text",
    "VRFY": "VRFY <user>: does this user exist?",
    "EXPN": "EXPN <list>: who is on this list?",
    "STARTTLS": "STARTTLS: go on encrypted",
    "ETRN": "ETRN <domain>: send what waits for that domain",
    "AUTH": "AUTH <mechanism>: log in",
}
