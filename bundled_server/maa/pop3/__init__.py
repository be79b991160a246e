"""The POP3 side of the MAA (RFC 1939)."""
