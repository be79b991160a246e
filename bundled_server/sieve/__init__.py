"""Sieve (RFC 5228): the language in which a user says what happens to mail at delivery; pure, without IO."""
