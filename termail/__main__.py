"""`python -m termail` is the `termail` command."""

import sys

from termail.cli import main

sys.exit(main())
