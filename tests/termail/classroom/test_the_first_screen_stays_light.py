"""What the classroom needs of the network is imported when it is used, not when mail is read."""

import subprocess
import sys

HEAVY = ("aiohttp", "dns", "cryptography", "aioimaplib", "aiosmtplib", "html2text", "icalendar")


def test_the_client_opens_without_importing_what_only_the_classroom_needs() -> None:
    code = f"import sys, termail.app; print(*(name for name in {HEAVY} if name in sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []
