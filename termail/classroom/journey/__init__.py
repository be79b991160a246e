"""One message's journey through the lecture's picture: built from journals, taps or headers, and drawn."""
