"""Bayes trained by the user: what the words of a message say about it, after what this user called junk before."""
