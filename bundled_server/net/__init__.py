"""Sockets: the listener, the connection, and the one loop that drives every protocol machine."""
