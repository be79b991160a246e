"""POP3 as a client (RFC 1939, 2449, 2595): mail is fetched into one INBOX that lives here."""
