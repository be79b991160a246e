"""Sieve at delivery: which scripts are run for a user, what they know, and how their actions are carried out."""
