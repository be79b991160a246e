"""Lessons: data files with narration, actions and checks; read, run against a practice world, kept track of."""
