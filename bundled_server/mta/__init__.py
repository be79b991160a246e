"""MTA, Mail Transport Agent (RFC 5321): receives mail for our domains, relays the rest by MX."""
