"""The index of words: which messages can hold a text, told without reading them."""
