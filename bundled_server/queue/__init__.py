"""MQ, the mail queue: what was answered 250 and is not yet delivered, and when it is tried again."""
