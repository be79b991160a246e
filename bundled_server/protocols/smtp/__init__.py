"""SMTP (RFC 5321) as a machine: lines, DATA, states, replies."""
