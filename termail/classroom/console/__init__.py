"""The protocol console: telnet with help, the lecture's sessions, and a line that understands TLS."""
