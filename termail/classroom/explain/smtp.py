"""SMTP and ESMTP: commands, their parameters, and the extensions a server announces."""

from typing import Final

from termail.classroom.explain.note import table

COMMANDS: Final = table(
    """
EHLO | who I am; what can you do? | 5321 §4.1.1.1 | The client gives its name and asks for the extensions (ESMTP).
HELO | who I am | 5321 §4.1.1.1 | The greeting of 1982: no extensions are offered in answer.
LHLO | who I am; what can you do? (LMTP) | 2033 §4.1 | As EHLO, but every recipient gets a reply of its own after DATA.
MAIL | the envelope's sender | 5321 §4.1.1.2 | Opens an envelope. Bounces go to this address; the header's From is another thing.
RCPT | one recipient of the envelope | 5321 §4.1.1.3 | Said once for each recipient. Bcc lives here alone: no header shows it.
DATA | the message follows, until a lone dot | 5321 §4.1.1.4 | After 354 come header, empty line and body; CRLF.CRLF ends them.
RSET | forget this envelope | 5321 §4.1.1.5 | Sender and recipients are forgotten; the connection stays.
VRFY | does this mailbox exist? | 5321 §4.1.1.6 | Most servers answer 252: address harvesters asked too often.
EXPN | who is on this list? | 5321 §4.1.1.7 | Shows a list's members, where the server allows it.
HELP | what may I say? | 5321 §4.1.1.8
NOOP | are you there? | 5321 §4.1.1.9 | Changes nothing.
QUIT | goodbye | 5321 §4.1.1.10 | The server answers 221 and closes.
STARTTLS | encrypt from here on | 3207 §4 | After 220 both sides begin TLS, and everything said before is forgotten.
AUTH | sign in | 4954 §4 | Names a SASL mechanism. Base64 is no encryption: that is why TLS comes first.
BDAT | a chunk of the message | 3030 §2 | So many octets follow as they are: no dot ends them. LAST closes the message.
ETRN | send what waits for me | 1985 §5 | A host that was away asks for its queue.
TURN | change roles | 5321 §F.1 | Obsolete: anybody could have asked for anybody's mail.
SEND | show it on the user's terminal | 821 §4.1.1 | Obsolete.
"""
)

PARAMETERS: Final = table(
    """
SIZE | the size of the message | 1870 §6 | The server can refuse at once what is too large, before it is sent.
BODY | which octets the body has | 6152 §2 | 7BIT, 8BITMIME or (with BDAT) BINARYMIME.
SMTPUTF8 | addresses and header may be UTF-8 | 6531 §3.4
AUTH | who wrote it, as the sender knows | 4954 §5
RET | what a report returns: FULL or HDRS | 3461 §4.3
ENVID | a name of this envelope, for reports | 3461 §4.4
NOTIFY | when to report: NEVER, SUCCESS, FAILURE, DELAY | 3461 §4.1
ORCPT | the recipient as it was first written | 3461 §4.2
BY | deliver by then, or report | 2852 §4
HOLDFOR | keep it so many seconds before sending | 4865 §5
REQUIRETLS | never without TLS on the whole way | 8689 §2
"""
)

EXTENSIONS: Final = table(
    """
ENHANCEDSTATUSCODES | replies carry codes such as 2.1.5 | 2034 §3 | Three numbers say more exactly what the first three digits mean.
PIPELINING | several commands at once, answers in order | 2920 §3.1 | Saves a round trip for every command.
8BITMIME | bodies may have octets above 127 | 6152 §2 | Text in UTF-8 travels as it is, without base64.
CHUNKING | BDAT instead of DATA | 3030 §2
BINARYMIME | bodies may be any octets | 3030 §3
SIZE | the largest message taken | 1870 §4
DSN | reports of delivery as the sender wishes | 3461 §3
SMTPUTF8 | addresses in UTF-8 | 6531 §3.1
STARTTLS | encryption is offered | 3207 §2
AUTH | the mechanisms to sign in with | 4954 §3
ETRN | a waiting queue can be asked for | 1985 §3
VRFY | addresses can be asked for | 5321 §4.1.1.6
EXPN | lists can be asked for | 5321 §4.1.1.7
HELP | commands are explained | 5321 §4.1.1.8
DELIVERBY | a time limit can be given | 2852 §3
FUTURERELEASE | mail can be held for later | 4865 §4
REQUIRETLS | TLS on the whole way can be asked for | 8689 §2
LIMITS | how many recipients and messages | 9422 §3
"""
)

MECHANISMS: Final = table(
    """
PLAIN | user and password, base64 | 4616 §2 | Readable to everyone who sees the line: only under TLS.
LOGIN | user, then password, base64 | 4954 §4 | An old habit, never standardised.
CRAM-MD5 | a digest proves the password | 2195 §2 | Obsolete: the server must keep the password readable.
SCRAM-SHA-256 | both sides prove they know the password | 7677 §3 | The password never travels, and the server keeps none.
SCRAM-SHA-1 | both sides prove they know the password | 5802 §3
XOAUTH2 | an access token instead of a password |
OAUTHBEARER | an access token instead of a password | 7628 §3.1
EXTERNAL | the TLS certificate says who I am | 4422 §A
"""
)
