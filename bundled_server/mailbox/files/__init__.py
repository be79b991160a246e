"""Mail in files that other programs read and write: Maildir and mbox."""
