"""MSA, Mail Submission Agent (RFC 6409): takes a message from a MUA's local MTA and completes it."""
