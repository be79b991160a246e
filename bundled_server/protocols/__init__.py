"""Sans-IO protocol machines: bytes in, events out; no await, no socket, no clock, no chance."""
