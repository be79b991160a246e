"""The sync engine: brings a server's mailboxes into the local store, and the user's actions to the server."""
