"""The IMAP side of the MAA: what each command does to the store, and what the client is told."""
