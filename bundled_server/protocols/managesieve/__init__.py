"""ManageSieve (RFC 5804) without IO: commands, states, literals, replies."""
