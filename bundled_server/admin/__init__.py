"""The HTTP admin API of a running host (loopback, bearer token)."""
