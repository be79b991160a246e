"""The background process that owns the network: it runs the MRA and the local MTA for the UI."""
