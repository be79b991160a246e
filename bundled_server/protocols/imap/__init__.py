"""IMAP4rev1 (RFC 3501) without IO: codec, command table, machine."""
