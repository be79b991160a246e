"""MDA, Mail Delivery Agent (LDA): takes accepted mail to the mailboxes of this host's users."""
