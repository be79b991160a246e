"""`python -m bundled_server`: the same as the command termail-server."""

import sys

from bundled_server.cli import main

if __name__ == "__main__":
    sys.exit(main())
