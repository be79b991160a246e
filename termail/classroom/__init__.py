"""The classroom: the tour of the lecture's chain, wire view and journey."""
