"""The client's local mail store: SQLite, full text, the operation journal, the outbox."""
