"""Mail that lies on this machine: Maildir folders and mbox files, opened in place."""
