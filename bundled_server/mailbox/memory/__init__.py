"""The parts of the store in memory: its tables with undo, and what each change does to them."""
