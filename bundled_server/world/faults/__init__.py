"""Faults: what can go wrong in the practice world when somebody asks for it, and how it is made to."""
