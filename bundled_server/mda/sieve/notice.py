"""The notice to the owner of a script that failed."""

from datetime import datetime
from email.utils import format_datetime

from bundled_server.sieve.errors import SieveError, SieveFault


def error_notice(
    user: str, domain: str, script: str, fault: SieveFault | SieveError, identifier: str, moment: datetime
) -> bytes:
    """A message for the owner's inbox; what the script says is shown without control characters."""
    reason = "".join(character if character.isprintable() else " " for character in str(fault))
    name = "".join(character if character.isprintable() else " " for character in script)
    lines = [
        f"From: Mail delivery <postmaster@{domain}>",
        f"To: {user}@{domain}",
        "Subject: Your Sieve script could not be carried through",
        f"Date: {format_datetime(moment)}",
        f"Message-ID: <{identifier}@{domain}>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        f'A message came for you, and your script "{name}" stopped:',
        "",
        f"    {reason}",
        "",
        "The message itself was kept: it is in your inbox, or in Junk if the filters took it for spam. Until the",
        "script is corrected, every message that meets the same line is kept in the same way. This notice comes",
        "once a day at most for each such line.",
        "",
    ]
    return "\r\n".join(lines).encode("utf-8", "replace")
