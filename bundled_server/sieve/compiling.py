"""From the octets of a script to what can be run, within the host's limits."""

from bundled_server.config import SieveLimits
from bundled_server.sieve.checker import check
from bundled_server.sieve.errors import SieveError
from bundled_server.sieve.parser import parse
from bundled_server.sieve.script import Script


def compiled(content: bytes, limits: SieveLimits) -> Script:
    """Raises SieveError."""
    if len(content) > limits.script_octets:
        raise SieveError(1, f"the script is larger than {limits.script_octets} octets")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        raise SieveError(line, "the script is not UTF-8") from None
    return check(parse(text, most_depth=limits.nesting, most_commands=limits.commands))
