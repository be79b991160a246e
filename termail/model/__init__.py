"""Plain objects of the client: rows, folders, patterns, threads; no Textual, no SQL, no network."""
