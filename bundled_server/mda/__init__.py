"""MDA/LDA, Mail (Local) Delivery Agent: takes a message from the MTA into a local user's mailbox."""
