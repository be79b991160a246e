"""Signing, encrypting and reading protected mail through the user's own gpg and openssl."""
