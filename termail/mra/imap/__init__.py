"""IMAP as a client: aioimaplib's connection with a protocol of our own underneath."""
