"""Anti-virus: an embedded scanner for what has no business in mail, and a client of clamd."""
