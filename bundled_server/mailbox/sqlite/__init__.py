"""The parts of the SQLite store: schema, writer thread with group commit, what each change does, reading."""
