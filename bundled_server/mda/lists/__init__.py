"""Mailing lists: one address that many read, with its -request, -join, -leave, -owner and -bounces."""
