"""The mailbox store: where the MDA puts mail and the MAA finds it, and the one durable database of a host."""
