"""POP3 (RFC 1939) without IO: commands, states, multi-line replies."""
