"""`python -m termail.web.secret SOCKET`: the password command of web mail's settings, which hold no password."""

import socket
import sys
from typing import Final

ANSWER_LIMIT: Final = 8_192


def main() -> int:
    """Print what the site says for as long as the user is logged in."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(sys.argv[1])
        answer = client.recv(ANSWER_LIMIT)
    if not answer:
        return 1
    sys.stdout.buffer.write(answer + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
