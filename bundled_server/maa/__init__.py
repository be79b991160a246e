"""MAA, Mail Access Agent: lets a MUA's retrieval agent (MRA) read a mailbox by IMAP or POP3."""
