"""How retrieval fails, whatever the protocol."""


class RetrievalError(Exception):
    """A dialogue with a server went wrong; the text is one line that a user can read."""


class Insecure(RetrievalError):
    """Going on would send a secret in the clear or trust what was not protected."""
