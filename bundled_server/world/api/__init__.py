"""The world's HTTP API: its journal and journeys, faults, clock, snapshots, and the mail of its people."""
