"""MRA, Mail Retrieval Agent: fetches mail from an MAA by IMAP or POP3, or opens local folders."""
