"""IMAP4rev1 (RFC 3501) as a machine: literals, the command table, states, responses."""
