"""ManageSieve: commands, answers, codes and capabilities."""

from typing import Final

from termail.classroom.explain.note import table

COMMANDS: Final = table(
    """
AUTHENTICATE | sign in by SASL | 5804 §2.1
STARTTLS | encrypt from here on | 5804 §2.2
LOGOUT | goodbye | 5804 §2.3
CAPABILITY | what can you do? | 5804 §2.4
HAVESPACE | is there room for a script of this size? | 5804 §2.5
PUTSCRIPT | keep this script | 5804 §2.6 | It is checked first: what does not compile is not kept.
LISTSCRIPTS | which scripts are there, and which is active? | 5804 §2.7
SETACTIVE | sort my mail by this script | 5804 §2.8 | An empty name: by none.
GETSCRIPT | give me this script | 5804 §2.9
DELETESCRIPT | throw this script away | 5804 §2.10 | Not the active one.
RENAMESCRIPT | give this script another name | 5804 §2.11
CHECKSCRIPT | would this script do? Keep nothing | 5804 §2.12
NOOP | are you there? | 5804 §2.13
UNAUTHENTICATE | forget who I am | 5804 §2.14
"""
)

ANSWERS: Final = table(
    """
OK | yes | 5804 §1.2
NO | no | 5804 §1.2 | A code in parentheses and a text say why.
BYE | the server hangs up | 5804 §1.2
ACTIVE | this script sorts the mail | 5804 §2.7
"""
)

CODES: Final = table(
    """
AUTH-TOO-WEAK | this way of signing in is too weak | 5804 §1.3
ENCRYPT-NEEDED | encrypt first | 5804 §1.3
QUOTA | too much | 5804 §1.3
REFERRAL | ask another server | 5804 §1.3
SASL | the last word of signing in | 5804 §1.3
TRANSITION-NEEDED | sign in another way once | 5804 §1.3
TRYLATER | not now | 5804 §1.3
ACTIVE | the active script stays | 5804 §1.3
NONEXISTENT | there is no such script | 5804 §1.3
ALREADYEXISTS | the name is taken | 5804 §1.3
TAG | which NOOP was answered | 5804 §1.3
WARNINGS | it was kept, but look at it | 5804 §1.3
"""
)

CAPABILITIES: Final = table(
    """
IMPLEMENTATION | the server's name | 5804 §1.7
SASL | mechanisms to sign in with | 5804 §1.7
SIEVE | what scripts may use | 5804 §1.7
STARTTLS | encryption is offered | 5804 §1.7
MAXREDIRECTS | how often one message may be redirected | 5804 §1.7
NOTIFY | how a script may notify | 5804 §1.7
LANGUAGE | the language of the texts | 5804 §1.7
OWNER | whose scripts these are | 5804 §1.7
VERSION | the version of the protocol | 5804 §1.7
"""
)
