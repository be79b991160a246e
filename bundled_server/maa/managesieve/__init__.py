"""ManageSieve: the owner of a mailbox looks after the scripts that sort its mail (RFC 5804)."""
