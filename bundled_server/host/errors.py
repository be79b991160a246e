"""What stops a host from opening."""


class HostCannotStart(OSError):
    """The host cannot run as it is configured; the text says why and what to do."""
