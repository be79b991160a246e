"""ManageSieve as a client (RFC 5804): the scripts with which the server sorts an account's mail."""
