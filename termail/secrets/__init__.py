"""Passwords: a password command, the keyring, an encrypted file, a prompt; never plain text."""
