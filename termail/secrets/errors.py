"""What can go wrong between an account and its password."""


class NoPassword(Exception):
    """No source gave a password; the text says what each of them answered, never a secret."""


class Declined(NoPassword):
    """The user was asked and gave none."""
