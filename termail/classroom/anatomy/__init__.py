"""A message taken apart: every line with its place in envelope, header and MIME tree, and its encodings undone."""
